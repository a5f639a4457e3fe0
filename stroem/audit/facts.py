"""Facts of audit rows: valid text of limited size, without values that sound secret."""

import math
from collections.abc import Mapping
from typing import Any

import attrs
import orjson

from stroem.definitions.values import Json
from stroem.records.audit_row import NewAuditRow
from stroem.redaction.definition_secrets import sounds_secret

MASK = "••••••"
TEXT_CHARS = 500
FACT_BYTES = 8 * 1024
_DEPTH = 8
_ITEMS = 200
_TEXTS = ("actor", "key", "verb", "route", "workspace", "object_kind", "object", "address", "request_id", "reason")


def row_values(row: NewAuditRow) -> dict[str, Any]:
    """The values of a row as they are stored. Never raises: what cannot be stored is replaced."""
    values = attrs.asdict(row, recurse=False)
    for name in _TEXTS:
        values[name] = None if values[name] is None else _text(values[name])
    for name in ("before", "after"):
        values[name] = None if values[name] is None else fact_text(values[name])
    return values


def fact_text(facts: Mapping[str, Any]) -> str:
    """Facts as JSON text of at most `FACT_BYTES`; what is too large or no JSON is named and left out."""
    kept: dict[str, Json] = {}
    left_out: list[Json] = []
    room = FACT_BYTES
    for name, value in list(facts.items())[:_ITEMS]:
        key = _text(name)[:100]
        fact = MASK if sounds_secret(key) and value is not None else _json(value, _DEPTH)
        size = len(orjson.dumps({key: fact}))
        if size > room:
            left_out.append(key)
            continue
        kept[key] = fact
        room -= size
    whole = {**kept, "left_out": left_out[:20]} if left_out else kept
    return orjson.dumps(whole, option=orjson.OPT_SORT_KEYS).decode()


def _json(value: Any, depth: int) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -(1 << 63) <= value < 1 << 63 else _text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth == 0:
        return "…"
    if isinstance(value, Mapping):
        return {
            (key := _text(name)): MASK if sounds_secret(key) and inner is not None else _json(inner, depth - 1)
            for name, inner in list(value.items())[:_ITEMS]
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_json(inner, depth - 1) for inner in list(value)[:_ITEMS]]
    return _text(value)


def _text(value: object) -> str:
    """Text without what PostgreSQL cannot store, at most `TEXT_CHARS` long."""
    try:
        text = str(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    cut = text if len(text) <= TEXT_CHARS else text[: TEXT_CHARS - 1] + "…"
    return cut.replace("\0", "\ufffd").encode(errors="replace").decode()
