"""Options of an input field from the output of a job: the input of that job, and the list in its output."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from stroem.conversion.json_value import faults
from stroem.definitions.field import PRIMITIVE_TYPES, InputField, OptionsFrom
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.engine.values.field_values import WrongValue, field_value
from stroem.engine.values.inputs import check_input
from stroem.errors import FieldError, InvalidInput
from stroem.templating.budget import Budget
from stroem.templating.template import is_template, mentions, render

MAX_OPTIONS = 1_000
_TOLD = 20


@attrs.frozen(kw_only=True)
class Option:
    """A value to choose, and its name for people."""

    value: Json
    label: str | None = None


@attrs.frozen(kw_only=True)
class OptionList:
    """The options in an output. `problems` are about entries that are left out."""

    options: tuple[Option, ...]
    problems: tuple[str, ...] = ()


class NoOptions(ValueError):
    """The output has no list of options."""


def options_input(plan: TaskPlan, name: str, given: Mapping[str, Json], budget: Budget) -> dict[str, Json]:
    """The input of the job that finds the options of a field, from the other fields. Connections are their names.

    Raises InvalidInput for fields that it reads and that are missing or not valid, or TemplateFailed.
    """
    options = _options_from(plan.input[name])
    reads = _reads(options.input)
    fields = {other: _read(plan.input[other], needed) for other, needed in reads.items() if other in plan.input}
    values = {other: given[other] for other in fields if other in given}
    checked = check_input(attrs.evolve(plan, input=fields), values, budget)
    rendered: Any = render(options.input, {"input": checked.values}, budget=budget)
    if first := next(faults(rendered), None):
        message = f"makes an input of task {options.task!r} that is not kept: {first}"
        raise InvalidInput(
            problems=f"input.{name} {message}", fields=(FieldError(field=f"input.{name}", message=message),)
        )
    return dict(rendered)


def options_in(field: InputField, output: Json) -> OptionList:
    """The options in the output of a job. Raises NoOptions.

    An entry is a value, or a map of `value` and `label`. One that the field does not take is left out.
    """
    path = _options_from(field).path
    entries = _at(path, output)
    if not isinstance(entries, list | tuple):
        raise NoOptions(f"its output has no list at {path!r}")
    options, problems = [], []
    one = attrs.evolve(field, multiple=False, min_items=None, max_items=None)
    budget = Budget()
    for index, entry in enumerate(entries[:MAX_OPTIONS]):
        try:
            options.append(_option(one, entry, budget))
        except WrongValue as wrong:
            problems.append(f"entry {index} of {path!r} {wrong}")
    if len(entries) > MAX_OPTIONS:
        problems.append(f"the list at {path!r} has {len(entries):,} entries; the first {MAX_OPTIONS:,} are options")
    left = len(problems) - _TOLD
    told = problems if left <= 0 else [*problems[:_TOLD], f"{left} more problems are not shown"]
    return OptionList(options=tuple(options), problems=tuple(told))


def chosen(field: InputField, value: Json) -> tuple[Json, ...]:
    """The single values in the value of a field; none in an empty one."""
    items: Sequence[Json] = value if field.multiple and isinstance(value, list | tuple) else (value,)
    return tuple(item for item in items if item is not None and item != "")


def _options_from(field: InputField) -> OptionsFrom:
    assert field.options_from is not None
    return field.options_from


def _reads(value: Json) -> dict[str, bool]:
    """The fields that templates in a value read, and whether they fail without."""
    if isinstance(value, str):
        found = mentions(value) if is_template(value) else ()
        names = [
            (mention.path[1], not mention.optional)
            for mention in found
            if mention.path[0] == "input" and len(mention.path) > 1
        ]
    else:
        inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
        names = [pair for entry in inner for pair in _reads(entry).items()]
    return {name: any(needed for other, needed in names if other == name) for name, _ in names}


def _read(field: InputField, is_needed: bool) -> InputField:
    """A field that templates read: with a value if they need one, and a connection by its name."""
    kind = field.type if field.type in PRIMITIVE_TYPES else "string"
    return attrs.evolve(field, type=kind, required=field.required or is_needed)


def _option(field: InputField, entry: Json, budget: Budget) -> Option:
    if not isinstance(entry, Mapping):
        return Option(value=field_value(field, entry, budget))
    label = entry.get("label")
    if label is not None and not isinstance(label, str):
        raise WrongValue("has a label that is no text")
    return Option(value=field_value(field, entry.get("value"), budget), label=label)


def _at(path: str, output: Json) -> Json:
    """The value at a path of keys and positions, or None."""
    value = output
    for part in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list | tuple) and part.isascii() and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value
