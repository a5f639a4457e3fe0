"""Bytes become lines of a log."""

import datetime
import itertools
from collections.abc import Iterable

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.worker.steps.line_encoder import LINE_BYTES, PIECE_BYTES, LineEncoder, Piece


def encode(*parts: bytes) -> list[str]:
    encoder = LineEncoder("stdout", "step")
    pieces = [piece for part in parts for piece in encoder.feed(part)] + list(encoder.finish())
    for piece in pieces:
        assert piece.data.count(b"\n") == piece.lines
        assert len(piece.data) <= PIECE_BYTES
    return [orjson.loads(line)["line"] for piece in pieces for line in piece.data.splitlines()]


def test_a_line_has_its_keys_in_order_and_a_time() -> None:
    [piece] = LineEncoder("stderr", 'st"ep').feed(b'say "hi"\n')
    assert piece.data.endswith(b',"stream":"stderr","step":"st\\"ep","line":"say \\"hi\\""}\n')
    moment = orjson.loads(piece.data)["ts"]
    assert moment.endswith("Z")
    age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(moment)
    assert datetime.timedelta() <= age < datetime.timedelta(minutes=1)


@pytest.mark.parametrize(
    ("parts", "lines"),
    [
        ([b"a\nb\n"], ["a", "b"]),
        ([b"a", b"b\nc"], ["ab", "c"]),
        ([b"\n\n"], ["", ""]),
        ([b"a\r\nb\r", b"\nc\rd\n"], ["a", "b", "d"]),
        ([b"10%\r20%\r", b"30%\r\nok\n"], ["30%", "ok"]),
        ([b"10%\r", b"20%"], ["20%"]),
        ([b"\r10%\r20%\r\r", b"\r"], ["20%"]),
        ([b"kept\na\rb\r\nkept\n"], ["kept", "b", "kept"]),
        ([b"\xff\xfeok\n"], ["��ok"]),
        ([b"\xe2\x82", b"\xac\n"], ["€"]),
        ([b"nul\0\n"], ["nul\ufffd"]),
        ([b'","\n{"\n'], ['","', '{"']),
        ([], []),
    ],
)
def test_lines(parts: list[bytes], lines: list[str]) -> None:
    assert encode(*parts) == lines


@given(st.binary(max_size=200), st.lists(st.integers(0, 200)))
def test_cuts_change_nothing(data: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(data)]
    parts = [data[start:end] for start, end in itertools.pairwise(places)]
    assert encode(*parts) == encode(data)


def test_a_megabyte_is_one_line() -> None:
    assert encode(b"x" * LINE_BYTES + b"\n") == ["x" * LINE_BYTES]


def test_a_longer_line_becomes_several_and_loses_nothing() -> None:
    text = "é" * 1_300_000
    data = text.encode() + b"\nnext\n"
    *pieces, last = encode(*(data[start : start + 65_536] for start in range(0, len(data), 65_536)))
    assert last == "next"
    assert "".join(pieces) == text
    assert len(pieces) == 3


def test_a_line_of_escapes_fits_too() -> None:
    assert "".join(encode(b"\x01" * 500_000 + b"\n")) == "\x01" * 500_000


def test_very_many_lines_in_one_go() -> None:
    assert encode(b"\n" * 100_000) == [""] * 100_000


def lines_of(pieces: Iterable[Piece]) -> list[str]:
    return [orjson.loads(line)["line"] for piece in pieces for line in piece.data.splitlines()]


def test_a_line_without_an_end_is_shown_once() -> None:
    encoder = LineEncoder("stdout", "step")
    assert not encoder.partial
    assert lines_of(encoder.feed(b"whole\nWait")) == ["whole"]
    assert encoder.partial
    assert lines_of(encoder.show()) == ["Wait"]
    assert not encoder.partial
    assert lines_of(encoder.show()) == []
    assert lines_of(encoder.feed(b"\nnext\n\nend")) == ["next", ""]
    assert lines_of(encoder.show()) == ["end"]
    assert lines_of(encoder.feed(b"\r\n")) == []
    assert lines_of(encoder.feed(b"\n")) == [""]
    assert lines_of(encoder.finish()) == []


def test_what_follows_a_shown_beginning_is_a_line_of_its_own() -> None:
    encoder = LineEncoder("stdout", "step")
    assert lines_of(encoder.feed(b"Copying...")) == []
    assert lines_of(encoder.show()) == ["Copying..."]
    assert lines_of(encoder.feed(b" done\n")) == [" done"]


def test_progress_shows_its_last_state() -> None:
    encoder = LineEncoder("stdout", "step")
    for percent in range(50):
        assert lines_of(encoder.feed(b"\r%d%%" % percent)) == []
    assert encoder.rewrites
    assert lines_of(encoder.show()) == ["49%"]
    assert lines_of(encoder.feed(b"\r50%\r51%\n")) == ["51%"]
    assert not encoder.rewrites


def test_endless_progress_takes_no_memory() -> None:
    encoder = LineEncoder("stdout", "step")
    for _ in range(300):
        assert lines_of(encoder.feed(b"x" * 9_999 + b"\r" * 100)) == []
    assert lines_of(encoder.finish()) == ["x" * 9_999]


def test_half_a_character_waits_for_its_other_half() -> None:
    encoder = LineEncoder("stdout", "step")
    assert lines_of(encoder.feed("a€".encode()[:-1])) == []
    assert lines_of(encoder.show()) == ["a"]
    assert lines_of(encoder.show()) == []
    assert lines_of(encoder.feed("€".encode()[-1:] + b"b\n")) == ["€b"]
