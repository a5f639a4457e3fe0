"""Lines that set state, in output that is cut anywhere."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.worker.steps.state_parser import StateParser

OUTPUT = b"""before
STATE: {"a": 1, "b": {"x": 1}}
GLOBAL_STATE:{"g": true}
 STATE: {"a": "not at the start"}
STATE: {"b": {"y": 2}, "c": [1]}
MY_STATE: {"a": 2}
after
STATE: {"d": 4}"""


def parsed(pieces: list[bytes], most: int = 1000) -> tuple[StateParser, list[str]]:
    parser = StateParser(most)
    notes = [note for piece in pieces for note in parser.feed(piece)]
    return parser, [*notes, *parser.finish()]


@given(st.lists(st.integers(0, len(OUTPUT)), max_size=6))
def test_objects_are_merged_in_order_wherever_the_output_is_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(OUTPUT)]
    parser, notes = parsed([OUTPUT[start:end] for start, end in itertools.pairwise(places)])
    assert parser.task == {"a": 1, "b": {"y": 2}, "c": [1], "d": 4}
    assert parser.workspace == {"g": True}
    assert (parser.fault, notes) == (None, [])


@pytest.mark.parametrize("line", [b"STATE: [1]", b"STATE: 1", b"STATE: {a}", b"GLOBAL_STATE: ", b"STATE: {}{}"])
def test_what_is_no_object_is_remarked_upon(line: bytes) -> None:
    parser, notes = parsed([b"STATE: {}\n", line])
    assert (parser.task, parser.workspace, parser.fault, len(notes)) == ({}, None, None, 1)
    assert "was not taken as state" in notes[0]


def test_too_much_state_is_a_fault() -> None:
    parser, _ = parsed([b'STATE: {"x": "%b"}\n' % (b"x" * 900), b'STATE: {"x": "%b"}\n' % (b"y" * 900)])
    assert parser.fault is None
    parser, _ = parsed([b'STATE: {"x": "%b"}\n' % (b"x" * 900), b'STATE: {"y": "%b"}\n' % (b"y" * 900)])
    assert parser.fault == "The state has 1,815 bytes of JSON; at most 1,000 are kept (limits.output)"


def test_a_line_without_an_end_is_bounded() -> None:
    pieces = [b"STATE: "] + [b"x" * 10_000] * 100
    parser, _ = parsed([*pieces, b'\nSTATE: {"a": 1}\n'])
    assert parser.fault is not None
    parser, notes = parsed([b"no state " * 10_000] * 100)
    assert (parser.fault, notes) == (None, [])


def test_a_value_that_is_not_kept_is_a_fault() -> None:
    parser, _ = parsed([b'STATE: {"n": 99999999999999999999}\n'])
    assert parser.fault is not None
    assert parser.fault.startswith("The state cannot be kept: n:")
