"""Checks of the limits of input fields."""

from collections.abc import Iterator

from stroem.conversion.mistake import Mistake, Mistakes, invalid_value
from stroem.conversion.scalars import shown
from stroem.definitions.field import BOUNDED_TYPES, TEXT_TYPES, InputField
from stroem.definitions.values import Json, Path
from stroem.engine.values import field_values
from stroem.templating.budget import Budget
from stroem.templating.errors import Fault
from stroem.templating.filters.regex import pattern_problem
from stroem.templating.template import is_template

_BOUNDS = ("min", "max")
_LENGTHS = ("min_length", "max_length")
_ITEMS = ("min_items", "max_items")
EXAMPLES = {"date": "write it like 2026-01-31", "datetime": "write it like 2026-01-31T08:00:00Z"}


def check_limits(field: InputField, path: Path, mistakes: Mistakes) -> None:
    """Notes limits that are not for the type of the field, invalid ones, and those that no value meets."""
    mistakes.extend(_misplaced(field, path))
    if field.type in BOUNDED_TYPES:
        _check_bounds(field, path, mistakes)
    for least, most in (_LENGTHS, _ITEMS):
        low, high = getattr(field, least), getattr(field, most)
        if low is not None and high is not None and low > high:
            mistakes.append(invalid_value((*path, most), f"{most!r} {high} is less than {least!r} {low}"))
    if field.pattern is not None and field.type in TEXT_TYPES and (problem := pattern_problem(field.pattern)):
        hint = "the syntax is that of RE2: no lookaround, no references back, no repetition over 1000"
        mistakes.append(Mistake(code="invalid-value", message=problem, path=(*path, "pattern"), hint=hint))


def check_within_limits(field: InputField, value: Json, path: Path, mistakes: Mistakes) -> None:
    """Notes a value of the right type outside the limits of its field. Templates and invalid limits are left alone, and
    an empty text, which is no value for a field that is not required.

    A number for a text is left alone too: the text is as it is written in the file, which is not known here.
    """
    is_number = field.type in TEXT_TYPES and not isinstance(value, str)
    is_none = value == "" and not field.required
    if is_number or is_none or (isinstance(value, str) and is_template(value)) or not _is_valid(field):
        return
    try:
        for problem in field_values.limit_problems(field, field_values.typed(field.type, value), Budget()):
            mistakes.append(invalid_value(path, f"{'the value' if field.secret else shown(value)} {problem}"))
    except Fault:
        mistakes.append(invalid_value(path, "the value is too large to be checked"))


def _misplaced(field: InputField, path: Path) -> Iterator[Mistake]:
    is_text = field.type in TEXT_TYPES
    for keys, fits, hint in (
        (_BOUNDS, field.type in BOUNDED_TYPES, "write min_length or max_length" if is_text else None),
        (_LENGTHS, is_text, "write min or max" if field.type in BOUNDED_TYPES else None),
        (("pattern",), is_text, None),
        (_ITEMS, field.multiple, "add `multiple: true`"),
    ):
        for key in keys:
            if getattr(field, key) is not None and not fits:
                what = "a field without `multiple`" if keys is _ITEMS else f"the type {field.type}"
                message = f"{key!r} is not for {what}"
                yield Mistake(code="conflicting-keys", message=message, path=(*path, key), hint=hint, at_key=True)


def _check_bounds(field: InputField, path: Path, mistakes: Mistakes) -> None:
    given = {key: bound for key in _BOUNDS if (bound := getattr(field, key)) is not None}
    wrong = [key for key, bound in given.items() if not _is_bound(field.type, bound)]
    for key in wrong:
        message = f"{shown(given[key])} is no {field.type}"
        mistakes.append(Mistake(code="wrong-type", message=message, path=(*path, key), hint=EXAMPLES.get(field.type)))
    if len(given) == 2 and not wrong and field_values.is_before(field.type, field.max, field.min):
        mistakes.append(invalid_value((*path, "max"), f"'max' {field.max} is less than 'min' {field.min}"))


def _is_bound(kind: str, bound: Json) -> bool:
    try:
        field_values.typed(kind, bound)
    except ValueError:
        return False
    return True


def _is_valid(field: InputField) -> bool:
    """True if the limits are valid themselves, so that values can be compared with them."""
    bounds = (field.min, field.max) if field.type in BOUNDED_TYPES else ()
    is_pattern = field.pattern is None or pattern_problem(field.pattern) is None
    return is_pattern and all(bound is None or _is_bound(field.type, bound) for bound in bounds)
