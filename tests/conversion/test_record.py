"""Plain values to attrs classes: values of several types, bounds, and keys with Python's keywords as names."""

from typing import Annotated, Any, Literal

import attrs
import pytest

from stroem.conversion.constraints import Range, Seconds
from stroem.conversion.mistake import Mistakes
from stroem.conversion.record import Record
from stroem.conversion.scalars import WRONG
from stroem.definitions.values import Json


@attrs.frozen(kw_only=True)
class Port:
    number: int


@attrs.frozen(kw_only=True)
class Either:
    """One field for each pair of types."""

    text_or_texts: str | tuple[str, ...] | None = None
    number_or_text: int | str | None = None
    flag_or_port: bool | Port | None = None
    texts_or_share: tuple[str, ...] | float | None = None
    word_or_words: Literal["all", "any"] | dict[str, int] | None = None
    time_or_times: Seconds | tuple[Seconds, ...] | None = None
    few: Annotated[int, Range(at_least=1, at_most=3)] | None = None
    few_or_flag: Annotated[int, Range(at_least=1, at_most=3)] | bool = False


CONVERT = Record(Either)


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("text_or_texts", "a", "a"),
        ("text_or_texts", ["a", "b"], ("a", "b")),
        ("number_or_text", 5, 5),
        ("number_or_text", "5", "5"),
        ("flag_or_port", False, False),
        ("flag_or_port", {"number": 1}, Port(number=1)),
        ("texts_or_share", 0.5, 0.5),
        ("texts_or_share", 2, 2.0),
        ("texts_or_share", ["a"], ("a",)),
        ("word_or_words", "any", "any"),
        ("word_or_words", {"a": 1}, {"a": 1}),
        ("time_or_times", "1m30s", 90),
        ("time_or_times", 90, 90),
        ("time_or_times", ["1m", 5], (60, 5)),
        ("few", 3, 3),
        ("few_or_flag", True, True),
        ("few_or_flag", 2, 2),
    ],
)
def test_the_kind_of_a_value_chooses_among_types(key: str, value: Any, found: Any) -> None:
    mistakes = Mistakes()
    assert getattr(CONVERT({key: value}, (), mistakes), key) == found
    assert mistakes == []


@pytest.mark.parametrize(
    ("key", "value", "path", "code", "message"),
    [
        ("text_or_texts", {"a": 1}, (), "wrong-type", "expected text, found a mapping"),
        ("text_or_texts", ["a", ["b"]], (1,), "wrong-type", "expected text, found a list"),
        ("number_or_text", ["a"], (), "wrong-type", "expected text, found a list"),
        ("flag_or_port", "yes", (), "wrong-type", "expected true or false, found text"),
        ("flag_or_port", {"nmber": 1}, ("nmber",), "unknown-key", "unknown key 'nmber'"),
        ("texts_or_share", "a", (), "wrong-type", "expected a list, found text"),
        ("word_or_words", "one", (), "unknown-value", "'one'"),
        ("word_or_words", {"a": "b"}, ("a",), "wrong-type", "expected an integer, found text"),
        ("time_or_times", ["1m", "soon"], (1,), "invalid-duration", "'soon' is no length of time"),
        ("few_or_flag", 4, (), "out-of-range", "4 is out of range"),
        ("few_or_flag", "4", (), "wrong-type", "expected an integer, found text"),
    ],
)
def test_a_mistake_names_the_type_that_the_value_is_nearest_to(
    key: str, value: Any, path: tuple[str | int, ...], code: str, message: str
) -> None:
    mistakes = Mistakes()
    CONVERT({key: value}, ("a",), mistakes)
    mistake = mistakes[0]
    assert (mistake.code, mistake.path) == (code, ("a", key, *path))
    assert message in mistake.message


@attrs.frozen(kw_only=True)
class Keyword:
    from_: str
    is_: Json = "none"


def test_a_field_named_like_a_keyword_has_the_key_without_its_underscore() -> None:
    mistakes = Mistakes()
    convert = Record(Keyword)
    assert convert({"from": "a", "is": None}, (), mistakes) == Keyword(from_="a", is_=None)
    assert mistakes == []
    assert convert({"is": 1}, ("a",), mistakes) is WRONG
    assert [(one.code, one.message) for one in mistakes] == [("missing-key", "'from' is missing")]
