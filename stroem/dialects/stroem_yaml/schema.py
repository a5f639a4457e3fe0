"""JSON Schemas: of any type of the API, and of workflow files for editors."""

from collections.abc import Mapping

import attrs

from stroem.conversion.constraints import FIELD_TYPES
from stroem.conversion.json_schema import DRAFT, DURATION, WRITTEN_TEXT, Schema, TypeSchemas, description_of
from stroem.conversion.record import key_of
from stroem.definitions.action import BUILT_IN_RUNNERS, Action
from stroem.definitions.action_fields import ACTION_FIELDS
from stroem.definitions.artifacts import Artifacts
from stroem.definitions.cache import Cache
from stroem.definitions.connection import ConnectionProperty, McpServer
from stroem.definitions.field import OUTPUT_TYPES, PRIMITIVE_TYPES, InputField, OutputField
from stroem.definitions.kinds import HOOK_KEYS
from stroem.definitions.limit import Concurrency, Limit
from stroem.definitions.retry import Retry
from stroem.definitions.task import Hook, Step, Task
from stroem.definitions.trigger import Debounce, Trigger
from stroem.definitions.volume import Volume
from stroem.dialects.environment import Environment
from stroem.dialects.stroem_yaml import actions, triggers
from stroem.dialects.stroem_yaml.fields import TYPE_ALIASES
from stroem.dialects.stroem_yaml.reminders import MOST_REMINDERS
from stroem.dialects.stroem_yaml.resources import resources_schema
from stroem.dialects.stroem_yaml.retries import MOST_ATTEMPTS
from stroem.dialects.stroem_yaml.volumes import OF_A_JOB
from stroem.interfaces.step_error import EXIT_CODES, MOST_EXIT_CODE, RETRIED_KINDS
from stroem.interfaces.triggers.trigger_type import TriggerType

_RATE: Schema = {
    "description": "Most starts in a time, like `10 per minute`.",
    "type": "string",
    "pattern": r"^\d+ per (second|minute|hour|day|(\d+h)?(\d+m)?(\d+s)?|\d+)$",
}
_STEP_NAME = r"^[^\[\]~/\\]+$"


def workflow_schema(environment: Environment) -> Schema:
    """The schema of workflow files, in both spellings, with the options of the known runners."""
    return _WorkflowSchema(environment).schema()


