"""Fields of forms, shown and asked for at the terminal."""

from typing import Any

import click
import pytest
from click.testing import CliRunner

from stroem.cli.client.form import ask_values, field_lines

FIELDS: dict[str, dict[str, Any]] = {
    "note": {"type": "text", "description": "What to\ntell"},
    "percent": {"type": "integer", "required": True, "order": 1},
    "size": {"type": "string", "options": ["s", "m"], "allow_custom": True, "default": "s"},
    "regions": {"type": "string", "multiple": True},
    "pin": {"type": "string", "secret": True, "order": 2},
    "sure": {"type": "boolean"},
}


def asked(stdin: str, given: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The values that are typed, and what is shown."""
    found: dict[str, Any] = {}

    @click.command()
    def command() -> None:
        found.update(ask_values(FIELDS, given))

    result = CliRunner().invoke(command, input=stdin)
    assert result.exit_code == 0, result.output
    return found, result.output


def test_a_line_tells_what_a_field_takes() -> None:
    assert list(field_lines(FIELDS)) == [
        "percent (integer, required)",
        "pin (string, secret)",
        "note (text): What to tell",
        'size (string, one of s, m or another value, default "s")',
        "regions (list of string, with commas)",
        "sure (boolean)",
    ]


def test_values_are_typed_and_empty_ones_left_out() -> None:
    values, shown = asked("\n10\nhush\n\n\neu, us\nyes\n", {})
    assert values == {"percent": 10, "pin": "hush", "regions": ["eu", "us"], "sure": True}
    assert "A value is required." in shown
    assert "hush" not in shown


@pytest.mark.parametrize("given", [set(FIELDS)])
def test_what_is_given_is_not_asked_for(given: set[str]) -> None:
    assert asked("", dict.fromkeys(given)) == ({}, "")
