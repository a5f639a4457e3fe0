"""Redaction of chunks of log lines."""

import bisect
import functools
import itertools
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs
import orjson
import re2  # type: ignore[import-untyped]

from stroem.redaction.forms import SHORTEST
from stroem.redaction.redactor import MARKER, Redactor, search_options

_SEARCHES = 256
_PIECES = 4096
"""The most pieces to search at the borders of lines; pieces of the shortest secrets come first."""
_QUOTE = b'"'

Span = tuple[int, int]


class LogRedactor:
    """Redactor of JSONL records with `line` and `stream`. The number of lines never changes.

    A secret spread over two records of one stream is replaced in both. At the borders of a chunk, where the other
    record is unknown, the beginning or the end of a secret is replaced if it has at least four characters.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._search = _search_for(redactor.forms) if redactor.forms else None
        self._longest = max(map(len, redactor.forms), default=0)

    def may_find(self, data: bytes) -> bool:
        """Whether JSON may hold secrets: quick, and never wrongly False."""
        return self._redactor.knows_secrets if self._search is None else self._search.search(data) is not None

    def apply(self, data: bytes) -> bytes:
        """The chunk with the secrets in its lines replaced; lines without any keep their bytes."""
        if self._search is None:
            return self._with_borders(data) if self._redactor.knows_secrets else data
        found = [match.span() for match in self._search.finditer(data)]
        if not found:
            return data
        if any(data[start : start + 1] == _QUOTE or data[stop - 1 : stop] == _QUOTE for start, stop in found):
            return self._with_borders(data)
        lines = data.splitlines(keepends=True)
        ends = list(itertools.accumulate(map(len, lines)))
        for place in {bisect.bisect_right(ends, start) for start, _ in found}:
            record = _Record.of(lines[place])
            lines[place] = record.without(self._redactor.places(record.text))
        return b"".join(lines)

    def _with_borders(self, data: bytes) -> bytes:
        records = [_Record.of(line) for line in data.splitlines(keepends=True)]
        spans = [self._redactor.places(record.text) for record in records]
        streams: defaultdict[object, list[int]] = defaultdict(list)
        for place, record in enumerate(records):
            streams[record.stream].append(place)
        for places in streams.values():
            spans[places[0]] += self._head(records[places[0]].text)
            spans[places[-1]] += self._tail(records[places[-1]].text)
            for before, behind in itertools.pairwise(places):
                end, start = self._shared(records[before].text, records[behind].text)
                spans[before] += end
                spans[behind] += start
        return b"".join(record.without(own) for record, own in zip(records, spans, strict=True))

    def _shared(self, before: str, behind: str) -> tuple[list[Span], list[Span]]:
        """The parts of secrets that begin in one text and end in the next."""
        kept = before[max(len(before) - self._longest, 0) :]
        skipped = len(before) - len(kept)
        across = [
            (start, stop)
            for start, stop in self._redactor.places(kept + behind[: self._longest])
            if start < len(kept) < stop
        ]
        return (
            [(skipped + start, len(before)) for start, _ in across],
            [(0, stop - len(kept)) for _, stop in across],
        )

    def _head(self, text: str) -> Iterator[Span]:
        for size in range(min(len(text), self._longest - 1), SHORTEST - 1, -1):
            if any(len(form) > size and form.endswith(text[:size]) for form in self._redactor.forms):
                yield (0, size)
                return

    def _tail(self, text: str) -> Iterator[Span]:
        for size in range(min(len(text), self._longest - 1), SHORTEST - 1, -1):
            if any(len(form) > size and form.startswith(text[-size:]) for form in self._redactor.forms):
                yield (len(text) - size, len(text))
                return


@attrs.frozen
class _Record:
    """A line of a chunk; a line outside the protocol is text as a whole."""

    raw: bytes
    text: str
    fields: dict[str, Any] | None

    @classmethod
    def of(cls, raw: bytes) -> "_Record":
        try:
            fields = orjson.loads(raw)
            if isinstance(fields["line"], str):
                return cls(raw, fields["line"], fields)
        except (orjson.JSONDecodeError, KeyError, TypeError):
            pass
        return cls(raw, raw.decode(errors="replace"), None)

    @property
    def stream(self) -> object:
        return None if self.fields is None else str(self.fields.get("stream"))

    def without(self, spans: Iterable[Span]) -> bytes:
        """The record with the marker in the place of these parts of its text."""
        parts, end = [], 0
        for start, stop in sorted(spans):
            if start >= end:
                parts += [self.text[end:start], MARKER]
            end = max(end, stop)
        if not parts:
            return self.raw
        text = "".join([*parts, self.text[end:]])
        if self.fields is None:
            return text.removesuffix("\n").encode() + b"\n"
        return orjson.dumps({**self.fields, "line": text}) + b"\n"


@functools.lru_cache(maxsize=_SEARCHES)
def _search_for(forms: tuple[str, ...]) -> Any:
    """A search in JSONL for all forms, and for pieces of four characters at borders of lines."""
    escaped = {spelled for form in forms for spelled in _as_json(form)}
    every = (form[at : at + SHORTEST] for form in reversed(forms) for at in range(len(form) - SHORTEST + 1))
    pieces = set(itertools.islice(every, _PIECES))
    at_borders = _any_of({spelled for piece in pieces for spelled in _as_json(piece)})
    options = search_options()
    options.encoding = re2.Options.Encoding.LATIN1
    pattern = f'{_any_of(escaped)}|"line": ?"{at_borders}|{at_borders}"'
    return re2.compile(pattern.encode(), options)


def _as_json(text: str) -> Sequence[str]:
    return (json.dumps(text)[1:-1], orjson.dumps(text.encode(errors="replace").decode()).decode()[1:-1])


def _any_of(texts: set[str]) -> str:
    return f"(?:{'|'.join(re2.escape(text) for text in sorted(texts, key=lambda text: (-len(text), text)))})"
