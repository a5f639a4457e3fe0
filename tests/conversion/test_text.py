"""Text from elsewhere never steers a terminal or adds a log line."""

import json

import pytest

from stroem.conversion.text import abridged, coloured_line, one_line, visible, visible_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain æøå 日本\ttab\nnext", "plain æøå 日本\ttab\nnext"),
        ("\x1b]52;c;ZWNobw==\x07", "\\x1b]52;c;ZWNobw==\\x07"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b2J", "\\x9b2J"),
        ("a\u202eb", "a\\u202eb"),
        ("a\rb\x08", "a\\x0db\\x08"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
    ],
)
def test_what_steers_a_terminal_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_colours_stay_where_they_are_wanted_and_other_sequences_do_not() -> None:
    assert visible("\x1b[1;31mred\x1b[0m \x1b[2J", colours=True) == "\x1b[1;31mred\x1b[0m \\x1b[2J"


def test_one_line_stays_one_line() -> None:
    assert one_line("a\nb\tc\r\x1b[31m") == "a\\nb\\tc\\x0d\\x1b[31m"


def test_the_colours_of_a_line_end_with_it() -> None:
    assert coloured_line("plain\r") == "plain"
    assert coloured_line("\x1b[31mred") == "\x1b[31mred\x1b[0m"
    assert coloured_line("\x1b[31mred\x1b[0m\x07") == "\x1b[31mred\x1b[0m\\x07\x1b[0m"


@pytest.mark.parametrize("text", ["\x7f\x9b2J", "\u202e", "\U000e0041", "\ud800", "æ日😀", "\n\t\x1b"])
def test_json_holds_only_escapes_of_what_steers_a_terminal(text: str) -> None:
    written = visible_json({text: [text]})
    assert visible(written) == written
    assert json.loads(written) == {text: [text]}
    assert visible_json("æ日😀") == '"æ日😀"'


def test_an_abridged_text_says_what_is_missing() -> None:
    assert abridged("0123456789", 10) == "0123456789"
    assert abridged("0123456789A", 4) == "01\n… 7 characters are left out …\n9A"
