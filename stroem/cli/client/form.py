"""Forms of approvals at the terminal: their fields, shown and asked for."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import click

from stroem.cli.client.task_input import typed_pairs
from stroem.cli.output.output import echo, one_line
from stroem.conversion.text import visible_json

Fields = Mapping[str, Mapping[str, Any]]


def at_terminal() -> bool:
    """True if a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def field_lines(fields: Fields) -> Iterator[str]:
    """One line for each field: its name, type, whether it is required, its options, default and description."""
    for name, field in _ordered(fields):
        told = ", ".join(_facts(field))
        description = f": {one_line(field['description'])}" if field.get("description") else ""
        yield f"{one_line(name)} ({told}){description}"


def ask_values(fields: Fields, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the fields that are not given, as typed at the terminal. Empty answers are left out."""
    values: dict[str, Any] = {}
    for line, (name, field) in zip(field_lines(fields), _ordered(fields), strict=True):
        if name in given:
            continue
        text = _asked(line, field)
        if text:
            texts = [one.strip() for one in text.split(",")] if field.get("multiple") else [text]
            values |= typed_pairs({name: texts}, fields)
    return values


def _asked(line: str, field: Mapping[str, Any]) -> str:
    """The answer; asked for again while a required field without a default has none."""
    is_needed = field.get("required") and field.get("default") is None
    while True:
        text: str = click.prompt(
            line, default="", show_default=False, hide_input=bool(field.get("secret")), err=True, prompt_suffix=" "
        )
        if text or not is_needed:
            return text
        echo("A value is required.", err=True)


def _facts(field: Mapping[str, Any]) -> Iterator[str]:
    yield f"list of {field['type']}, with commas" if field.get("multiple") else str(field["type"])
    if field.get("required"):
        yield "required"
    if field.get("secret"):
        yield "secret"
    if options := field.get("options"):
        kept = "or another value" if field.get("allow_custom") else ""
        yield f"one of {', '.join(one_line(str(one)) for one in options)}{' ' + kept if kept else ''}"
    if field.get("default") is not None:
        yield f"default {one_line(visible_json(field['default']))}"


def _ordered(fields: Fields) -> list[tuple[str, Mapping[str, Any]]]:
    return sorted(fields.items(), key=lambda item: (item[1].get("order") is None, item[1].get("order") or 0))
