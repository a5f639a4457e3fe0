"""Triggers: the keys of all triggers, and those of each type, as its class declares them."""

import functools
from collections.abc import Mapping
from typing import Any

import attrs

from stroem.conversion import scalars
from stroem.conversion.mistake import Mistake, Mistakes, Near, missing_key
from stroem.conversion.record import Record, key_of
from stroem.conversion.scalars import WRONG, wrong_type
from stroem.definitions.trigger import Debounce, Trigger
from stroem.definitions.trigger_options import marked
from stroem.definitions.values import Path
from stroem.interfaces.triggers.trigger_type import OptionFault, TriggerType

TriggerTypes = Mapping[str, type[TriggerType]]

_FOREIGN_TYPES = {
    **dict.fromkeys(("cron", "schedule", "scheduled", "timer", "interval"), "write `type: scheduler` with `cron:`"),
    **dict.fromkeys(("http", "push", "api", "hook"), "write `type: webhook` with `name:`"),
}
"""By word of other tools: what is written here instead."""

_DEBOUNCE = Record(Debounce)


def _debounce(value: object, path: Path, mistakes: Mistakes) -> Any:
    """A `Debounce`; a length of time alone is its `wait`."""
    return _DEBOUNCE({"wait": value} if isinstance(value, str | int) else value, path, mistakes)


_COMMON = Record(Trigger, task=scalars.reference, debounce=_debounce, options=scalars.anything)
COMMON_KEYS = frozenset(key_of(field.name) for field in attrs.fields(Trigger)) - {"options"}
"""The keys of triggers of every type."""


def convert_trigger(value: object, path: Path, mistakes: Mistakes, types: TriggerTypes) -> Any:
    """A `Trigger`; `WRONG` when its type, its task or its options are missing or wrong."""
    if type(value) is not dict:
        return wrong_type("a mapping", value, path, mistakes)
    kind = value.get("type")
    if kind is None:
        mistakes.append(missing_key("type", path))
        return WRONG
    kind = scalars.choice(types, foreign=_FOREIGN_TYPES)(kind, (*path, "type"), mistakes)
    if kind is WRONG:
        return WRONG
    record = options_record(types[kind])
    common = {key: entry for key, entry in value.items() if key in COMMON_KEYS and key != "type"}
    own = {key: entry for key, entry in value.items() if key in record.converters}
    for key in value.keys() - common.keys() - own.keys() - {"type"}:
        _note_foreign(key, value[key], kind, path, mistakes, types)
    fields = _COMMON.fields(common, path, mistakes)
    options = _options(record, own, kind, path, mistakes)
    if not _COMMON.complete({"type": kind, **fields}, value, path, mistakes) or options is WRONG:
        return WRONG
    trigger = Trigger(type=kind, options=options, **fields)
    if trigger.target == trigger.task and types[kind].consumes:
        message = "the task that finds events cannot be the task that they start"
        place = next((place for place, _ in marked(options, "trigger_target")), ("task",))
        mistakes.append(Mistake(code="self-reference", message=message, path=(*path, *place)))
    return trigger


def _options(record: Record, own: Mapping[str, Any], kind: str, path: Path, mistakes: Mistakes) -> Any:
    """The object of the type's class, checked by itself."""
    fields = record.fields(own, path, mistakes)
    for name in record.required:
        if own.get(key_of(name)) is None:
            mistakes.append(missing_key(key_of(name), path, f"triggers of type {kind} need it"))
    if not all(name in fields for name in record.required):
        return WRONG
    try:
        options = record.cls(**fields)
        faults = tuple(options.faults())  # type: ignore[attr-defined]
    except Exception as error:  # a plugin may raise anything
        mistakes.append(Mistake(code="invalid-value", message=f"{type(error).__name__}: {error}", path=path))
        return WRONG
    mistakes += [_mistake(fault, own, path) for fault in faults]
    return options


def _mistake(fault: OptionFault, own: Any, path: Path) -> Mistake:
    """The mistake of a fault, with the nearest of its names to the value that is written."""
    try:
        written = functools.reduce(lambda value, part: value[part], fault.path, own)
    except (LookupError, TypeError):  # the fault of a default
        written = None
    near = Near(name=written, names=fault.names) if fault.names and isinstance(written, str) else None
    return Mistake(code=fault.code, message=fault.message, path=(*path, *fault.path), hint=fault.hint, near=near)


def _note_foreign(key: str, entry: object, kind: str, path: Path, mistakes: Mistakes, types: TriggerTypes) -> None:
    """Notes a key that this type does not have."""
    others = [name for name, cls in types.items() if name != kind and key in options_record(cls).converters]
    if not others:
        mistakes.unknown_key(key, sorted(COMMON_KEYS | options_record(types[kind]).converters.keys()), path)
    elif entry is not None:
        message = f"{key!r} is not for triggers of type {kind}"
        hint = f"triggers of type {' or '.join(sorted(others))} have it"
        mistakes.append(Mistake(code="forbidden-key", message=message, path=(*path, key), hint=hint, at_key=True))


def options_record(cls: type[TriggerType]) -> Record:
    """The converter of a type's options, with references to tasks for its fields that name some."""
    return _made_record(cls)  # type: ignore[arg-type]  # mypy: a class is not known to be hashable


@functools.lru_cache(maxsize=256)
def _made_record(cls: Any) -> Record:
    references = {field.name: scalars.reference for field in attrs.fields(cls) if field.metadata.get("trigger_task")}
    return Record(cls, **references)
