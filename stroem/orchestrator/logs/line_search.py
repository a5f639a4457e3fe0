"""Search in the lines of a log, in linear time."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import re2  # type: ignore[import-untyped]

from stroem.errors import BadRequest

MOST_CHARS = 1000
"""The most characters of a text or pattern."""
_MEMORY = 8 * 1024 * 1024
_VERBATIM = re.compile(r"[A-Za-z0-9 _.,:;=(){}\[\]@#%+*!?|~^$-]+")
"""Texts that are written in JSON as they are."""
_AROUND = b'{"ts":"","stream":"stdout","stream":"stderr","step":"","line":""}'
"""Parts of every record, beside its values: texts in them would match each record as written."""


class LineSearch:
    """Search for a text or an RE2 pattern in the texts of JSONL records. No match extends over a line.

    Raises BadRequest for a pattern that is too long or invalid.
    """

    def __init__(self, text: str, *, is_regex: bool = False, has_case: bool = False, stream: str | None = None) -> None:
        if not 0 < len(text) <= MOST_CHARS:
            raise BadRequest(message=f"the text of a search must have 1 to {MOST_CHARS:,} characters")
        self._stream = stream
        self._pattern = _compiled(text if is_regex else re2.escape(text), has_case=has_case)
        is_verbatim = not is_regex and _VERBATIM.fullmatch(text) is not None
        self._matches_as_written = is_verbatim and self._pattern.search(_AROUND) is None

    def hits(self, data: bytes) -> Iterator[int]:
        """The indexes of the lines with a match, in order."""
        return self._among_records(data) if self._matches_as_written else self._among_texts(data)

    def _among_records(self, data: bytes) -> Iterator[int]:
        """Reads only the records that match as written."""
        for index, start, end in matching_lines(self._pattern, data):
            text, stream = line_of(data[start:end])
            if self._stream in (None, stream) and self._pattern.search(text.encode(errors="replace")):
                yield index

    def _among_texts(self, data: bytes) -> Iterator[int]:
        records = [line_of(line) for line in data.removesuffix(b"\n").split(b"\n")] if data else []
        texts = "\n".join(text.replace("\n", " ") for text, _ in records).encode(errors="replace")
        for index, _, _ in matching_lines(self._pattern, texts) if records else ():
            if self._stream in (None, records[index][1]):
                yield index


def line_of(record: bytes) -> tuple[str, str]:
    """Text and stream of a JSONL record; both are empty if it is none."""
    found = fields_of(record)
    return str(found.get("line", "")), str(found.get("stream", ""))


def fields_of(record: bytes) -> Mapping[str, Any]:
    """Fields of a JSONL record; none if it is no record."""
    try:
        found = orjson.loads(record)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def matching_lines(pattern: Any, data: bytes) -> Iterator[tuple[int, int, int]]:
    """Index, start and end of each line with a match."""
    index, counted, position = 0, 0, 0
    while position <= len(data) and (match := pattern.search(data, position)) is not None:
        start = data.rfind(b"\n", 0, match.start()) + 1
        end = data.find(b"\n", match.start())
        end = len(data) if end < 0 else end
        index, counted = index + data.count(b"\n", counted, start), start
        yield index, start, end
        position = end + 1


def _compiled(pattern: str, *, has_case: bool) -> Any:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    options.case_sensitive = has_case
    options.never_nl = True
    try:
        return re2.compile(b"(?m)" + pattern.encode(), options)
    except re2.error as error:
        message = error.args[0]
        raise BadRequest(message=f"no pattern: {message.decode() if isinstance(message, bytes) else message}") from None
    except UnicodeEncodeError:
        raise BadRequest(message="the text has half of a surrogate pair") from None
