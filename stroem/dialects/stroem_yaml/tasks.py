"""Tasks and their steps; inline actions are hoisted and named."""

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from stroem.conversion import scalars
from stroem.conversion.mistake import Mistake, Mistakes, missing_key
from stroem.conversion.record import Record
from stroem.conversion.scalars import WRONG, wrong_type
from stroem.definitions.action import Action
from stroem.definitions.flow_paths import SEPARATOR, STEPS, key_in
from stroem.definitions.kinds import HOOK_KEYS
from stroem.definitions.task import Hook, Step, Task, inline_action_name
from stroem.definitions.values import Path
from stroem.dialects import names
from stroem.dialects.foreign_keys import FLOW_HINT, foreign_hint, stands_for_action
from stroem.dialects.stroem_yaml.actions import ACTION_KEYS, convert_action
from stroem.dialects.stroem_yaml.fields import convert_input_field, is_field_definition
from stroem.dialects.stroem_yaml.limits import convert_concurrency
from stroem.dialects.stroem_yaml.retries import convert_task_retry
from stroem.dialects.stroem_yaml.steps import STEP, in_group, step_fields, unique_texts
from stroem.dialects.stroem_yaml.volumes import convert_volume

Hoisted = dict[str, Action]


def _flow(value: object, path: Path, mistakes: Mistakes) -> Any:
    if type(value) is list:
        return wrong_type(
            "a mapping", value, path, mistakes, "of step names to steps: `build: { … }` for `- name: build`"
        )
    return scalars.json_mapping(value, path, mistakes)


convert_hooks = scalars.listing(Record(Hook, action=scalars.reference))
_TASK = Record(
    Task,
    flow=_flow,
    finally_=_flow,
    input=scalars.mapping(convert_input_field),
    retry=convert_task_retry,
    volume=convert_volume,
    concurrency=convert_concurrency,
    limits=unique_texts,
    callable_from=scalars.one_or_more(scalars.text),
    **dict.fromkeys(HOOK_KEYS, convert_hooks),
)
_INLINE_KEYS = frozenset(ACTION_KEYS) - (frozenset(STEP.converters) - {"input"})
NOT_IN_GROUPS = (_INLINE_KEYS | {"action", "input", "retry", "artifacts", "cache"}) - {"until"}
"""Keys of steps that a group has not."""
_BROKEN_STEP = Step(action="")


def convert_task(name: str, value: object, path: Path, mistakes: Mistakes, hoisted: Hoisted) -> Any:
    """A `Task`; the actions inside its steps go to `hoisted`. A step without an action that can be used is kept
    with an empty one, so that others may depend on it.
    """
    if type(value) is not dict:
        return wrong_type("a mapping", value, path, mistakes)
    fields = _TASK.fields(value, path, mistakes)
    if "flow" not in value and any(foreign_hint(key, path) == FLOW_HINT for key in value):
        return WRONG
    if not _TASK.complete(fields, value, path, mistakes):
        return WRONG
    for index, caller in enumerate(fields.get("callable_from", ())):
        if caller != "*":
            names.check_workspace(caller, (*path, "callable_from", index), mistakes)
    converter = _Flow(task=name, mistakes=mistakes, hoisted=hoisted)
    fields["flow"] = dict(converter.steps(None, fields["flow"], (*path, "flow")))
    if fields.get("finally_"):
        fields["finally_"] = dict(converter.steps(None, fields["finally_"], (*path, "finally")))
    return Task(**fields)


@attrs.frozen(kw_only=True)
class _Flow:
    """The conversion of a task's steps. The actions inside them go to `hoisted`."""

    task: str
    mistakes: Mistakes
    hoisted: Hoisted

    def steps(self, group: str | None, entries: Mapping[str, Any], path: Path) -> Iterator[tuple[str, Step]]:
        """The steps of a flow or of a group, by key; those of a group behind it."""
        if not entries:
            what = "a task" if group is None else "a group"
            self.mistakes.append(Mistake(code="empty-flow", message=f"{what} needs at least one step", path=path))
        for name, entry in entries.items():
            names.check_name(name, (*path, name), self.mistakes, step=True)
            if SEPARATOR in name:
                continue
            key = key_in(group, name)
            if type(entry) is dict and entry.get(STEPS) is not None:
                yield from self._group(group, key, entry, (*path, name))
            else:
                step = _convert_step(self.task, key, entry, (*path, name), self.mistakes, self.hoisted)
                yield key, in_group(step, group)

    def _group(self, around: str | None, key: str, value: dict[str, Any], path: Path) -> Iterator[tuple[str, Step]]:
        for other in value.keys() & NOT_IN_GROUPS:
            message = f"{other!r} is not for a step with `steps`"
            hint = "write it in one of them"
            self.mistakes.append(
                Mistake(code="forbidden-key", message=message, path=(*path, other), hint=hint, at_key=True)
            )
        own = {name: entry for name, entry in value.items() if name != STEPS and name not in NOT_IN_GROUPS}
        yield key, in_group(Step(**{**step_fields(own, path, self.mistakes), "action": "", "is_group": True}), around)
        entries = _flow(value[STEPS], (*path, STEPS), self.mistakes)
        if entries is not WRONG:
            yield from self.steps(key, entries, (*path, STEPS))


