"""File locks between threads and processes; the kernel frees those of dead processes."""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_PAUSE_SECS = 0.02


@contextlib.contextmanager
def locked(file: Path, *, alone: bool, report_alive: Callable[[], None]) -> Iterator[None]:
    """Holds a lock, `alone` or together with others that are not; calls `sign` while it waits."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
        while not _taken(descriptor, kind):
            report_alive()
            time.sleep(_PAUSE_SECS)  # a thread that waits in flock itself could not say that it is alive
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked_if_free(file: Path) -> Iterator[bool]:
    """Holds a free lock exclusively; yields False if it is taken."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield _taken(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def _taken(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
