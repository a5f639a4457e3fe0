"""Orphans of a killed worker: processes of its steps, and their directories."""

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from stroem.worker.files.tree import remove_tree

logger = logging.getLogger(__name__)

PASSES = 100


def end_orphans(directory: Path) -> None:
    """Kills the processes of earlier runs' steps, and removes the directory.

    They have a path below `directory` in their environment, since runners set TMPDIR, or are in a session of such a
    process.
    """
    mark = os.fsencode(f"{directory}/")
    seen: set[int] = set()
    for _ in range(PASSES):  # a process may have started others before it was killed
        marked = set(_marked(mark)) - {os.getpid()}
        if not marked:
            break
        seen |= marked
        for pid in marked | {pid for pid in _processes() if _session(pid) in seen} - {os.getpid()}:
            _end(pid)
    if seen:
        logger.warning("%d processes of steps of an earlier run of this worker were killed", len(seen))
    if directory.exists():
        remove_tree(directory)


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        return  # gone, or another user's


def _marked(mark: bytes) -> Iterator[int]:
    for pid in _processes():
        try:
            if b"=" + mark in Path(f"/proc/{pid}/environ").read_bytes():
                yield pid
        except OSError:
            continue  # gone, or another user's


def _processes() -> Iterator[int]:
    proc = Path("/proc")
    if proc.is_dir():
        yield from (int(entry.name) for entry in os.scandir(proc) if entry.name.isdigit())


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None
