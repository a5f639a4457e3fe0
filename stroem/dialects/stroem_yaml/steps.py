"""Steps: their dependencies, and the keys that exclude each other."""

from collections.abc import Mapping
from typing import Any, get_args

import attrs

from stroem.conversion import scalars
from stroem.conversion.mistake import Mistake, Mistakes
from stroem.conversion.record import Record
from stroem.conversion.scalars import WRONG
from stroem.definitions.flow_paths import key_in
from stroem.definitions.task import DependencyCondition, Step
from stroem.definitions.values import Path
from stroem.dialects.stroem_yaml.artifacts import convert_artifacts
from stroem.dialects.stroem_yaml.caches import convert_cache
from stroem.dialects.stroem_yaml.retries import convert_retry

_TEXTS = scalars.one_or_more(scalars.text)
_CONDITIONS = scalars.mapping(
    scalars.choice(get_args(DependencyCondition), {"succeeded": "success", "failed": "failure", "any": "always"})
)
_EXCLUSIVE = (
    ("for_each", "matrix", "a step has one list of items"),
    ("while", "until", "a step has one condition for its rounds"),
    ("for_each", "while", "a loop runs over items, or until a condition is met"),
    ("for_each", "until", "a loop runs over items, or until a condition is met"),
    ("matrix", "while", "a loop runs over items, or until a condition is met"),
    ("matrix", "until", "a loop runs over items, or until a condition is met"),
    ("sequential", "max_concurrency", "`sequential` is a `max_concurrency` of 1"),
)
_OF_LOOPS = ("max_concurrency", "fail_fast")


def unique_texts(value: object, path: Path, mistakes: Mistakes) -> Any:
    """A list of texts without repetitions; a single text is a list of one."""
    entries = _TEXTS(value, path, mistakes)
    return entries if entries is WRONG else tuple(dict.fromkeys(entries))


STEP = Record(
    Step,
    action=scalars.reference,
    depends_on=unique_texts,
    retry=convert_retry,
    artifacts=convert_artifacts,
    cache=convert_cache,
    limits=unique_texts,
)
for _field in ("depends_on_conditions", "is_group"):
    del STEP.converters[_field]


def step_fields(value: Mapping[str, Any], path: Path, mistakes: Mistakes) -> dict[str, Any]:
    """The valid fields of a step. Dependencies that are written as a map become a list and their conditions."""
    _check_exclusive(value, path, mistakes)
    given = value.get("depends_on")
    if type(given) is not dict:
        return STEP.fields(value, path, mistakes)
    fields = STEP.fields({key: entry for key, entry in value.items() if key != "depends_on"}, path, mistakes)
    conditions = _CONDITIONS(given, (*path, "depends_on"), mistakes)
    fields["depends_on"] = tuple(given)
    fields["depends_on_conditions"] = {} if conditions is WRONG else conditions
    return fields


def in_group(step: Step, group: str | None) -> Step:
    """A step whose dependencies, by the names in its group, are keys of the flow."""
    if group is None or not step.depends_on:
        return step
    keys = tuple(key_in(group, name) for name in step.depends_on)
    conditions = {key_in(group, name): condition for name, condition in step.depends_on_conditions.items()}
    return attrs.evolve(step, depends_on=keys, depends_on_conditions=conditions)


def _check_exclusive(value: Mapping[str, Any], path: Path, mistakes: Mistakes) -> None:
    given = {key for key, entry in value.items() if entry is not None and entry is not False}
    for one, other, reason in _EXCLUSIVE:
        if one in given and other in given:
            message = f"{one!r} and {other!r} exclude each other: {reason}"
            mistakes.append(Mistake(code="conflicting-keys", message=message, path=(*path, other), at_key=True))
    if given.isdisjoint(("for_each", "matrix")):
        for key in sorted(given.intersection(_OF_LOOPS)):
            message, hint = f"{key!r} is for steps with `for_each` or `matrix`", "remove it, or add a list of items"
            mistakes.append(Mistake(code="forbidden-key", message=message, path=(*path, key), hint=hint, at_key=True))
    if "max_rounds" in given and given.isdisjoint(("while", "until")):
        message = "'max_rounds' is for steps with `while` or `until`"
        mistakes.append(Mistake(code="forbidden-key", message=message, path=(*path, "max_rounds"), at_key=True))
