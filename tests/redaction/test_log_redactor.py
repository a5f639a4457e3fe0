"""Secrets are replaced in log lines, also where two lines or two chunks share one."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.redaction.log_redactor import LogRedactor
from stroem.redaction.redactor import Redactor, Withholder

SECRET = 'pa"ss\\wörd/é'


def chunk(*texts: str, streams: str = "o") -> bytes:
    """Records of lines; `streams` has an `o` or `e` for each, the last one repeated."""
    names = {"o": "stdout", "e": "stderr"}
    letters = streams + streams[-1] * len(texts)
    records = ({"ts": "t", "stream": names[letters[at]], "line": text} for at, text in enumerate(texts))
    return b"".join(orjson.dumps(record) + b"\n" for record in records)


def shown(data: bytes, *secrets: str) -> list[str]:
    redacted = LogRedactor(Redactor(secrets or [SECRET])).apply(data)
    return [orjson.loads(line)["line"] for line in redacted.splitlines()]


def test_lines_without_secrets_keep_their_bytes() -> None:
    data = b'{"line" : "a"}\n{"line": "nothing"}\n'
    assert LogRedactor(Redactor([SECRET])).apply(data) == data
    assert LogRedactor(Redactor()).apply(data) is data


@pytest.mark.parametrize("text", [SECRET, json.dumps(SECRET), json.dumps(json.dumps({"a": "b"})) + json.dumps(SECRET)])
def test_forms_are_replaced_in_lines(text: str) -> None:
    (line,) = shown(chunk(f"a {text}"))
    assert "••••••" in line
    assert "ss" not in line


def test_records_that_are_encoded_otherwise_are_searched_too() -> None:
    record = json.dumps({"stream": "stdout", "line": f"a {SECRET} b"}).encode() + b"\n"
    assert shown(record) == ["a •••••• b"]


def test_what_is_no_record_is_searched_too() -> None:
    assert LogRedactor(Redactor(["hunter22"])).apply(b'not hunter22\n{"line": "hunter22"}\n') == (
        'not ••••••\n{"line":"••••••"}\n'.encode()
    )


@pytest.mark.parametrize("at", range(1, 11))
def test_a_secret_that_two_lines_share_is_replaced_in_both(at: int) -> None:
    secret = "hunter22-xy"
    data = chunk(f"a {secret[:at]}", "other", f"{secret[at:]} b", streams="oeo")
    assert shown(data, secret) == ["a ••••••", "other", "•••••• b"]


@pytest.mark.parametrize("at", range(1, 11))
def test_of_a_secret_that_two_chunks_share_three_characters_show_at_most(at: int) -> None:
    secret = "hunter22-xy"
    before, behind = shown(chunk("x", f"a {secret[:at]}"), secret)[-1], shown(chunk(f"{secret[at:]} b", "y"), secret)[0]
    assert before == ("a ••••••" if at >= 4 else f"a {secret[:at]}")
    assert behind == ("•••••• b" if len(secret) - at >= 4 else f"{secret[at:]} b")


def test_lines_within_a_chunk_may_end_as_a_secret_begins() -> None:
    assert shown(chunk("x", "tests pass", "word", "y"), "password") == ["x", "tests ••••••", "••••••", "y"]
    assert shown(chunk("x", "tests pass", "wood", "y"), "password") == ["x", "tests pass", "wood", "y"]


def test_everything_is_withheld_line_by_line() -> None:
    assert LogRedactor(Withholder()).apply(chunk("a", "b")) == chunk("••••••", "••••••")


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=4, max_size=30),
    st.lists(st.text(st.characters(codec="utf-8"), max_size=30), min_size=1, max_size=5),
)
def test_no_line_shows_a_secret_and_none_is_lost(secret: str, texts: list[str]) -> None:
    lines = [f"{text}{secret}{text}" for text in texts]
    for data in (chunk(*lines), b"".join(json.dumps({"stream": "s", "line": line}).encode() + b"\n" for line in lines)):
        found = shown(data, secret)
        assert len(found) == len(lines)
        assert not [line for line in found if secret in line.replace("••••••", "")]
