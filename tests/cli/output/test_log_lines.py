"""Lines of a log, as a person reads them."""

from stroem.cli.output.log_lines import LinePainter

LINES = (
    '{"ts":"2026-01-01T00:00:00.000000Z","stream":"stdout","step":"a","line":"one"}\n'
    '{"ts":"2026-01-01T00:00:00.000000Z","stream":"stderr","step":"longer","line":"two\\u2028still two"}\n'
    '{"ts":"2026-01-01T00:00:00.000000Z","stream":"stdout","step":"a","line":""}\n'
)


def test_plain_lines_are_step_and_text_in_columns() -> None:
    assert LinePainter(colour=False).paint(LINES) == "a | one\nlonger | two\\u2028still two\na      | \n"


def test_a_step_keeps_its_colour() -> None:
    painted = LinePainter(colour=True).paint(LINES).split("\n")
    assert painted[0].startswith("\x1b[36ma\x1b[0m |")
    assert painted[1].startswith("\x1b[32mlonger\x1b[0m \x1b[31m|\x1b[0m")
    assert painted[2].startswith("\x1b[36ma ")


def test_what_is_no_json_is_shown_as_it_is() -> None:
    assert LinePainter(colour=False).paint("plain words\n[1]\n") == " | plain words\n | [1]\n"
