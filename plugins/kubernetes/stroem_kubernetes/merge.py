"""Deep merge of manifests."""

from collections.abc import Mapping
from typing import Any

_KEYS = {"volumeMounts": "mountPath", "imagePullSecrets": "name"}
"""The field that tells entries of a list apart; it is `name` in other lists."""


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `over` laid over it: objects are merged, and lists of named objects by name; else `over` holds."""
    result = dict(base)
    for key, value in over.items():
        result[key] = _merged_value(key, base.get(key), value)
    return result


def _merged_value(key: str, base: Any, over: Any) -> Any:
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return merged(base, over)
    name = _KEYS.get(key, "name")
    if isinstance(base, list) and isinstance(over, list) and all(_is_named(one, name) for one in (*base, *over)):
        by_name = {one[name]: one for one in base}
        for one in over:
            by_name[one[name]] = merged(by_name.get(one[name], {}), one)
        return list(by_name.values())
    return over


def _is_named(entry: Any, name: str) -> bool:
    return isinstance(entry, Mapping) and isinstance(entry.get(name), str)
