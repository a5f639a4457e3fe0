"""Events in the output of a consumer."""

import orjson
import pytest

from stroem.protocol.events import EVENT_BYTES, SourceEvent
from stroem.worker.events.event_parser import EventParser


def parsed(text: bytes, size: int = 7) -> list[SourceEvent]:
    """The events of a text that comes in pieces of `size` bytes."""
    parser = EventParser()
    events = [event for at in range(0, len(text), size) for event in parser.feed(text[at : at + size])]
    return [*events, *parser.finish()]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_lines_with_events_are_found_wherever_they_are_cut(size: int) -> None:
    text = b'hello\nEVENT: {"id": "a", "data": {"n": 1}}\n\nOUTPUT:{"n": 2}\nE\nEVENT: {"id": 3}\nOUTPUT: {"n": 4}'
    assert parsed(text, size) == [
        SourceEvent(number=0, id="a", data={"n": 1}),
        SourceEvent(number=1, data={"n": 2}),
        SourceEvent(number=2, id="3"),
        SourceEvent(number=3, data={"n": 4}),
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"EVENT: nothing", "it is no valid JSON: "),
        (b"EVENT: [1]", "expected an object"),
        (b'EVENT: {"id": ""}', "its `id` is no text of 1 to 255 characters"),
        (b'EVENT: {"id": true}', "its `id` is no text of 1 to 255 characters"),
        (b'EVENT: {"data": [1]}', "its `data` is no object"),
        (b'EVENT: {"id": "a", "dta": {}}', "it has the key 'dta'"),
        (b'EVENT: {"id": "a", "data": {"x": "\\u0000"}}', "data.x: holds the character NUL"),
        (b'OUTPUT: {"x": 123456789012345678901234567890}', "beyond 64 bits"),
    ],
)
def test_an_event_that_cannot_be_read_keeps_its_text_and_the_reason(line: bytes, problem: str) -> None:
    before, event, after = parsed(b"OUTPUT: {}\n" + line + b"\nOUTPUT: {}\n")
    assert (before.number, event.number, after.number) == (0, 1, 2)
    assert event.problem is not None
    assert problem in event.problem
    assert event.text == line.partition(b":")[2].strip().decode()
    assert event.size == len(line)


@pytest.mark.parametrize("line", [b"OUTPUT: done", b"OUTPUT: 5", b"OUTPUT: {1", b" OUTPUT: {}", b"PUT: {}"])
def test_other_lines_are_no_events(line: bytes) -> None:
    assert parsed(line + b"\n") == []


def test_an_event_over_the_limit_is_cut_and_has_a_problem() -> None:
    most = orjson.dumps({"id": "most", "data": {"x": "x" * (EVENT_BYTES - 8)}})
    more = orjson.dumps({"id": "more", "data": {"x": "x" * (EVENT_BYTES - 7)}})
    far = orjson.dumps({"id": "far", "data": {"x": "x" * 4 * EVENT_BYTES}})
    fits, over, cut, after = parsed(b"".join(b"EVENT: " + line + b"\n" for line in (most, more, far, b"{}")), 65536)
    assert fits.problem is None
    assert over.id == "more"
    assert over.problem == "it has 262,145 bytes; an event has at most 262,144"
    assert cut.problem is not None
    assert len(cut.text) == 4096
    assert cut.size == len(far) + len(b"EVENT: ")
    assert after.problem is None


def test_no_more_than_a_line_is_kept_in_memory() -> None:
    parser = EventParser()
    for _ in range(100):
        parser.feed(b"EVENT: " + b"x" * 65536)
        parser.feed(b"\ny" + b"x" * 65536)
    assert len(parser._line) <= 1
