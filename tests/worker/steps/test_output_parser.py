"""`OUTPUT: {json}` sets a step's output."""

import pytest

from stroem.worker.steps.output_parser import OutputParser

MOST = 1_000_000


def find(*parts: bytes, most: int = MOST) -> tuple[OutputParser, list[str]]:
    parser = OutputParser(most)
    notes = [note for part in parts for note in parser.feed(part)]
    return parser, [*notes, *parser.finish()]


@pytest.mark.parametrize(
    ("parts", "value"),
    [
        ([b'OUTPUT: {"a": 1}\n'], b'{"a":1}'),
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
        ([b"OUTPUT: 1\n" + b"x" * 70_000 + b"\nOUTPUT: 2\n" + b"y" * 70_000], b"2"),
        ([b"OUTPUT: [", *[b"1,"] * 300, b"1]\n"], b"[" + b"1," * 300 + b"1]"),
        ([], None),
    ],
)
def test_values(parts: list[bytes], value: bytes | None) -> None:
    assert find(*parts)[0].value == value


def test_bytes_that_come_one_by_one() -> None:
    text = b'50%\rnothing\n\nOUTPUT: {"a": [1, 2]}\r\nrest'
    parser, notes = find(*(text[at : at + 1] for at in range(len(text))))
    assert parser.value == b'{"a":[1,2]}'
    assert notes == []


@pytest.mark.parametrize("parts", [7, 5000, 1_000_000])
@pytest.mark.parametrize("size", [20_000, 200_000])
@pytest.mark.parametrize("after", [b"", b"\n", b"\nmore\n", b"\nOUTPUT: see above\n"])
def test_a_line_that_is_too_long_is_a_fault_and_no_earlier_output_counts(parts: int, size: int, after: bytes) -> None:
    text = b"OUTPUT: 1\nOUTPUT: " + b'"' + b"x" * size + b'"' + after
    parser, _ = find(*(text[at : at + parts] for at in range(0, len(text), parts)), most=10_000)
    assert parser.value is None
    assert parser.fault is not None
    assert parser.fault.startswith(f"The output has {size // 1000},00")


def test_the_largest_output() -> None:
    assert find(b"OUTPUT: " + b"1" * 18 + b"\n", most=19)[0].value == b"1" * 18
    assert find(b"OUTPUT: [" + b"1, " * 9 + b"1]\n", most=21)[0].fault is None
    assert find(b"OUTPUT:[" + b"1," * 9 + b"1]\n", most=20)[0].fault is not None


def test_a_later_output_takes_the_place_of_one_that_is_not_kept() -> None:
    parser, _ = find(b'OUTPUT: "\\u0000"\n', b"OUTPUT: 2\n")
    assert (parser.value, parser.fault) == (b"2", None)


@pytest.mark.parametrize(
    "text", [b'{"v": "\\u0000"}', b'{"\\u0000": 1}', b"12345678901234567890", b"1e400", b"[" * 101 + b"]" * 101]
)
def test_json_that_is_not_kept_is_a_fault(text: bytes) -> None:
    parser, _ = find(b"OUTPUT: 1\n", b"OUTPUT: " + text + b"\n")
    assert parser.value is None
    assert parser.fault is not None
    assert parser.fault.startswith("The output cannot be kept: ")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'50%\rOUTPUT: {"a": 1}', "a carriage return stands before OUTPUT:"),
        (b"\x1b[0mOUTPUT: 1", "a terminal escape stands before OUTPUT:"),
        (b"done\r\x1b[2KOUTPUT: 1", "a terminal escape stands before OUTPUT:"),
        (b"\xef\xbb\xbfOUTPUT: 1", "a byte order mark stands before OUTPUT:"),
        (b'OUTPUT: {"a": NaN}', "JSON has no NaN and no Infinity"),
        (b"OUTPUT: -Infinity", "JSON has no NaN and no Infinity"),
        (b"OUTPUT: {'a': 1}", "no valid JSON: "),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_line_that_is_not_taken_is_told_with_the_reason(line: bytes, reason: str, size: int) -> None:
    text = b"first\nOUTPUT: 1\n" + line + b"\nlast\n"
    parser, notes = find(*(text[at : at + size] for at in range(0, len(text), size)))
    assert parser.value == b"1"
    (note,) = notes
    assert reason in note


@pytest.mark.parametrize(
    "line", [b"OUTPUT: see below", b"say OUTPUT: 1", b" OUTPUT: 1", b"50%\r60%\rdone", b"\x1b[1mhi"]
)
def test_ordinary_lines_are_not_remarked_upon(line: bytes) -> None:
    assert find(line + b"\n")[1] == []


def test_remarks_do_not_flood_the_log() -> None:
    assert len(find(*[b"OUTPUT: {oops\n"] * 1000)[1]) == 20


def test_a_line_without_end_takes_no_memory() -> None:
    for begin in (b"OUTPUT: ", b"x", b"x\rOUTPUT: ", b"\x1b[0m"):
        parser = OutputParser(MOST)
        for _ in range(64):
            parser.feed(begin + b"x" * 65_536)
        assert sum(map(len, parser._tail)) < 2_000_000
        parser.feed(b"\nOUTPUT: 5\n")
        assert parser.value == b"5"
