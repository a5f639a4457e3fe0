"""Checks of outputs against the declarations of their actions."""

from collections.abc import Callable, Iterator, Mapping

from stroem.definitions.field import OutputField
from stroem.definitions.values import Json

_TYPES: Mapping[str, tuple[str, Callable[[Json], bool]]] = {
    "string": ("a string", lambda value: isinstance(value, str)),
    "integer": ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "number": ("a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "array": ("a list", lambda value: isinstance(value, list | tuple)),
    "object": ("a map", lambda value: isinstance(value, Mapping)),
}


def checked_output(fields: Mapping[str, OutputField], output: Json) -> tuple[Json, str | None]:
    """The output with the defaults of missing fields, and every mistake in it as one text; None without any."""
    if output is None or isinstance(output, Mapping):
        given = output or {}
        defaults = {name: one.default for name, one in fields.items() if one.default is not None}
        if missing := {name: value for name, value in defaults.items() if given.get(name) is None}:
            output = {**given, **missing}
    return output, output_problem(fields, output)


def output_problem(fields: Mapping[str, OutputField], output: Json) -> str | None:
    """Every mistake of an output, in one text without its values; None if there is none.

    Keys that are not declared pass.
    """
    problems = list(_problems(fields, output))
    return f"The output is not as declared: {'; '.join(problems)}" if problems else None


def _problems(fields: Mapping[str, OutputField], output: Json) -> Iterator[str]:
    if output is not None and not isinstance(output, Mapping):
        yield "it must be a map"
        return
    given = output or {}
    for name, field in fields.items():
        value = given.get(name)
        if value is None:
            if field.required:
                yield f"{name} is missing"
            continue
        expected, fits = _TYPES[field.type]
        if not fits(value):
            yield f"{name} must be {expected}"
        elif field.options and value not in field.options:
            yield f"{name} must be one of {', '.join(map(str, field.options))}"
