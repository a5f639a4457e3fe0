"""Checks input against declared fields: of a job against those of its task, of an answer against its form."""

from collections.abc import Callable, Mapping

import attrs

from stroem.conversion import literals
from stroem.conversion.json_value import faults
from stroem.definitions.field import PRIMITIVE_TYPES, InputField
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.engine.values.connections import resolve_connection
from stroem.errors import FieldError, InvalidInput
from stroem.templating.budget import Budget
from stroem.templating.template import render


@attrs.frozen(kw_only=True)
class CheckedInput:
    """A complete input of the declared types, and warnings about the given one."""

    values: dict[str, Json]
    warnings: tuple[str, ...]


class _Wrong(Exception):
    """A value that its field does not take. The message has the expected one."""


def check_input(
    plan: TaskPlan, raw: Mapping[str, Json], budget: Budget, of: str | None = None, key: str = "input"
) -> CheckedInput:
    """Fills in defaults, checks every field, replaces connections by their values.

    Unknown keys pass, with a warning, which names the task or `of`. Raises InvalidInput with every mistake at once.
    `key` is what messages call the whole.
    """
    context: dict[str, object] = {"secret": plan.secrets}
    values: dict[str, Json] = {}
    errors: list[FieldError] = []
    for name, field in plan.input.items():
        try:
            value = raw.get(name)
            if (value is None or (value == "" and not field.required)) and field.default is not None:
                value = render(field.default, context, budget=budget)
            if value is None:
                if field.required:
                    raise _Wrong(f"is required ({field.type})")
                continue
            if value == "" and not field.required:
                values[name] = [] if field.multiple else ""  # a form's field that was left empty
                continue
            values[name] = _value(f"{key}.{name}", field, value, plan, context, budget)
            if name not in raw or field.type not in PRIMITIVE_TYPES:
                _check_rendered(values[name])
        except _Wrong as wrong:
            errors.append(FieldError(field=f"{key}.{name}", message=str(wrong)))
        except InvalidInput as wrong:
            errors.extend(wrong.fields)
    if errors:
        listed = "; ".join(f"{error.field} {error.message}" for error in errors)
        raise InvalidInput(problems=listed, fields=tuple(errors))
    unknown = {name: value for name, value in raw.items() if name not in plan.input}
    owner = of or f"task {plan.task!r}"
    warnings = tuple(f"{key}.{name} is not an input of {owner}" for name in unknown)
    return CheckedInput(values={**values, **unknown}, warnings=warnings)


def _check_rendered(value: Json) -> None:
    """Checks results of templates against the kept JSON; given values were checked before."""
    if first := next(faults(value), None):
        raise _Wrong(str(first))


def _value(
    place: str, field: InputField, value: Json, plan: TaskPlan, context: Mapping[str, object], budget: Budget
) -> Json:
    if field.type not in PRIMITIVE_TYPES:
        return resolve_connection(field.type, value, plan, context, budget, place)
    if not field.multiple:
        return _one(field, value)
    if not isinstance(value, (list, tuple)):
        raise _Wrong(f"must be a list of {field.type}")
    return [_one(field, item) for item in value]


def _one(field: InputField, value: Json) -> Json:
    try:
        typed = _CHECKS[field.type](value)
    except ValueError:
        shown = "a value that is not" if field.secret else f"{value!r:.80} is not"
        raise _Wrong(f"must be {_EXPECTED[field.type]}; {shown}") from None
    if field.options and not field.allow_custom and typed not in field.options:
        raise _Wrong(f"must be one of {', '.join(str(option) for option in field.options)}")
    return typed


def _string(value: Json) -> Json:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError
    return value if isinstance(value, str) else str(value)


def _boolean(value: Json) -> Json:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise ValueError


def _date(value: Json) -> Json:
    literals.date(value)
    return value


def _datetime(value: Json) -> Json:
    literals.timestamp(value)
    return value


_CHECKS: dict[str, Callable[[Json], Json]] = {
    "string": _string,
    "text": _string,
    "integer": literals.whole_number,
    "number": literals.number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
}
_EXPECTED = {
    "string": "a string",
    "text": "a string",
    "integer": "a whole number within 64 bits",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date such as 2026-01-31",
    "datetime": "a date and time such as 2026-01-31T12:00:00Z",
}