class _WorkflowSchema:
    """Builds the schema. Each shape that a key may have is a definition of its own, so that editors offer its keys."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.types = TypeSchemas(text=WRITTEN_TEXT)
        self.definitions = self.types.definitions

    def schema(self) -> Schema:
        hooks = {"type": "array", "items": self._fields_of(Hook)}
        properties = {
            "secrets": self._secrets(),
            "connection_types": _map(_map(self._fields_of(ConnectionProperty, type=_typed(PRIMITIVE_TYPES)))),
            "connections": _map(self._connection()),
            "actions": _map(self._by_type("Action", {name: self._action(name) for name in self._action_types()})),
            "tasks": _map(self._task()),
            "triggers": _map(self._triggers()),
            "mcp_servers": _map(self._fields_of(McpServer)),
            "limits": _map(_number_or(self._fields_of(Limit, rate=_RATE), Limit, "max")),
            **dict.fromkeys(HOOK_KEYS, hooks),
        }
        return {
            "$schema": DRAFT,
            "title": "Strøm workflow",
            "description": "Actions, tasks, triggers, connections and secrets of a workspace.",
            **_object(properties),
            "$defs": dict(sorted(self.definitions.items())),
        }

    def _action_types(self) -> tuple[str, ...]:
        return ("shell", *actions.ACTION_TYPES)

    def _task(self) -> Schema:
        inline = {name: self._inline_step(name) for name in self._action_types()}
        flow = _flow(self._by_type("Step", inline, untyped=self._step()))
        return self._fields_of(
            Task,
            flow=flow,
            **{"finally": {key: schema for key, schema in flow.items() if key != "minProperties"}},
            input=_map(self._input_field()),
            timeout=_duration(Task, "timeout"),
            retry=self._task_retry(),
            volume={"anyOf": [{"const": OF_A_JOB}, self._fields_of(Volume, keep=_duration(Volume, "keep"))]},
            limits=_one_or_more(self.types.fields(Task)["limits"]),
            concurrency=_number_or(self._fields_of(Concurrency), Concurrency, "limit"),
            callable_from=_one_or_more(self.types.fields(Task)["callable_from"]),
        )

    def _step(self) -> Schema:
        steps = {"description": "The steps of a group.", **_flow({"$ref": "#/$defs/Step"})}
        schema = _object({**self._step_properties(), "steps": steps}, text=description_of(Step))
        is_group = {"required": ["steps"]}
        return {**schema, "if": is_group, "then": {"properties": {"action": False}}, "else": {"required": ["action"]}}

    def _step_properties(self) -> dict[str, Schema]:
        fields = self.types.fields(Step)
        conditions, _ = fields.pop("depends_on_conditions"), fields.pop("is_group")
        return {
            **fields,
            "depends_on": {"anyOf": [*_one_or_more(fields["depends_on"])["anyOf"], conditions]},
            "timeout": _duration(Step, "timeout"),
            "retry": self._retry(),
            "artifacts": self._artifacts(),
            "cache": self._cache(),
            "limits": _one_or_more(fields["limits"]),
        }

    def _inline_step(self, kind: str) -> Schema:
        action = self._action(kind)
        step = {key: schema for key, schema in self._step_properties().items() if key != "action"}
        return {**action, "properties": {**action["properties"], **step}, "description": f"A {kind} action in a step."}

    def _action(self, kind: str) -> Schema:
        allowed = actions.shell_keys() if kind == "shell" else ACTION_FIELDS[kind]
        fields = {key: schema for key, schema in self._action_properties().items() if key in allowed}
        fields["type"] = {"const": kind}
        if kind in self.environment.runners:
            fields["options"] = self._options_of(kind, self.environment.runners[kind])
        schema = _object(fields, ["type", *actions.REQUIRED.get(kind, ())], f"An action of type {kind}.")
        if kind in ("shell", "script"):
            keys = ("cmd", "script") if kind == "shell" else ("script", "source")
            schema["oneOf"] = [{"required": [key]} for key in keys]
            schema |= self._options()
        return schema

    def _action_properties(self) -> dict[str, Schema]:
        fields = self.types.fields(Action)
        languages = [*fields["language"]["anyOf"][0]["enum"], *actions.LANGUAGE_ALIASES]
        runners = sorted({*BUILT_IN_RUNNERS, *self.environment.runners})
        return {
            **fields,
            "language": {"enum": languages},
            "runner": {"anyOf": [{"enum": runners}, {"type": "string"}]},
            "tags": _one_or_more(fields["tags"]),
            "dependencies": _one_or_more(fields["dependencies"]),
            "input": _map(self._input_field()),
            "payload": _map(self._input_field()),
            "remind": _lengths(MOST_REMINDERS),
            "output": _map(self._fields_of(OutputField, type=_typed(OUTPUT_TYPES))),
            "retry": self._retry(),
            "artifacts": self._artifacts(),
            "cache": self._cache(),
            "resources": resources_schema(self.types),
        }

    def _options(self) -> Schema:
        cases = [
            {
                "if": {"properties": {"runner": {"const": name}}, "required": ["runner"]},
                "then": {"properties": {"options": self._options_of(name, options)}},
            }
            for name, options in sorted(self.environment.runners.items())
        ]
        return {"allOf": cases} if cases else {}

    def _options_of(self, runner: str, options: type | None) -> Schema:
        if options is None:
            return {"type": "object", "maxProperties": 0}
        types = TypeSchemas(prefix=f"{runner}.")
        schema = types.of(options)
        self.definitions |= types.definitions
        return schema

    def _input_field(self) -> Schema:
        types = {"anyOf": [_typed(PRIMITIVE_TYPES), {"type": "string"}], "default": "string"}
        return self._fields_of(InputField, type=types)

    def _triggers(self) -> Schema:
        types = sorted(self.environment.trigger_types.items())
        return self._by_type("Trigger", {name: self._trigger(name, cls) for name, cls in types})

    def _trigger(self, kind: str, cls: type[TriggerType]) -> Schema:
        types = TypeSchemas(prefix=f"{kind}.", text=WRITTEN_TEXT)
        own = types.fields(cls)  # type: ignore[arg-type]
        self.definitions |= types.definitions
        common = {key: schema for key, schema in self.types.fields(Trigger).items() if key in triggers.COMMON_KEYS}
        debounce = self._fields_of(Debounce, wait=_duration(Debounce, "wait"), max_wait=_duration(Debounce, "max_wait"))
        needed = [key_of(one.name) for one in attrs.fields(cls) if one.default is attrs.NOTHING]  # type: ignore[arg-type]
        wait = _duration(Debounce, "wait")
        fields = {**common, **own, "type": {"const": kind}, "debounce": {"anyOf": [*wait["anyOf"], debounce]}}
        schema = _object(fields, ["type", "task", *needed], description_of(cls) or f"A trigger of type {kind}.")
        return {**schema, "oneOf": [{"required": [key]} for key in cls.one_of]} if cls.one_of else schema

    def _retry(self) -> Schema:
        return self._fields_of(Retry, **_counts_and_delays(), on=_errors())

    def _task_retry(self) -> Schema:
        fields = self.types.fields(Retry)
        kept = {key: fields[key] for key in ("max_attempts", "backoff", "jitter")}
        return _object({**kept, **_counts_and_delays()}, text=description_of(Retry))

    def _artifacts(self) -> Schema:
        globs = _one_or_more({"type": "array", "items": WRITTEN_TEXT})
        in_full = self._fields_of(Artifacts, paths=globs, keep=_duration(Artifacts, "keep"))
        return {"anyOf": [*globs["anyOf"], in_full]}

    def _cache(self) -> Schema:
        globs = _one_or_more({"type": "array", "items": WRITTEN_TEXT})
        return self._fields_of(Cache, ttl=_duration(Cache, "ttl"), files=globs)

    def _connection(self) -> Schema:
        properties = {"type": {"type": "string"}}
        return {"type": "object", "description": "Named values.", "properties": properties}

    def _secrets(self) -> Schema:
        reference = {"$ref": "#/$defs/Secrets"}
        scalar = {"type": ["string", "number", "boolean", "null", "array"]}
        self.definitions["Secrets"] = {
            "type": "object",
            "propertyNames": {"pattern": "^[A-Za-z0-9_]+$"},
            "additionalProperties": {"anyOf": [scalar, reference]},
        }
        return reference

    def _fields_of(self, cls: type, **replaced: Schema) -> Schema:
        reference = self.types.reference(cls)
        self.definitions[cls.__name__]["properties"] |= replaced
        return reference

    def _by_type(self, name: str, variants: Mapping[str, Schema], untyped: Schema | None = None) -> Schema:
        """The variant of a `type`, chosen with `if`, so that mistakes concern this variant alone."""
        cases = []
        for kind, schema in variants.items():
            full = "".join(part.capitalize() for part in kind.split("_")) + name
            self.definitions[full] = schema
            chosen = {"type": "object", "properties": {"type": {"const": kind}}, "required": ["type"]}
            cases.append({"if": chosen, "then": {"$ref": f"#/$defs/{full}"}})
        schema = {"type": "object", "properties": {"type": {"enum": [*variants]}}}
        if untyped is None:
            schema["required"] = ["type"]
        else:
            self.definitions[f"Untyped{name}"] = untyped
            chosen = {"type": "object", "not": {"required": ["type"]}}
            cases.append({"if": chosen, "then": {"$ref": f"#/$defs/Untyped{name}"}})
        self.definitions[name] = {**schema, "allOf": cases} if cases else schema
        return {"$ref": f"#/$defs/{name}"}


def _counts_and_delays() -> dict[str, Schema]:
    return {
        "attempts": {"description": "All attempts.", "type": "integer", "minimum": 2, "maximum": MOST_ATTEMPTS},
        "delay": _duration(Retry, "delay"),
        "max_delay": _duration(Retry, "max_delay"),
    }


def _errors() -> Schema:
    """One or more kinds of errors, exit codes, or ranges of these."""
    code = {"type": "integer", "minimum": -MOST_EXIT_CODE, "maximum": MOST_EXIT_CODE}
    entry = {"anyOf": [{"enum": [*RETRIED_KINDS]}, code, {"type": "string", "pattern": EXIT_CODES}]}
    return {"anyOf": [entry, {"type": "array", "items": entry}]}


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _flow(step: Schema) -> Schema:
    return {**_map(step), "minProperties": 1, "propertyNames": {"pattern": _STEP_NAME}}


def _one_or_more(texts: Schema) -> Schema:
    """A list of texts, or one text for a list of one."""
    return {"anyOf": [WRITTEN_TEXT, texts]}


def _number_or(mapping: Schema, cls: type, field: str) -> Schema:
    """A mapping, or the number that is its only field."""
    bounds = FIELD_TYPES[cls, field].__metadata__[0]
    return {"anyOf": [{"type": "integer", "minimum": bounds.at_least, "maximum": bounds.at_most}, mapping]}


def _lengths(most: int) -> Schema:
    """A list of lengths of time, or one for a list of one."""
    length = [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": DURATION}]
    text = "Seconds, or lengths like 1h30m."
    return {"description": text, "anyOf": [*length, {"type": "array", "items": {"anyOf": length}, "maxItems": most}]}


def _object(properties: Mapping[str, Schema], required: list[str] | None = None, text: str | None = None) -> Schema:
    schema: Schema = {"type": "object"}
    if text:
        schema["description"] = text
    schema["properties"] = dict(properties)
    if required:
        schema["required"] = required
    return {**schema, "additionalProperties": False}


def _typed(names: tuple[str, ...]) -> Schema:
    return {"enum": [*names, *TYPE_ALIASES]}


def _duration(cls: type, field: str) -> Schema:
    bounds = FIELD_TYPES[cls, field].__metadata__[0]
    seconds = {"type": "integer", "minimum": bounds.at_least, "maximum": bounds.at_most}
    text = {"type": "string", "pattern": DURATION}
    return {"description": "Seconds, or a length like 1h30m.", "anyOf": [seconds, text]}
