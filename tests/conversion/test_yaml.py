"""YAML 1.2 core schema, and files that nobody should have to read."""

import math

import pytest

from stroem.conversion.yaml import MAX_BYTES, Reading, Unreadable, compose, plain_value, read_text, text_of
from tests.support.parsing import parse


def read(text: str) -> object:
    document = read_text(text)
    assert document.flaws == ()
    return document.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("12:30", "12:30"),
        ("2026-01-31", "2026-01-31"),
        ("1_000", "1_000"),
        ("0b1", "0b1"),
        ("true", True),
        ("False", False),
        ("tRue", "tRue"),
        ("~", None),
        ("Null", None),
        ("12", 12),
        ("+12", 12),
        ("-0", 0),
        ("010", 10),
        ("0o17", 15),
        ("0xfF", 255),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("-1.5E-2", -0.015),
        ("1.2.3", "1.2.3"),
        ("-", "-"),
        ("+", "+"),
        (".", "."),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_plain_scalars_follow_the_core_schema(text: str, value: object) -> None:
    result = plain_value(text)
    assert (result, type(result)) == (value, type(value))


@pytest.mark.parametrize("text", [".inf", "-.INF", ".nan", "1e999", "9" * 20, "-9999999999999999999", "9" * 5000])
def test_numbers_that_json_cannot_hold_are_mistakes(text: str) -> None:
    (problem,) = parse("a.yaml", f"secrets: {{a: {text}}}".encode()).problems
    assert (problem.code, problem.line, problem.column) == ("invalid-number", 1, 14)


def test_quoted_and_tagged_text_stays_text() -> None:
    assert read("['1', \"true\", !!str 12, !!int '3', | \n x]".replace("| \n x", "~")) == ["1", "true", "12", 3, None]


def test_keys_are_the_text_that_is_written() -> None:
    assert read("{1: a, on: b, null: c, 1.0: d}") == {"1": "a", "on": "b", "null": "c", "1.0": "d"}


def test_aliases_give_equal_values() -> None:
    assert read("{a: &x [1, 2], b: *x}") == {"a": [1, 2], "b": [1, 2]}


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert text_of("\ufeffa: 1".encode()) == "a: 1"


def test_floats_keep_their_value() -> None:
    value = plain_value("0.1")
    assert isinstance(value, float)
    assert math.isclose(value, 0.1)


def _bomb() -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    ("data", "code", "place"),
    [
        (b"tasks: \xff\xfe", "not-text", (1, 8)),
        (b"ok: 1\ntasks: \x00\x01\x02", "not-text", (2, 8)),
        (b"\x7fELF\x02\x01\x01" + bytes(500), "not-text", (1, 8)),
        (b"tasks: \x07", "not-text", (1, 8)),
        ("tasks: 1".encode("utf-16"), "not-text", (1, 1)),
        (b"a" * (MAX_BYTES + 1), "too-large", (1, 1)),
        (b"[" * 100_000, "too-deep", (1, 1)),
        (b"- " * 100_000 + b"x", "too-deep", (1, 1)),
        (b"{a: " * 100_000, "too-deep", (1, 1)),
        (b"secrets: &a [*a]", "too-deep", (1, 10)),
        (b"a: 1\n---\nb: 2\n", "yaml-syntax", (2, 1)),
        (b"a: *nothing", "yaml-syntax", (1, 4)),
        (b"a: b: c", "yaml-syntax", (1, 5)),
        (b"a:\n\t- b", "yaml-syntax", (2, 1)),
        (b"a: 'open", "yaml-syntax", (1, 9)),
    ],
)
def test_a_file_that_cannot_be_read_is_one_problem(data: bytes, code: str, place: tuple[int, int]) -> None:
    file = parse("a.yaml", data)
    (problem,) = file.problems
    assert file.definitions is None
    assert (problem.code, (problem.line, problem.column)) == (code, place)


def test_aliases_cannot_grow_without_bound() -> None:
    root = compose(_bomb().decode())
    assert root is not None
    with pytest.raises(Unreadable) as raised:
        Reading().value(root, ())
    assert raised.value.code == "too-many-values"


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "hint"),
    [
        ("secrets:\n  a: 1\n  b: 2\n  a: 3\n", "duplicate-key", 4, 3, "remove one of them"),
        ("secrets:\n  a: &x {b: c}\n  d:\n    <<: *x\n", "merge-key", 4, 5, "repeat the keys"),
        ("secrets: {a: !!binary aGk=}", "unknown-tag", 1, 14, "remove it"),
        ("secrets: {a: !vault x}", "unknown-tag", 1, 14, "remove it"),
        ('secrets: {a: "x\\0"}', "invalid-text", 1, 14, None),
        ("secrets:\n  a: {{ input.x }}\n", "invalid-key", 2, 7, 'put a value that begins with "{{" in quotes'),
    ],
)
def test_flaws_of_the_yaml_itself(text: str, code: str, line: int, column: int, hint: str | None) -> None:
    (problem,) = parse("a.yaml", text.encode()).problems
    assert (problem.code, problem.line, problem.column, problem.hint) == (code, line, column, hint)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a:\n\t- b", (2, 1)),
        ("a:\n\tb: c\n", (2, 1)),
        ("\tactions: {}\n", (1, 1)),
        ("a:\n  b: c\n\td: e\n", (3, 1)),
        ("a:\n  cmd: |\n      x\n\ty\n", (4, 1)),
        ("a:\n  - b\n  -\tc: d\n    e: f\n", (3, 4)),
        ("é: ü\r\na:\r\n\tb: c\r\n", (3, 1)),
    ],
)
def test_a_tab_is_named(text: str, place: tuple[int, int]) -> None:
    (problem,) = parse("a.yaml", text.encode()).problems
    assert ((problem.line, problem.column), problem.hint) == (place, "this is a tab: indent with blanks")


@pytest.mark.parametrize("text", ["x: @a", "x: `a`", "x: \t@a", "x: %a"])
def test_a_character_that_begins_no_text_is_put_in_quotes(text: str) -> None:
    (problem,) = parse("a.yaml", text.encode()).problems
    assert problem.hint == "put the text in quotes"