def _convert_step(task: str, name: str, value: Any, path: Path, mistakes: Mistakes, hoisted: Hoisted) -> Step:
    if type(value) is not dict:
        wrong_type("a mapping", value, path, mistakes)
        return _BROKEN_STEP
    if value.get("type") is not None:
        return _convert_inline(inline_action_name(task, name), value, path, mistakes, hoisted)
    for key in value.keys() & _INLINE_KEYS - {"input", "type"}:
        hint = "write it in the action" if value.get("action") else "add `type:` to write the action here"
        message = f"{key!r} belongs to an action, not to a step"
        mistakes.append(Mistake(code="forbidden-key", message=message, path=(*path, key), hint=hint, at_key=True))
    own = {key: entry for key, entry in value.items() if key not in _INLINE_KEYS or key == "input"}
    if own.get("action") is None and not any(map(stands_for_action, own)):
        mistakes.append(missing_key("action", path, "name an action, or write one here with `type:`"))
    return Step(**{"action": "", **step_fields(own, path, mistakes)})


def _convert_inline(action_name: str, value: dict[str, Any], path: Path, mistakes: Mistakes, hoisted: Hoisted) -> Step:
    own, inline = _split(value, path, mistakes)
    action = convert_action(inline, path, mistakes)
    if action is not WRONG:
        hoisted[action_name] = action
    return Step(**{**step_fields(own, path, mistakes), "action": action_name})


def _split(value: dict[str, Any], path: Path, mistakes: Mistakes) -> tuple[dict[str, Any], dict[str, Any]]:
    if value.get("action") is not None:
        message = "'action' and 'type' exclude each other"
        hint = "keep `action` to use an action, or `type` to write one here"
        mistakes.append(
            Mistake(code="conflicting-keys", message=message, path=(*path, "action"), hint=hint, at_key=True)
        )
    inline_keys = _INLINE_KEYS | {"until"} if value["type"] == "wait" else _INLINE_KEYS
    own_keys = STEP.converters.keys() - inline_keys - {"action"}
    own = {key: entry for key, entry in value.items() if key in own_keys}
    inline = {key: entry for key, entry in value.items() if key in inline_keys and key != "input"}
    for key in value.keys() - STEP.converters.keys() - inline_keys:
        mistakes.unknown_key(key, [*STEP.converters, *inline_keys], path)
    given = value.get("input")
    if type(given) is not dict:
        return ({**own, "input": given} if given is not None else own), inline
    definitions = {
        key: entry
        for key, entry in given.items()
        if is_field_definition(entry, (*path, "input", key), mistakes.scalars)
    }
    if definitions:
        inline["input"] = definitions
    if value["type"] == "approval":
        _note_values({key: entry for key, entry in given.items() if key not in definitions}, path, mistakes)
    if len(definitions) < len(given):
        own["input"] = {key: entry for key, entry in given.items() if key not in definitions}
    return own, inline


def _note_values(given: Mapping[str, Any], path: Path, mistakes: Mistakes) -> None:
    """Warns of maps in the input of an inline approval that are no fields, and so not in its form."""
    for key, entry in given.items():
        if type(entry) is dict:
            message = f"{key!r} is a value, and no field of the form"
            hint = "correct the keys of the field" if "type" in entry else "add the `type` of the field"
            mistakes.append(
                Mistake(
                    code="invalid-value",
                    message=message,
                    path=(*path, "input", key),
                    hint=hint,
                    at_key=True,
                    severity="warning",
                )
            )
