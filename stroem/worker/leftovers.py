"""What a killed worker left behind: processes of its steps, and their directories."""

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from stroem.worker.tree import remove_tree

logger = logging.getLogger(__name__)


def end_leftovers(directory: Path) -> None:
    """Ends every process whose environment names a place below `directory`, with the sessions that such
    processes lead, and removes the directory. Runners point TMPDIR there, so a step's processes carry such a name.
    """
    marked = set(_marked(os.fsencode(f"{directory}/")))
    doomed = marked | {pid for pid in _processes() if _session(pid) in marked}
    doomed.discard(os.getpid())
    for pid in doomed:
        logger.warning("process %d of a step that an earlier run of this worker began is ended", pid)
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            continue
    if directory.exists():
        remove_tree(directory)


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
