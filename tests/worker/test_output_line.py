"""`OUTPUT: {json}` sets a step's output."""

import pytest

from stroem.worker.output_line import OutputFinder


def find(*parts: bytes) -> bytes | None:
    finder = OutputFinder()
    for part in parts:
        finder.feed(part)
    finder.finish()
    return finder.value


@pytest.mark.parametrize(
    ("parts", "value"),
    [
        ([b'OUTPUT: {"a": 1}\n'], b'{"a": 1}'),
        ([b"OUTPUT:[1,2]\n"], b"[1,2]"),
        ([b"OUTPUT: null\n"], b"null"),
        ([b'OUTPUT: "no end"'], b'"no end"'),
        ([b"OUTPUT: 1\nOUTPUT: 2\nOUTPUT: {broken\n"], b"2"),
        ([b"OUTPUT: 1\n", b"other\n", b"OUTPUT: x\n"], b"1"),
        ([b"x\nOUT", b"PUT: tr", b"ue\nmore"], b"true"),
        ([b" OUTPUT: 1\n"], None),
        ([b"say OUTPUT: 1\n"], None),
        ([b"say", b"OUTPUT: 1\n"], None),
        ([b"output: 1\n"], None),
        ([b"OUTPUT: 1\r\n"], b"1"),
        ([b'OUTPUT: "\xff"\n'], '"�"'.encode()),
        ([b"OUTPUT: 123456789012345678901234567890\n"], b"123456789012345678901234567890"),
        ([], None),
    ],
)
def test_values(parts: list[bytes], value: bytes | None) -> None:
    assert find(*parts) == value


def test_a_line_without_end_takes_no_memory() -> None:
    finder = OutputFinder()
    for _ in range(64):
        finder.feed(b"OUTPUT: " + b"x" * 65_536)
    assert len(finder._tail) < 2_000_000
    finder.feed(b"\nOUTPUT: 5\n")
    assert finder.value == b"5"
