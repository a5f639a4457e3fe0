"""Parser of the lines `EVENT: {…}` and `OUTPUT: {…}` of a consumer."""

from typing import Any

from stroem.conversion.json_value import NotJson, NotKept, encode, read_json
from stroem.protocol.events import EVENT_BYTES, ID_CHARS, SourceEvent

EVENT = b"EVENT:"
OUTPUT = b"OUTPUT:"
TEXT_CHARS = 4096
"""The most characters that are kept of the text of an event that cannot start a job."""

_PREFIXES = (EVENT, OUTPUT)
_LINE_BYTES = EVENT_BYTES + 64 * 1024
_MOST_NOTES = 20


class EventParser:
    """Finds the events in the standard output of a consumer. Keeps at most one line in memory, cut to its limit.

    A line `EVENT: {"id": …, "data": {…}}` is one event, a line `OUTPUT: {…}` is another without an id. Such a line
    that is too long or unreadable is an event with a problem; other texts after `OUTPUT:` are none.
    """

    def __init__(self) -> None:
        self._line = bytearray()
        self._size = 0
        self._number = 0
        self._notes_left = _MOST_NOTES
        self._notes: list[str] = []

    def feed(self, data: bytes) -> list[SourceEvent]:
        """The events that the next bytes complete."""
        *lines, rest = data.split(b"\n")
        events = []
        for line in lines:
            self._grow(line)
            if (event := self._take()) is not None:
                events.append(event)
        self._grow(rest)
        return events

    def finish(self) -> list[SourceEvent]:
        """The event of a last line that has no line end."""
        event = self._take()
        return [] if event is None else [event]

    def take_notes(self) -> list[str]:
        """Notes on lines after `OUTPUT:` that are no events, since the last call."""
        notes, self._notes = self._notes, []
        return notes

    def _grow(self, data: bytes) -> None:
        self._size += len(data)
        if self._size == len(data) or _may_be_event(self._line):
            self._line += data[: max(0, _LINE_BYTES + 1 - len(self._line))]
            if not _may_be_event(self._line):
                self._line[:] = b"-"

    def _take(self) -> SourceEvent | None:
        line, size = bytes(self._line), self._size
        self._line.clear()
        self._size = 0
        prefix = next((one for one in _PREFIXES if line.startswith(one)), None)
        if prefix is None:
            return None
        text = line[len(prefix) :].strip()
        if size > _LINE_BYTES:
            return self._faulty(_too_large(size - len(prefix)), text, size)
        return self._event(text, size) if prefix == EVENT else self._output(text, size)

    def _event(self, text: bytes, size: int) -> SourceEvent:
        try:
            document = read_json(text)
            key, data = _id_and_data(document)
        except NotJson as error:
            return self._faulty(f"it is no valid JSON: {error}", text, size)
        except (NotKept, _Unreadable) as error:
            return self._faulty(str(error), text, size)
        if (count := len(encode(data))) > EVENT_BYTES:
            return self._faulty(_too_large(count), text, size, key)
        return self._numbered(id=key, data=data)

    def _output(self, text: bytes, size: int) -> SourceEvent | None:
        try:
            document = read_json(text)
        except NotJson as error:
            if text.startswith(b"{"):
                self._note(f"no valid JSON: {error}")
            return None
        except NotKept as error:
            return self._faulty(str(error), text, size)
        if not isinstance(document, dict):
            self._note("it is no JSON object")
            return None
        if (count := len(encode(document))) > EVENT_BYTES:
            return self._faulty(_too_large(count), text, size)
        return self._numbered(data=document)

    def _faulty(self, problem: str, text: bytes, size: int, key: str | None = None) -> SourceEvent:
        shown = text[: 4 * TEXT_CHARS].decode("utf-8", "replace").replace("\0", "\ufffd")[:TEXT_CHARS]
        return self._numbered(id=key, problem=problem, text=shown, size=size)

    def _numbered(self, **fields: Any) -> SourceEvent:
        self._number += 1
        return SourceEvent(number=self._number - 1, **fields)

    def _note(self, reason: str) -> None:
        if self._notes_left:
            self._notes_left -= 1
            self._notes.append(f"A line with OUTPUT: was not taken as an event: {reason}")


class _Unreadable(ValueError):
    """A line `EVENT:` whose JSON is no event. The message is the reason."""


def _may_be_event(line: bytearray) -> bool:
    return any(line.startswith(prefix) or prefix.startswith(line) for prefix in _PREFIXES)


def _id_and_data(document: object) -> tuple[str | None, dict[str, Any]]:
    if not isinstance(document, dict):
        raise _Unreadable('expected an object, as in EVENT: {"id": "…", "data": {…}}')
    key, data = document.get("id"), document.get("data", {})
    if isinstance(key, int) and not isinstance(key, bool):
        key = str(key)
    if key is not None and (not isinstance(key, str) or not 0 < len(key) <= ID_CHARS):
        raise _Unreadable(f"its `id` is no text of 1 to {ID_CHARS} characters and no whole number")
    if not isinstance(data, dict):
        raise _Unreadable("its `data` is no object")
    if unknown := sorted(set(document) - {"id", "data"}):
        raise _Unreadable(f"it has the key {unknown[0]!r}; only `id` and `data` are known")
    return key, data


def _too_large(size: int) -> str:
    return f"it has {size:,} bytes; an event has at most {EVENT_BYTES:,}"
