"""Checks input against declared fields: of a job against those of its task, of an answer against its form."""

from collections.abc import Collection, Mapping

import attrs

from stroem.conversion.json_value import faults
from stroem.definitions.field import PRIMITIVE_TYPES
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.engine.values.connections import resolve_connection
from stroem.engine.values.field_values import WrongValue, field_value
from stroem.errors import FieldError, InvalidInput
from stroem.templating.budget import Budget
from stroem.templating.template import render


@attrs.frozen(kw_only=True)
class CheckedInput:
    """A complete input of the declared types, and warnings about the given one."""

    values: dict[str, Json]
    warnings: tuple[str, ...]


def check_input(
    plan: TaskPlan,
    raw: Mapping[str, Json],
    budget: Budget,
    of: str | None = None,
    key: str = "input",
    optional: Collection[str] = (),
) -> CheckedInput:
    """Fills in defaults, checks every field, replaces connections by their values.

    Unknown keys pass, with a warning, which names the task or `of`; those of `optional` without one. Raises
    InvalidInput with every mistake at once. `key` is what messages call the whole.
    """
    context: dict[str, object] = {"secret": plan.secrets}
    values: dict[str, Json] = {}
    errors: list[FieldError] = []
    for name, field in plan.input.items():
        try:
            value = raw.get(name)
            if (value is None or (value == "" and not field.required)) and field.default is not None:
                value = render(field.default, context, budget=budget)
                _check_rendered(value)
            if value is None:
                if field.required:
                    raise WrongValue(f"is required ({field.type})")
                continue
            if value == "" and not field.required:
                values[name] = [] if field.multiple else ""  # a form's field that was left empty
                continue
            if field.type in PRIMITIVE_TYPES:
                values[name] = field_value(field, value, budget)
            else:
                values[name] = resolve_connection(field.type, value, plan, context, budget, f"{key}.{name}")
                _check_rendered(values[name])
        except WrongValue as wrong:
            errors += [FieldError(field=f"{key}.{name}", message=problem) for problem in wrong.problems]
        except InvalidInput as wrong:
            errors.extend(wrong.fields)
    if errors:
        listed = "; ".join(f"{error.field} {error.message}" for error in errors)
        raise InvalidInput(problems=listed, fields=tuple(errors))
    unknown = {name: value for name, value in raw.items() if name not in plan.input}
    owner = of or f"task {plan.task!r}"
    warnings = tuple(f"{key}.{name} is not an input of {owner}" for name in unknown if name not in optional)
    return CheckedInput(values={**values, **unknown}, warnings=warnings)


def _check_rendered(value: Json) -> None:
    """Checks results of templates against the kept JSON; given values were checked before."""
    if first := next(faults(value), None):
        raise WrongValue(str(first))
