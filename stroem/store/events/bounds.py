"""Bounds on stored events: valid text of limited size."""

from collections.abc import Mapping
from typing import Any

import attrs
import orjson

from stroem.definitions.values import Json
from stroem.records.event import NewEvent
from stroem.store.statement import storable

MESSAGE_CHARS = 4000
FACT_CHARS = 500
DATA_BYTES = 32 * 1024
_NAMED = 20
_TEXTS = ("workspace", "library", "revision", "cause", "by", "origin")


def bounded(event: NewEvent) -> NewEvent:
    """The event within its limits: long texts end in `…`, and facts beyond `DATA_BYTES` are named under `left_out`."""
    facts: dict[str, Any] = {name: _cut(text, FACT_CHARS) for name in _TEXTS if (text := getattr(event, name))}
    return attrs.evolve(event, message=_cut(event.message, MESSAGE_CHARS), data=_bounded_data(event.data), **facts)


def _cut(text: str, most: int) -> str:
    kept = text if len(text) <= most else text[: most - 1] + "…"
    return storable(kept) or ""


def _bounded_data(data: Mapping[str, Json]) -> dict[str, Json]:
    kept: dict[str, Json] = {}
    left_out: list[str] = []
    room = DATA_BYTES
    for name, value in data.items():
        key, fact = _cut(name, FACT_CHARS), _storable_json(value)
        size = len(orjson.dumps({key: fact}))
        if size > room:
            left_out.append(key)
            continue
        kept[key] = fact
        room -= size
    return {**kept, "left_out": left_out[:_NAMED]} if left_out else kept


def _storable_json(value: Any) -> Json:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(key)) or "": _storable_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_storable_json(inner) for inner in value]
    return value  # type: ignore[no-any-return]
