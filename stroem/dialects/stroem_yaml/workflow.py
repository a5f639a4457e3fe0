"""Converts whole documents to definitions."""

import functools
import json
from collections.abc import Mapping
from typing import Any

import attrs

from stroem.conversion import scalars
from stroem.conversion.mistake import Mistake, Mistakes
from stroem.conversion.record import Record
from stroem.conversion.scalars import WRONG, Convert, wrong_type
from stroem.definitions.connection import Connection, McpServer
from stroem.definitions.field import PRIMITIVE_TYPES
from stroem.definitions.kinds import HOOK_KEYS, KINDS
from stroem.definitions.values import Path
from stroem.definitions.workspace import Definitions
from stroem.dialects import names
from stroem.dialects.stroem_yaml.actions import convert_action
from stroem.dialects.stroem_yaml.fields import TYPE_ALIASES, convert_property
from stroem.dialects.stroem_yaml.limits import convert_limit
from stroem.dialects.stroem_yaml.tasks import Hoisted, convert_hooks, convert_task
from stroem.dialects.stroem_yaml.triggers import TriggerTypes, convert_trigger

_TOP_KEYS = (*KINDS, *HOOK_KEYS)
_RESERVED_TYPES = frozenset((*PRIMITIVE_TYPES, *TYPE_ALIASES))


def convert_workflow(document: object, folder: str | None, mistakes: Mistakes, types: TriggerTypes) -> Definitions:
    """The definitions of one document. Tasks that name no folder get the given one."""
    if document is None:
        return Definitions()
    if type(document) is not dict:
        wrong_type("a mapping", document, (), mistakes, "with keys like actions, tasks, triggers")
        return Definitions()
    hoisted: Hoisted = {}
    sections: dict[str, Any] = {}
    for key, value in document.items():
        if key not in _TOP_KEYS:
            mistakes.unknown_key(key, _TOP_KEYS, ())
        elif value is None:
            continue
        elif key == "tasks":
            sections[key] = _tasks(value, folder, mistakes, hoisted)
        elif key in HOOK_KEYS:
            hooks = convert_hooks(value, (key,), mistakes)
            sections[key] = () if hooks is WRONG else hooks
        elif key == "triggers":
            sections[key] = _entries(key, value, functools.partial(convert_trigger, types=types), mistakes)
        else:
            sections[key] = _entries(key, value, _CONVERTERS[key], mistakes)
    if hoisted:
        sections["actions"] = sections.get("actions", {}) | hoisted
    return Definitions(**sections)


def _entries(kind: str, value: object, convert: Convert, mistakes: Mistakes) -> dict[str, Any]:
    if type(value) is not dict:
        wrong_type("a mapping", value, (kind,), mistakes, "of names to what they stand for")
        return {}
    entries = {}
    for name, entry in value.items():
        path = (kind, name)
        names.check_name(name, path, mistakes)
        converted = convert(entry, path, mistakes)
        if converted is not WRONG:
            entries[name] = converted
    return entries


def _tasks(value: object, folder: str | None, mistakes: Mistakes, hoisted: Hoisted) -> dict[str, Any]:
    def convert(entry: object, path: Path, mistakes: Mistakes) -> Any:
        task = convert_task(str(path[1]), entry, path, mistakes, hoisted)
        return attrs.evolve(task, folder=folder) if task is not WRONG and folder and task.folder is None else task

    return _entries("tasks", value, convert, mistakes)


def _connection(value: object, path: Path, mistakes: Mistakes) -> Any:
    if type(value) is not dict:
        return wrong_type("a mapping", value, path, mistakes)
    kind: Any = value.get("type")
    if kind is not None:
        kind = scalars.reference(kind, (*path, "type"), mistakes)
    values = {key: entry for key, entry in value.items() if key != "type"}
    return WRONG if kind is WRONG else Connection(type=kind, values=values)


def _connection_type(value: object, path: Path, mistakes: Mistakes) -> Any:
    if path[1] in _RESERVED_TYPES:
        message = f"{path[1]!r} is the name of a built-in type"
        mistakes.append(Mistake(code="invalid-name", message=message, path=path, hint="choose another", at_key=True))
    properties = _properties(value, path, mistakes)
    if properties is not WRONG and "type" in properties:
        message = "a property cannot be called 'type': connections name their type with it"
        mistakes.append(
            Mistake(code="invalid-name", message=message, path=(*path, "type"), hint="choose another", at_key=True)
        )
    return properties


def _secret(value: object, path: Path, mistakes: Mistakes) -> Any:
    names.check_secret_name(str(path[-1]), path, mistakes)
    if isinstance(value, Mapping):
        for name, entry in value.items():
            _secret(entry, (*path, name), mistakes)
    written = mistakes.scalars.get(path)
    if written is not None and type(value) is not bool and written != json.dumps(value):
        message = f"{written} is the number {json.dumps(value)}"
        hint = "put it in quotes if it is text"
        mistakes.append(Mistake(code="rewritten-number", message=message, path=path, hint=hint, severity="warning"))
    return value


_properties = scalars.mapping(convert_property)
_CONVERTERS: Mapping[str, Convert] = {
    "secrets": _secret,
    "connection_types": _connection_type,
    "connections": _connection,
    "actions": convert_action,
    "mcp_servers": Record(McpServer),
    "limits": convert_limit,
}
