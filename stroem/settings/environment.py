"""Settings from the environment: `STROEM__DB__URL` is `db.url`."""

from collections.abc import Mapping
from typing import Any

from stroem.conversion.structure import InvalidValue, mapping
from stroem.conversion.text_values import Text
from stroem.errors import FieldError

PREFIX = "STROEM__"


def override(data: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[dict[str, Any], tuple[FieldError, ...]]:
    """Settings overridden by the variables `STROEM__A__B`, and the mistakes in these."""
    merged = _copy(data)
    errors: list[FieldError] = []
    named = [name for name in environ if name.upper().startswith(PREFIX)]
    for name in sorted(named, key=lambda name: (name.count("__"), name)):
        parts = name[len(PREFIX) :].split("__")
        try:
            if not all(parts):
                raise InvalidValue("has an empty part between its double underscores")
            _put(merged, parts, Text(environ[name], name))
        except InvalidValue as mistake:
            errors.append(FieldError(field=name, message=str(mistake)))
    return merged, tuple(errors)


def _copy(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _copy(value) if isinstance(value, Mapping) else value for key, value in data.items()}


def _put(tree: dict[str, Any], parts: list[str], value: Text) -> None:
    *above, last = parts
    for part in above:
        key = _key(tree, part)
        below = tree.get(key)
        try:
            tree[key] = {} if below is None else _copy(mapping(below))
        except InvalidValue as mistake:
            raise InvalidValue(f"cannot be set below {part.lower()}, which is not a map") from mistake
        tree = tree[key]
    tree[_key(tree, last)] = value


def _key(tree: Mapping[str, Any], part: str) -> str:
    """The existing key (`my-team` for `MY_TEAM`), or else the part in lower case."""
    plain = part.lower().replace("-", "_")
    return next((key for key in tree if str(key).lower().replace("-", "_") == plain), part.lower())
