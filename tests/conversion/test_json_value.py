"""Which JSON is kept, and how what is not is told."""

from typing import Any

import pytest

from stroem.conversion.json_value import NotJson, NotKept, encode, read_json


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    "text",
    [
        "null",
        '{"a": [1, -2.5, true, "\\n"]}',
        "9223372036854775807",
        "-9223372036854775808",
        "1e300",
        '"\\ud83d\\ude00"',
        '"\\\\u0000 and 12345678901234567890"',
        '"' + "{" * 500 + '"',
        deep(100),
    ],
)
def test_what_is_kept_comes_back_as_it_is(text: str) -> None:
    value = read_json(text.encode())
    assert read_json(encode(value)) == value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": ["x", "\\u0000"]}', "a[1]: holds the character NUL"),
        ('{"a": {"b\\u0000": 1}}', "a: has a key that holds the character NUL"),
        ('"\\ud800"', "holds half of a surrogate pair"),
        ('{"n": 9223372036854775808}', "n: is a whole number beyond 64 bits"),
        ('{"n": -9223372036854775809}', "n: is a whole number beyond 64 bits"),
        ("12345678901234567890123", "is a whole number beyond 64 bits"),
        ("9" * 5000, "is a whole number beyond 64 bits"),
        ("1e400", "is not a finite number"),
        ('{"a": ' + deep(100) + "}", "a[0][0]"),
        (deep(5000), "is nested more than 100 deep"),
    ],
)
def test_what_is_not_kept_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(NotKept) as caught:
        read_json(text.encode())
    assert str(caught.value).startswith(told)


def test_every_fault_is_told_up_to_a_bound() -> None:
    with pytest.raises(NotKept) as caught:
        read_json(b'{"a": "\\u0000", "b": [18446744073709551616]}')
    assert [fault.path for fault in caught.value.faults] == [("a",), ("b", 0)]
    with pytest.raises(NotKept) as caught:
        read_json(b"[" + b'"\\u0000",' * 100_000 + b"1]")
    assert len(caught.value.faults) == 20


@pytest.mark.parametrize("text", ["", "{", "NaN", "[Infinity]", "-Infinity", "1 2", "tru", '{"a" 1}'])
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(NotJson):
        read_json(text.encode())


def test_faults_at_spared_places_are_left() -> None:
    text = b'{"outcomes": [{"output": {"v": "\\u0000", "n": 99999999999999999999999, "f": 1e400}}], "a": [1]}'
    value = read_json(text, [("outcomes", "*", "output")])
    with pytest.raises(NotKept) as caught:
        encode(value["outcomes"][0]["output"])
    assert [fault.path for fault in caught.value.faults] == [("v",), ("n",), ("f",)]
    with pytest.raises(NotKept):
        read_json(text, [("outcomes", "*", "error")])


@pytest.mark.parametrize("value", [2**63, {"a": "\0"}, {"\0": 1}, ["\ud800"]])
def test_values_that_are_not_kept_are_not_encoded(value: Any) -> None:
    with pytest.raises(NotKept):
        encode(value)


def test_values_beyond_what_the_encoder_nests() -> None:
    value: list[Any] = []
    for _ in range(300):
        value = [value]
    with pytest.raises(NotKept):
        encode(value)
