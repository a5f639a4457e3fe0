"""Tasks and their steps; inline actions are hoisted and named."""

from typing import Any

from stroem.conversion import scalars
from stroem.conversion.mistake import Mistake, Mistakes, missing_key
from stroem.conversion.record import Record
from stroem.conversion.scalars import WRONG, wrong_type
from stroem.definitions.action import Action
from stroem.definitions.kinds import HOOK_KEYS
from stroem.definitions.task import Hook, Step, Task, inline_action_name
from stroem.definitions.values import Path
from stroem.dialects import names
from stroem.dialects.foreign_keys import FLOW_HINT, foreign_hint, stands_for_action
from stroem.dialects.stroem_yaml.actions import ACTION_KEYS, convert_action
from stroem.dialects.stroem_yaml.fields import convert_input_field, is_field_definition
from stroem.dialects.stroem_yaml.retries import convert_retry

Hoisted = dict[str, Action]


def _unique(value: object, path: Path, mistakes: Mistakes) -> Any:
    entries = _TEXTS(value, path, mistakes)
    return entries if entries is WRONG else tuple(dict.fromkeys(entries))


def _flow(value: object, path: Path, mistakes: Mistakes) -> Any:
    if type(value) is list:
        return wrong_type(
            "a mapping", value, path, mistakes, "of step names to steps: `build: { … }` for `- name: build`"
        )
    return scalars.json_mapping(value, path, mistakes)


_TEXTS = scalars.one_or_more(scalars.text)
_STEP = Record(Step, action=scalars.reference, depends_on=_unique, retry=convert_retry)
convert_hooks = scalars.listing(Record(Hook, action=scalars.reference))
_TASK = Record(
    Task,
    flow=_flow,
    finally_=_flow,
    input=scalars.mapping(convert_input_field),
    retry=convert_retry,
    **dict.fromkeys(HOOK_KEYS, convert_hooks),
)
_INLINE_KEYS = frozenset(ACTION_KEYS) - (frozenset(_STEP.converters) - {"input"})
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
    flow_path = (*path, "flow")
    if not fields["flow"]:
        mistakes.append(Mistake(code="empty-flow", message="a task needs at least one step", path=flow_path))
    for field, key in (("flow", "flow"), ("finally_", "finally")):
        fields[field] = {
            step: _convert_step(name, step, entry, (*path, key, step), mistakes, hoisted)
            for step, entry in fields.get(field, {}).items()
        }
    return Task(**fields)


def _convert_step(task: str, name: str, value: Any, path: Path, mistakes: Mistakes, hoisted: Hoisted) -> Step:
    names.check_name(name, path, mistakes, step=True)
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
    return Step(**{"action": "", **_STEP.fields(own, path, mistakes)})


def _convert_inline(action_name: str, value: dict[str, Any], path: Path, mistakes: Mistakes, hoisted: Hoisted) -> Step:
    own, inline = _split(value, path, mistakes)
    action = convert_action(inline, path, mistakes)
    if action is not WRONG:
        hoisted[action_name] = action
    return Step(**{**_STEP.fields(own, path, mistakes), "action": action_name})


def _split(value: dict[str, Any], path: Path, mistakes: Mistakes) -> tuple[dict[str, Any], dict[str, Any]]:
    if value.get("action") is not None:
        message = "'action' and 'type' exclude each other"
        hint = "keep `action` to use an action, or `type` to write one here"
        mistakes.append(
            Mistake(code="conflicting-keys", message=message, path=(*path, "action"), hint=hint, at_key=True)
        )
    own = {key: entry for key, entry in value.items() if key in _STEP.converters and key not in ("action", "input")}
    inline = {key: entry for key, entry in value.items() if key in _INLINE_KEYS and key != "input"}
    for key in value.keys() - _STEP.converters.keys() - _INLINE_KEYS:
        mistakes.unknown_key(key, [*_STEP.converters, *_INLINE_KEYS], path)
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
    if len(definitions) < len(given):
        own["input"] = {key: entry for key, entry in given.items() if key not in definitions}
    return own, inline
