"""A file with events that the server does not have yet."""

import os
import struct
from collections.abc import Sequence
from pathlib import Path

import attrs
import orjson

from stroem.conversion.unstructure import encode
from stroem.definitions.values import Json
from stroem.protocol.events import EventWriter
from stroem.protocol.reading import MessageUnreadable, read

READ_BYTES = 512 * 1024
COMPACT_BYTES = 1024 * 1024
"""The size of delivered events at which they are removed from the file."""

_PLACE = struct.Struct("<Q")


@attrs.frozen(kw_only=True)
class OutboxHead:
    """The writer of the events, and their trigger. `base` is the number of bytes of removed events.

    The server takes batches of `batch_events` events; one that takes none gets each event alone, over
    `input_defaults`.
    """

    writer: EventWriter
    workspace: str
    source_id: str
    target_task: str
    input_defaults: dict[str, Json] = attrs.Factory(dict)
    batch_events: int | None = None
    base: int = 0


class OutboxUnreadable(Exception):
    """A file that is no outbox."""


class OutboxFile:
    """A queue of events on disk, one JSON text in each line after the head.

    The place of the first event that is not delivered is in a file beside it. An event that a killed worker has begun
    to write, and one whose delivery is not noted, are sent again or were never taken: neither is lost.
    """

    def __init__(self, path: Path, head: OutboxHead | None = None) -> None:
        """Opens an outbox, or makes the empty one of `head`. Raises `OutboxUnreadable` and `OSError`."""
        self._path = path
        self._place_path = path.with_suffix(".place")
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | (os.O_EXCL if head else 0), 0o600)
        self._place = os.open(self._place_path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if head is not None:
                os.write(self._file, _line(head))
            self._open()
        except BaseException:
            self._close()
            raise

    @property
    def waiting_bytes(self) -> int:
        """The size of the events that are not delivered."""
        return self._end - self._at

    def append(self, events: Sequence[bytes]) -> None:
        """Adds events, all or none. Raises `OSError` when the disk is full."""
        data = b"".join([event + b"\n" for event in events])
        try:
            written = os.pwrite(self._file, data, self._end)
            if written != len(data):
                raise OSError("the disk is full")
        except OSError:
            os.ftruncate(self._file, self._end)
            raise
        self._end += len(data)
        self.waiting += len(events)

    def first(self, most: int) -> list[bytes]:
        """The first events that are not delivered, about half a megabyte of them at most."""
        data = os.pread(self._file, min(READ_BYTES, self.waiting_bytes), self._at)
        if b"\n" not in data:
            data = os.pread(self._file, self.waiting_bytes, self._at)
        return data[: data.rfind(b"\n")].split(b"\n", most)[:most] if data else []

    def drop(self, events: Sequence[bytes]) -> None:
        """Removes the first events, which are delivered."""
        self._at += sum(len(event) + 1 for event in events)
        self.waiting -= len(events)
        self._note_place()
        if self._at - self._start > COMPACT_BYTES:
            self._compact()

    def close(self) -> None:
        """Closes the files. Without events they are removed."""
        self._close()
        if not self.waiting:
            self._path.unlink(missing_ok=True)
            self._place_path.unlink(missing_ok=True)

    def _close(self) -> None:
        os.close(self._file)
        os.close(self._place)

    def _open(self) -> None:
        """Reads the head and the place, and cuts off what follows the last whole event."""
        content = self._path.read_bytes()
        end = content.rfind(b"\n") + 1
        self._start = content.find(b"\n") + 1
        try:
            self.head = read(orjson.loads(content[: self._start]), OutboxHead)
        except (orjson.JSONDecodeError, MessageUnreadable) as error:
            raise OutboxUnreadable(f"{self._path} has no head of an outbox: {error}") from error
        os.ftruncate(self._file, end)
        noted = os.pread(self._place, _PLACE.size, 0)
        place = _PLACE.unpack(noted)[0] if len(noted) == _PLACE.size else self.head.base
        self._end = end
        self._at = min(self._start + max(0, place - self.head.base), end)
        self.waiting = content[self._at : end].count(b"\n")

    def _note_place(self) -> None:
        os.pwrite(self._place, _PLACE.pack(self.head.base + self._at - self._start), 0)

    def _compact(self) -> None:
        """Writes the file anew, without the delivered events."""
        head = attrs.evolve(self.head, base=self.head.base + self._at - self._start)
        rest = os.pread(self._file, self.waiting_bytes, self._at)
        fresh = self._path.with_suffix(".new")
        start = _line(head)
        try:
            fresh.write_bytes(start + rest)
            fresh.replace(self._path)
        except OSError:
            return  # the disk is full; the file is as it was
        os.close(self._file)
        self._file = os.open(self._path, os.O_RDWR)
        self.head, self._start, self._at, self._end = head, len(start), len(start), len(start) + len(rest)


def _line(head: OutboxHead) -> bytes:
    return encode(head, OutboxHead) + b"\n"
