"""The file `$STROEM_OUTPUT`, in which a step leaves its output."""

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stroem.conversion.json_value import NotJson, NotKept, encode, read_json, too_large
from stroem.definitions.field import OutputField

NAME = "stroem-output"
"""The name of the file in the step's directory for temporary files."""
_OPENED = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_SHOWN = 40
_decoder = json.JSONDecoder(parse_int=str)  # Python refuses to convert thousands of digits


class OutputFaulty(Exception):
    """The output cannot be kept. The message is for the user."""


def read_file(path: Path, fields: Mapping[str, OutputField], most: int) -> dict[str, Any]:
    """The keys in the file; none if it is absent or empty. Removes the file.

    A text of a declared field that is no text is read as JSON, where it is JSON. Raises OutputFaulty for a file of
    more than `most` bytes, with a mistake, or that is no regular file: the step might have made a link of it.
    """
    try:
        data = _content(path, most)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise OutputFaulty(f"$STROEM_OUTPUT cannot be read: {error.strerror}") from error
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise OutputFaulty(f"$STROEM_OUTPUT, line {line}: it is not UTF-8") from None
    return {key: _typed(value, fields.get(key)) for key, value in _entries(text)}


def merged(printed: bytes | None, written: Mapping[str, Any], most: int) -> bytes | None:
    """The output: what the step has printed, with the keys of the file over it. As compact JSON text.

    Raises OutputFaulty.
    """
    if not written:
        return printed
    value = None if printed is None else read_json(printed)
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise OutputFaulty("OUTPUT: is no map, and cannot have the keys of $STROEM_OUTPUT too; write one of both")
    try:
        text = encode({**value, **written})
    except NotKept as error:
        raise OutputFaulty(f"The output cannot be kept: {error}") from None
    if len(text) > most:
        raise OutputFaulty(too_large(len(text), most))
    return text


def _content(path: Path, most: int) -> bytes:
    descriptor = os.open(path, _OPENED)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
            raise OutputFaulty("$STROEM_OUTPUT must stay a file: it is a link, a folder or a pipe")
        if status.st_size > most:
            raise OutputFaulty(too_large(status.st_size, most))
        data = file.read(most + 1)
    path.unlink()
    return data


def _entries(text: str) -> Iterator[tuple[str, Any]]:
    """Keys and values, in their order: of JSON objects, of lines `key=value` and of blocks `key<<END`."""
    position, number = 0, 1
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end].removesuffix("\r")
        following, value = end + 1, None
        if line.lstrip().startswith("{"):
            value, following = _object(text, position + len(line) - len(line.lstrip()), number)
            yield from value.items()
        elif line.strip():
            key, separator, rest = _divided(line, number)
            if separator == "<<":
                rest, following = _block(text, following, key, rest.strip(), number)
            yield key, rest
        number += text.count("\n", position, following)
        position = following


def _divided(line: str, number: int) -> tuple[str, str, str]:
    """The key, the separator and the rest of a line."""
    found = min((at for separator in ("=", "<<") if (at := line.find(separator)) >= 0), default=-1)
    if found < 0:
        shown = line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
        raise _mistake(number, f"{shown!r} is neither JSON, nor `key=value`, nor `key<<END`")
    key = line[:found].strip()
    if not _KEY.fullmatch(key):
        raise _mistake(number, f"{key[:_SHOWN]!r} is no key: letters, digits, _, - and dots, a letter or _ first")
    separator = "<<" if line.startswith("<<", found) else "="
    return key, separator, line[found + len(separator) :]


def _block(text: str, start: int, key: str, delimiter: str, number: int) -> tuple[str, int]:
    """The lines up to the delimiter, and the position behind that."""
    if not delimiter:
        raise _mistake(number, f"{key}<< names no line at which the text ends: write {key}<<EOF")
    lines: list[str] = []
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end].removesuffix("\r")
        start = end + 1
        if line == delimiter:
            return "\n".join(lines), start
        lines.append(line)
    raise _mistake(number, f"the text of {key!r} that begins here has no line {delimiter[:_SHOWN]!r} at its end")


def _object(text: str, start: int, number: int) -> tuple[Mapping[str, Any], int]:
    """The object that starts here, and the position of the line behind it."""
    try:
        _, end = _decoder.raw_decode(text, start)
        value = read_json(text[start:end].encode())
    except json.JSONDecodeError as error:
        raise _mistake(error.lineno, f"no valid JSON: {error.msg}") from None
    except (NotJson, RecursionError):
        raise _mistake(number, "no valid JSON") from None
    except NotKept as error:
        raise _mistake(number, f"it cannot be kept: {error}") from None
    rest, newline, _ = text[end:].partition("\n")
    if rest.strip():
        raise _mistake(text.count("\n", 0, end) + 1, f"{rest.strip()[:_SHOWN]!r} stands behind a JSON object")
    return value, end + len(rest) + len(newline)


def _mistake(number: int, text: str) -> OutputFaulty:
    return OutputFaulty(f"$STROEM_OUTPUT, line {number}: {text}")


def _typed(value: Any, field: OutputField | None) -> Any:
    if field is None or field.type == "string" or not isinstance(value, str):
        return value
    try:
        return read_json(value.encode())
    except (NotJson, NotKept):
        return value  # it does not fit: the server tells, with all that is wrong with the output
