"""JSON Schemas: of any type of the API, and of workflow files for editors."""

from collections.abc import Mapping

import attrs

from stroem.conversion.json_schema import DRAFT, WRITTEN_TEXT, Schema, TypeSchemas, description_of
from stroem.conversion.record import key_of
from stroem.definitions.action import BUILT_IN_RUNNERS, Action, StepToken
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
from stroem.dialects.stroem_yaml.approvers import approvers_schema
from stroem.dialects.stroem_yaml.reminders import MOST_REMINDERS
from stroem.dialects.stroem_yaml.resources import resources_schema
from stroem.dialects.stroem_yaml.shapes import (
    counts_and_delays,
    duration,
    error_kinds,
    flow_of,
    lengths,
    map_of,
    number_or,
    object_of,
    one_or_more,
    typed,
)
from stroem.dialects.stroem_yaml.volumes import OF_A_JOB
from stroem.interfaces.triggers.trigger_type import TriggerType
from stroem.rights.verbs import STEP_VERBS

_RATE: Schema = {
    "description": "Most starts in a time, like `10 per minute`.",
    "type": "string",
    "pattern": r"^\d+ per (second|minute|hour|day|(\d+h)?(\d+m)?(\d+s)?|\d+)$",
}


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
            "connection_types": map_of(map_of(self._fields_of(ConnectionProperty, type=typed(PRIMITIVE_TYPES)))),
            "connections": map_of(self._connection()),
            "actions": map_of(self._by_type("Action", {name: self._action(name) for name in self._action_types()})),
            "tasks": map_of(self._task()),
            "triggers": map_of(self._triggers()),
            "mcp_servers": map_of(self._fields_of(McpServer)),
            "limits": map_of(number_or(self._fields_of(Limit, rate=_RATE), Limit, "max")),
            **dict.fromkeys(HOOK_KEYS, hooks),
        }
        return {
            "$schema": DRAFT,
            "title": "Strøm workflow",
            "description": "Actions, tasks, triggers, connections and secrets of a workspace.",
            **object_of(properties),
            "$defs": dict(sorted(self.definitions.items())),
        }

    def _action_types(self) -> tuple[str, ...]:
        return ("shell", *actions.ACTION_TYPES)

    def _task(self) -> Schema:
        inline = {name: self._inline_step(name) for name in self._action_types()}
        flow = flow_of(self._by_type("Step", inline, untyped=self._step()))
        return self._fields_of(
            Task,
            flow=flow,
            **{"finally": {key: schema for key, schema in flow.items() if key != "minProperties"}},
            input=map_of(self._input_field()),
            timeout=duration(Task, "timeout"),
            retry=self._task_retry(),
            volume={"anyOf": [{"const": OF_A_JOB}, self._fields_of(Volume, keep=duration(Volume, "keep"))]},
            limits=one_or_more(self.types.fields(Task)["limits"]),
            concurrency=number_or(self._fields_of(Concurrency), Concurrency, "limit"),
            callable_from=one_or_more(self.types.fields(Task)["callable_from"]),
        )

    def _step(self) -> Schema:
        steps = {"description": "The steps of a group.", **flow_of({"$ref": "#/$defs/Step"})}
        schema = object_of({**self._step_properties(), "steps": steps}, text=description_of(Step))
        is_group = {"required": ["steps"]}
        return {**schema, "if": is_group, "then": {"properties": {"action": False}}, "else": {"required": ["action"]}}

    def _step_properties(self) -> dict[str, Schema]:
        fields = self.types.fields(Step)
        conditions, _ = fields.pop("depends_on_conditions"), fields.pop("is_group")
        return {
            **fields,
            "depends_on": {"anyOf": [*one_or_more(fields["depends_on"])["anyOf"], conditions]},
            "timeout": duration(Step, "timeout"),
            "retry": self._retry(),
            "artifacts": self._artifacts(),
            "cache": self._cache(),
            "limits": one_or_more(fields["limits"]),
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
        schema = object_of(fields, ["type", *actions.REQUIRED.get(kind, ())], f"An action of type {kind}.")
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
            "tags": one_or_more(fields["tags"]),
            "dependencies": one_or_more(fields["dependencies"]),
            "input": map_of(self._input_field()),
            "payload": map_of(self._input_field()),
            "remind": lengths(MOST_REMINDERS),
            **approvers_schema(self.types),
            "output": map_of(self._fields_of(OutputField, type=typed(OUTPUT_TYPES))),
            "retry": self._retry(),
            "artifacts": self._artifacts(),
            "cache": self._cache(),
            "stroem_token": self._step_token(),
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
        types = {"anyOf": [typed(PRIMITIVE_TYPES), {"type": "string"}], "default": "string"}
        return self._fields_of(InputField, type=types)

    def _triggers(self) -> Schema:
        types = sorted(self.environment.trigger_types.items())
        return self._by_type("Trigger", {name: self._trigger(name, cls) for name, cls in types})

    def _trigger(self, kind: str, cls: type[TriggerType]) -> Schema:
        types = TypeSchemas(prefix=f"{kind}.", text=WRITTEN_TEXT)
        own = types.fields(cls)  # type: ignore[arg-type]
        self.definitions |= types.definitions
        common = {key: schema for key, schema in self.types.fields(Trigger).items() if key in triggers.COMMON_KEYS}
        debounce = self._fields_of(Debounce, wait=duration(Debounce, "wait"), max_wait=duration(Debounce, "max_wait"))
        needed = [key_of(one.name) for one in attrs.fields(cls) if one.default is attrs.NOTHING]  # type: ignore[arg-type]
        wait = duration(Debounce, "wait")
        fields = {**common, **own, "type": {"const": kind}, "debounce": {"anyOf": [*wait["anyOf"], debounce]}}
        schema = object_of(fields, ["type", "task", *needed], description_of(cls) or f"A trigger of type {kind}.")
        return {**schema, "oneOf": [{"required": [key]} for key in cls.one_of]} if cls.one_of else schema

    def _retry(self) -> Schema:
        return self._fields_of(Retry, **counts_and_delays(), on=error_kinds())

    def _task_retry(self) -> Schema:
        fields = self.types.fields(Retry)
        kept = {key: fields[key] for key in ("max_attempts", "backoff", "jitter")}
        return object_of({**kept, **counts_and_delays()}, text=description_of(Retry))

    def _artifacts(self) -> Schema:
        globs = one_or_more({"type": "array", "items": WRITTEN_TEXT})
        in_full = self._fields_of(Artifacts, paths=globs, keep=duration(Artifacts, "keep"))
        return {"anyOf": [*globs["anyOf"], in_full]}

    def _cache(self) -> Schema:
        globs = one_or_more({"type": "array", "items": WRITTEN_TEXT})
        return self._fields_of(Cache, ttl=duration(Cache, "ttl"), files=globs)

    def _step_token(self) -> Schema:
        verbs = one_or_more({"type": "array", "items": {"enum": sorted(STEP_VERBS)}})
        return {**self._fields_of(StepToken, verbs=verbs), "required": ["verbs"]}

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
