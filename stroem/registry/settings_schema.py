"""JSON Schemas of the settings of servers and workers, with what plugins add to them."""

import copy
import typing
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import attrs

from stroem.conversion.constraints import Length, Range, Seconds
from stroem.dialects.stroem_yaml.schema import schema_of
from stroem.registry.registry import Registry
from stroem.settings.server import LibrarySettings, ServerSettings, WorkspaceSettings
from stroem.settings.worker import WorkerSettings

Schema = dict[str, Any]


def server_schema(registry: Registry) -> Schema:
    """The schema of a server's settings; what plugins bring has the options of every kind that is installed."""
    schema = _bounded_schema(ServerSettings)
    definitions = schema["$defs"]
    for cls in (WorkspaceSettings, LibrarySettings):
        _open(definitions[cls.__name__], definitions, registry.sources)
        definitions[cls.__name__]["properties"]["poll_interval"] = {"type": ["integer", "string"]}
    credentials = definitions["GitAuthSettings"]
    del credentials["properties"]["options"]
    credentials["additionalProperties"] = True
    plugin = definitions.pop("PluginSettings")
    for name, kinds in (("PushHookSettings", registry.push_hooks), ("EventSinkSettings", registry.event_sinks)):
        definitions[name] = copy.deepcopy(plugin)
        _open(definitions[name], definitions, kinds)
    _refer(definitions["ServerSettings"], "push_hooks", "PushHookSettings")
    for owner in ("ServerSettings", "WorkspaceSettings"):
        _refer(definitions[owner], "event_sinks", "EventSinkSettings")
    return schema


def worker_schema(registry: Registry) -> Schema:
    """The schema of a worker's settings; `runners` has the options of every runner."""
    schema = _bounded_schema(WorkerSettings)
    definitions = schema["$defs"]
    definitions["WorkerSettings"]["properties"]["runners"] = {
        "type": "object",
        "description": "Options of each runner by its name.",
        "properties": {
            name: _adopted(definitions, runner, closed=True) for name, runner in sorted(registry.runners.items())
        },
        "additionalProperties": False,
    }
    return schema


def _open(own: Schema, definitions: Schema, kinds: Mapping[str, type]) -> None:
    """Gives settings whose `type` names a class of a plugin the options of each such class."""
    del own["properties"]["options"], own["additionalProperties"]
    own["properties"]["type"] = {"enum": sorted(kinds)} if kinds else False
    own["allOf"] = [
        {"if": {"properties": {"type": {"const": name}}}, "then": _adopted(definitions, cls, closed=False)}
        for name, cls in sorted(kinds.items())
    ]
    own["unevaluatedProperties"] = False


def _refer(owner: Schema, section: str, name: str) -> None:
    owner["properties"][section]["additionalProperties"] = {"$ref": f"#/$defs/{name}"}


def _adopted(definitions: Schema, cls: type, *, closed: bool) -> Schema:
    """The schema of a plugin's class; the classes that it names join the `definitions`."""
    found = schema_of(cls)
    own: Schema = found["$defs"].pop(found["$ref"].rpartition("/")[2])
    definitions.update(found["$defs"])
    if not closed:
        del own["additionalProperties"]
        if "auth" in own["properties"]:  # or the name of credentials under git_auth
            own["properties"]["auth"] = {"anyOf": [{"type": "string"}, own["properties"]["auth"]]}
    return own


def _bounded_schema(cls: type[attrs.AttrsInstance]) -> Schema:
    schema = schema_of(cls)
    for each in _classes(cls, set()):
        properties = schema["$defs"][each.__name__]["properties"]
        for name, hint in typing.get_type_hints(each, include_extras=True).items():
            if name in properties:
                properties[name].update(_rules(hint))
    return schema


def _classes(cls: type[attrs.AttrsInstance], seen: set[type]) -> Iterator[type[attrs.AttrsInstance]]:
    """A settings class and all that its fields name."""
    if cls in seen:
        return
    seen.add(cls)
    yield cls
    for hint in typing.get_type_hints(cls).values():
        for part in _parts(hint):
            if isinstance(part, type) and attrs.has(part):
                yield from _classes(part, seen)


def _parts(hint: Any) -> Iterator[Any]:
    yield hint
    for argument in typing.get_args(hint):
        yield from _parts(argument)


def _rules(hint: Any) -> Mapping[str, Any]:
    """What a type says beyond its kind: bounds, lengths, and that a length of time may be text."""
    rules: Schema = {}
    for part in _parts(hint):
        if part is Seconds:
            optional = type(None) in typing.get_args(hint)
            rules["type"] = ["integer", "string", "null"] if optional else ["integer", "string"]
        if typing.get_origin(part) is Annotated:
            for rule in part.__metadata__:
                rules.update(_rule(rule, text=part.__origin__ is str))
    return rules


def _rule(rule: object, *, text: bool) -> Mapping[str, Any]:
    if isinstance(rule, Range):
        found = {"minimum": rule.at_least, "maximum": rule.at_most, "exclusiveMinimum": rule.above}
        return {key: value for key, value in found.items() if value is not None}
    if isinstance(rule, Length):
        return {"minLength" if text else "minItems": rule.at_least}
    return {}
