"""What a killed worker left behind: processes of its steps, and their directories."""

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from stroem.worker.files.tree import remove_tree

logger = logging.getLogger(__name__)

PASSES = 100


def end_leftovers(directory: Path) -> None:
    """Ends every process whose environment names a place below `directory`, with the sessions that such
    processes lead, and removes the directory. Runners point TMPDIR there, so a step's processes carry such a name.
    """
    mark = os.fsencode(f"{directory}/")
    seen: set[int] = set()
    for _ in range(PASSES):  # what is found may have begun others before it was ended
        marked = set(_marked(mark)) - {os.getpid()}
        if not marked:
            break
        seen |= marked
        for pid in marked | {pid for pid in _processes() if _session(pid) in seen} - {os.getpid()}:
            _end(pid)
    if seen:
        logger.warning("%d processes of steps that an earlier run of this worker began are ended", len(seen))
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
