"""Search in the lines of JSONL."""

import json
from typing import Any

import orjson
import pytest

from stroem.errors import BadRequest
from stroem.orchestrator.logs.line_search import LineSearch
from stroem.orchestrator.logs.log_summaries import is_error


def records(*lines: str, stream: str = "stdout") -> bytes:
    return b"".join(
        orjson.dumps({"ts": "t", "stream": stream, "step": "timeout-step", "line": line}) + b"\n" for line in lines
    )


def found(text: str, *lines: str, **options: Any) -> list[int]:
    return list(LineSearch(text, **options).hits(records(*lines)))


def test_a_text_is_found_in_lines_and_not_in_the_names_around_them() -> None:
    lines = ("a Timeout", "none", "timeout and timeout", "stdout")
    assert found("timeout", *lines) == [0, 2]
    assert found("timeout", *lines, has_case=True) == [2]
    assert found("stdout", *lines) == [3]
    assert found("line", *lines) == []


@pytest.mark.parametrize("text", ['say "hi"', "a\\b", "a/b", "ÆØÅ", "tab\there", "<b>", "\x1b[31m", "日本"])
def test_texts_that_json_writes_otherwise(text: str) -> None:
    assert found(text, "no", f"with {text}!", text) == [1, 2]


def test_letters_of_other_scripts_without_case() -> None:
    assert found("æøå", "BLÅ ÆØÅ") == [0]
    assert found("æøå", "BLÅ ÆØÅ", has_case=True) == []


def test_signs_of_patterns_are_plain_in_a_text() -> None:
    assert found("a.c", "abc", "a.c") == [1]
    assert found("[0]", "0", "x[0]") == [1]


def test_patterns() -> None:
    lines = ("exit 137", "exit code", "", "at exit 1")
    assert found(r"^exit \d+$", *lines, is_regex=True) == [0]
    assert found(r"\d$", *lines, is_regex=True) == [0, 3]
    assert found(r"^$", *lines, is_regex=True) == [2]


@pytest.mark.parametrize("pattern", ["a\\s+b", "a[^x]b", "(?s)a.b", "a\\nb", "a\nb"])
def test_no_match_extends_over_a_line(pattern: str) -> None:
    assert found(pattern, "a", "b", is_regex=True) == []


def test_one_stream() -> None:
    data = records("x one") + records("x two", stream="stderr") + records("two", stream="stderr")
    assert list(LineSearch("x", stream="stderr").hits(data)) == [1]
    assert list(LineSearch("x|y", is_regex=True, stream="stderr").hits(data)) == [1]


def test_records_of_other_writers() -> None:
    spaced = json.dumps({"stream": "stdout", "line": "naïve timeout"}).encode() + b"\r\n"
    data = b"no json\n" + spaced + b"[]\n" + records("timeout", "naïve")
    assert list(LineSearch("timeout").hits(data)) == [1, 3]
    assert list(LineSearch("naïve").hits(data)) == [1, 4]


@pytest.mark.parametrize("text", ["", "(", "x" * 1001, "\ud800"])
def test_searches_that_are_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        LineSearch(text, is_regex=True)


@pytest.mark.parametrize(
    "text",
    [
        "error: no space", "\x1b[31merror\x1b[0m shard", "ValueError: x", "Traceback (most recent call last):",
        "FATAL  role", "java.lang.NullPointerException", "thread 'main' panicked at", "[ERROR] x",
    ],
)  # fmt: skip
def test_lines_of_errors(text: str) -> None:
    assert is_error(text)


@pytest.mark.parametrize("text", ["0 errors", "no error", "errors.py", "terror", "compiled without errors", "ok"])
def test_lines_of_no_error(text: str) -> None:
    assert not is_error(text)
