"""Paths of steps: each address has one path of its own, and is read from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.conversion.mistake import Mistakes
from stroem.dialects.names import check_name
from stroem.protocol.step_paths import PathPart, attempt_name, parse, path_of, split_attempt

ODD_NAMES = st.text(alphabet="ab.1 a2é-_:#", min_size=1, max_size=6)
NAMES = st.one_of(ODD_NAMES, st.text(min_size=1, max_size=8)).filter(lambda name: not set(name) & set("[]~"))
PARTS = st.builds(
    PathPart,
    name=NAMES,
    visit=st.integers(min_value=1, max_value=30),
    item=st.none() | st.integers(min_value=0, max_value=30),
)
ADDRESSES = st.lists(PARTS, min_size=1, max_size=4).map(tuple)
ATTEMPTS = st.integers(min_value=1, max_value=30)


@given(address=ADDRESSES)
def test_an_address_is_read_from_its_path(address: tuple[PathPart, ...]) -> None:
    assert parse(path_of(address)) == address


@given(one=ADDRESSES, other=ADDRESSES)
def test_different_addresses_have_different_paths(one: tuple[PathPart, ...], other: tuple[PathPart, ...]) -> None:
    assert (path_of(one) == path_of(other)) == (one == other)


@given(address=ADDRESSES, attempt=ATTEMPTS)
def test_an_attempt_is_read_from_its_name(address: tuple[PathPart, ...], attempt: int) -> None:
    assert split_attempt(attempt_name(path_of(address), attempt)) == (path_of(address), attempt)


@given(address=ADDRESSES, attempt=st.integers(min_value=2, max_value=30))
def test_the_name_of_a_further_attempt_is_no_path(address: tuple[PathPart, ...], attempt: int) -> None:
    with pytest.raises(ValueError, match="is not the path of a step"):
        parse(attempt_name(path_of(address), attempt))


@given(address=ADDRESSES, written=st.text(max_size=8) | ODD_NAMES | st.sampled_from(["a~2", "a[1]", "a~.b", "a~a2"]))
def test_no_written_name_equals_another_path(address: tuple[PathPart, ...], written: str) -> None:
    mistakes = Mistakes()
    check_name(written, ("tasks", "t", "flow", written), mistakes, step=True)
    if not mistakes:
        assert (path_of(address) == written) == (address == (PathPart(name=written),))
        assert split_attempt(written) == (written, 1)


@given(text=st.text(alphabet="a.~[]012", max_size=10))
def test_a_text_is_read_only_if_it_is_the_path_of_what_was_read(text: str) -> None:
    try:
        parts = parse(text)
    except ValueError:
        return
    assert path_of(parts) == text


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("build", [PathPart(name="build")]),
        ("build.x86", [PathPart(name="build.x86")]),
        ("check~2", [PathPart(name="check", visit=2)]),
        ("deploy[3].test", [PathPart(name="deploy", item=3), PathPart(name="test")]),
        ("deploy~2[0].a.b~10", [PathPart(name="deploy", visit=2, item=0), PathPart(name="a.b", visit=10)]),
        ("setup~.test", [PathPart(name="setup"), PathPart(name="test")]),
        ("check~2.test", [PathPart(name="check", visit=2), PathPart(name="test")]),
    ],
)
def test_paths_as_they_are_on_the_wire(path: str, parts: list[PathPart]) -> None:
    assert path_of(parts) == path
    assert parse(path) == tuple(parts)


@pytest.mark.parametrize(
    "text", ["", "a~1", "a~02", "a~", "a[", "a[1", "a[01]", "a[1]b", "[1]", "a[1].", "a~.", "a~a2"]
)
def test_texts_that_are_no_paths(text: str) -> None:
    with pytest.raises(ValueError, match="is not the path of a step"):
        parse(text)
