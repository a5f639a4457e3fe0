"""The file `$STROEM_OUTPUT`: JSON, lines and blocks, merged with what was printed."""

import os
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.definitions.field import OutputField
from stroem.worker.steps.output_file import OutputFaulty, merged, read_file

MOST = 10_000
KEYS = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_.-]*\Z", fullmatch=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"))


def read(tmp_path: Path, text: str | bytes, **fields: str) -> dict[str, Any]:
    file = tmp_path / "output"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    declared = {name: OutputField(type=kind) for name, kind in fields.items()}
    found = read_file(file, declared, MOST)
    assert not file.exists()
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("\n \n", {}),
        ("a=1\nb=x=y \n", {"a": "1", "b": "x=y "}),
        ("a=1\r\nb=\r\n", {"a": "1", "b": ""}),
        ("a=1\na=2", {"a": "2"}),
        ('{"a": 1, "b": [2]}', {"a": 1, "b": [2]}),
        ('{"a": 1}\n{"b": 2}\n', {"a": 1, "b": 2}),
        ('{\n  "a": {\n    "b": 1\n  }\n}\nc=3\n', {"a": {"b": 1}, "c": "3"}),
        ("text<<EOF\none\n\ntwo=2\nEOF\nn=1\n", {"text": "one\n\ntwo=2", "n": "1"}),
        ("text<<EOF\nEOF\n", {"text": ""}),
        ("text<<EOF\r\none\r\nEOF\r\n", {"text": "one"}),
        ("a<<E\n{\nE\nb=a<<b", {"a": "{", "b": "a<<b"}),
        ("grüße=1".replace("ü", "u").replace("ß", "ss"), {"grusse": "1"}),
    ],
)
def test_what_may_stand_in_the_file(tmp_path: Path, text: str, found: dict[str, Any]) -> None:
    assert read(tmp_path, text) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a=1\nnothing\n", "line 2: 'nothing' is neither JSON, nor `key=value`, nor `key<<END`"),
        ("a=1\n\n1a=2\n", "line 3: '1a' is no key"),
        ("a b=2", "line 1: 'a b' is no key"),
        ("a=1\nb<<EOF\nx\ny\n", "line 2: the text of 'b' that begins here has no line 'EOF'"),
        ("b<<\nx", "line 1: b<< names no line"),
        ('a=1\n{"b": }\n', "line 2: no valid JSON"),
        ('a=1\n{\n"b":\n2,,\n}\n', "line 4: no valid JSON"),
        ('{"a": 1} b\n', "line 1: 'b' stands behind a JSON object"),
        ("[1]", "line 1: '[1]' is neither"),
        (b"a=1\nb=\xff\n", "line 2: it is not UTF-8"),
        ('{"a": 123456789012345678901234567890}', "line 1: it cannot be kept"),
        ("{" * 5000, "line 1: no valid JSON"),
    ],
)
def test_a_mistake_tells_its_line(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(OutputFaulty) as raised:
        read(tmp_path, text)
    assert message in str(raised.value)
    assert str(raised.value).startswith("$STROEM_OUTPUT, line ")


def test_texts_of_declared_fields_become_their_types(tmp_path: Path) -> None:
    text = 'n=3\nok=true\nlist=[1, 2]\nversion=1.10\nwrong=x\nmap={"a": 1}\nplain=5\n'
    kinds = {"n": "integer", "ok": "boolean", "list": "array", "version": "string", "wrong": "number", "map": "object"}
    assert read(tmp_path, text, **kinds) == {
        "n": 3,
        "ok": True,
        "list": [1, 2],
        "version": "1.10",
        "wrong": "x",
        "map": {"a": 1},
        "plain": "5",
    }


def test_no_file_is_no_output(tmp_path: Path) -> None:
    assert read_file(tmp_path / "output", {}, MOST) == {}


def test_what_is_no_file_of_the_step_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a=1")
    (tmp_path / "link").symlink_to(secret)
    (tmp_path / "hard").hardlink_to(secret)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("link", "hard", "pipe", "folder"):
        with pytest.raises(OutputFaulty, match="STROEM_OUTPUT"):
            read_file(tmp_path / name, {}, MOST)
    assert secret.read_text() == "a=1"


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(OutputFaulty, match="The output has 10,001 bytes"):
        read(tmp_path, "a=" + "x" * (MOST - 1))


@pytest.mark.parametrize(
    ("printed", "written", "value"),
    [
        (None, {}, None),
        (b"[1]", {}, [1]),
        (None, {"a": 1}, {"a": 1}),
        (b"null", {"a": 1}, {"a": 1}),
        (b'{"a":1,"b":1}', {"b": 2}, {"a": 1, "b": 2}),
    ],
)
def test_the_file_goes_over_what_was_printed(printed: bytes | None, written: dict[str, Any], value: Any) -> None:
    found = merged(printed, written, MOST)
    assert (None if found is None else orjson.loads(found)) == value


@pytest.mark.parametrize(
    ("printed", "written", "message"),
    [
        (b"[1]", {"a": 1}, "OUTPUT: is no map"),
        (b'{"b":"' + b"x" * 9_990 + b'"}', {"a": "y" * 20}, "The output has 10,0"),
        (None, {"a": "\0"}, "cannot be kept"),
    ],
)
def test_outputs_that_cannot_be_merged(printed: bytes | None, written: dict[str, Any], message: str) -> None:
    with pytest.raises(OutputFaulty, match=message):
        merged(printed, written, MOST)


@given(st.dictionaries(KEYS, TEXTS.filter(lambda text: "EOF_" not in text)))
def test_any_text_survives_a_block(tmp_path_factory: pytest.TempPathFactory, values: dict[str, str]) -> None:
    text = "".join(f"{key}<<EOF_\n{value}\nEOF_\n" for key, value in values.items())
    assert read(tmp_path_factory.mktemp("blocks"), text) == values
