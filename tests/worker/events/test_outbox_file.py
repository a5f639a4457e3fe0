"""Outboxes on disk: what is in them after a worker was killed at any instant."""

import errno
import os
import uuid
from pathlib import Path

import pytest

from stroem.protocol.events import EventWriter
from stroem.worker.events.outbox_file import COMPACT_BYTES, OutboxFile, OutboxHead, OutboxUnreadable

HEAD = OutboxHead(
    writer=EventWriter(job_id=uuid.UUID(int=1), step_id=1, step_name="s", attempt=1),
    workspace="w",
    source_id="w/t",
    target_task="task",
)
EVENTS = [b'{"number":%d}' % number for number in range(5)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.events"


def test_events_come_out_in_order(path: Path) -> None:
    box = OutboxFile(path, HEAD)
    box.append(EVENTS[:3])
    assert box.first(2) == EVENTS[:2]
    box.drop(EVENTS[:2])
    box.append(EVENTS[3:])
    assert box.waiting == 3
    assert box.first(100) == EVENTS[2:]
    box.drop(EVENTS[2:])
    assert box.first(100) == []
    box.close()
    assert list(path.parent.iterdir()) == []


def test_events_that_wait_are_there_after_a_restart(path: Path) -> None:
    box = OutboxFile(path, HEAD)
    box.append(EVENTS)
    box.drop(EVENTS[:2])
    again = OutboxFile(path)  # the first was killed: never closed
    assert again.head == HEAD
    assert again.waiting == 3
    assert again.first(100) == EVENTS[2:]


def test_an_event_that_was_half_written_is_not_there(path: Path) -> None:
    box = OutboxFile(path, HEAD)
    box.append(EVENTS[:1])
    with path.open("ab") as file:
        file.write(b'{"num')
    again = OutboxFile(path)
    again.append(EVENTS[1:2])
    assert again.first(100) == EVENTS[:2]


def test_an_outbox_that_is_used_for_long_stays_small(path: Path) -> None:
    box = OutboxFile(path, HEAD)
    line = b'"' + b"x" * 100_000 + b'"'
    box.append([line])
    for _ in range(40):
        box.append([line])
        box.drop([line])
    assert path.stat().st_size < COMPACT_BYTES + 3 * len(line)
    assert OutboxFile(path).first(100) == [line]
    assert box.first(100) == [line]


def test_a_kill_between_the_new_file_and_the_new_place_loses_nothing(path: Path) -> None:
    box = OutboxFile(path, HEAD)
    line = b'"' + b"x" * 100_000 + b'"'
    for _ in range(20):
        box.append([line])
    before = path.with_suffix(".place").read_bytes()
    box.drop([line] * 15)
    path.with_suffix(".place").write_bytes(before)  # as if it had not been noted
    assert OutboxFile(path).first(100)[-5:] == [line] * 5


def test_a_full_disk_leaves_the_outbox_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = OutboxFile(path, HEAD)
    box.append(EVENTS[:1])

    def half(descriptor: int, data: bytes, at: int) -> int:
        write(descriptor, data[: len(data) // 2], at)
        raise OSError(errno.ENOSPC, "No space left on device")

    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", half)
    with pytest.raises(OSError, match="No space"):
        box.append(EVENTS[1:])
    monkeypatch.undo()
    box.append(EVENTS[1:])
    assert box.first(100) == EVENTS


def test_a_file_without_a_head_is_told(path: Path) -> None:
    path.write_bytes(b"nonsense\n")
    with pytest.raises(OutboxUnreadable, match="no head of an outbox"):
        OutboxFile(path)
