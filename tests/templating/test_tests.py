"""Each test, with the values of Tera's documentation."""

import pytest

from stroem.errors import TemplateFailed
from stroem.templating.filters.tests import TESTS
from stroem.templating.template import render

CASES = [
    (1, "defined", True),
    (None, "defined", True),
    (1, "undefined", False),
    (None, "none", True),
    (0, "none", False),
    (3, "odd", True),
    (4, "odd", False),
    (-3, "odd", True),
    (2.5, "odd", True),
    (4, "even", True),
    (3, "even", False),
    ("x", "string", True),
    (1, "string", False),
    (1, "number", True),
    (1.5, "number", True),
    (True, "number", False),
    ("1", "number", False),
    (4.0, "divisibleby(2.0)", True),
    (1.0, "divisibleby(2)", False),
    (4.0, "divisibleby(2.1)", False),
    (10, "divisibleby(0)", False),
    ([], "iterable", True),
    ({}, "iterable", True),
    ("ab", "iterable", False),
    ({}, "object", True),
    ([], "object", False),
    ("helloworld", "starting_with('hello')", True),
    ("hello", "starting_with('hi')", False),
    ("helloworld", "ending_with('world')", True),
    ("hello", "ending_with('hi')", False),
    ("hello world", "containing('hel')", True),
    ("hello world", "containing('hol')", False),
    ([1, 2, 3], "containing(3)", True),
    ([1, 2, 3], "containing(4)", False),
    ([1], "containing(true)", False),
    ({"hey": 1}, "containing('hey')", True),
    ({"hey": 1}, "containing('ho')", False),
    ("abc", "matching('b')", True),
    ("abc", "matching('^b$')", False),
    ("Hello, World!", r"matching('(?i)(hello\W\sworld\W)')", True),
    ("The date was 2018-06-28", r"matching('\d{4}-\d{2}-\d{2}$')", True),
]


@pytest.mark.parametrize(("value", "use", "expected"), CASES, ids=[f"{case[0]}-{case[1]}" for case in CASES])
def test_test(value: object, use: str, expected: bool) -> None:
    assert render(f"{{{{ v is {use} }}}}", {"v": value}) is expected
    assert render(f"{{{{ v is not {use} }}}}", {"v": value}) is not expected


def test_every_test_is_in_the_table() -> None:
    assert set(TESTS) == {use.split("(")[0] for _, use, _ in CASES}


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        ("odd", "the test `odd`: the value must be a number, not a text"),
        ("matching('(')", "no valid regular expression"),
        ("matching('(?=a)')", "no valid regular expression"),
        ("containing(1)", "a text can only contain a text, not a number"),
    ],
)
def test_what_a_test_cannot_take(use: str, reason: str) -> None:
    with pytest.raises(TemplateFailed) as caught:
        render(f"{{{{ v is {use} }}}}", {"v": "x"})
    assert reason in str(caught.value)


@pytest.mark.parametrize("name", sorted(set(TESTS) - {"defined", "undefined"}))
def test_no_other_test_takes_what_is_missing(name: str) -> None:
    argument = "(1)" if name in {"containing", "divisibleby", "ending_with", "matching", "starting_with"} else ""
    with pytest.raises(TemplateFailed, match="`nope` is not defined"):
        render(f"{{{{ nope is {name}{argument} }}}}", {})
