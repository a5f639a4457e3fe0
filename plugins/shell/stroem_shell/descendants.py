"""Processes of a step, detached ones included."""

import contextlib
import ctypes
import os
import resource
import secrets
import signal
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

PR_SET_CHILD_SUBREAPER = 36
FILE_LOCKS = 10
"""RLIMIT_LOCKS: children inherit it, anyone may read it, and Linux has not enforced it since 2.4."""

FILE_LOCKS_LINE = b"Max file locks"
HIGHEST = 1 << 62
PART_BYTES = 4096

_ON_OFF = tuple(tuple(map(ctypes.c_ulong, (wanted, 0, 0, 0))) for wanted in (False, True))

_running: dict[int, int] = {}
"""Marks of running steps, by the process id of the leader."""


class Descendants:
    """The processes of one step: its leader, and all that descend from it.

    While steps run, the worker's process adopts every process of theirs whose parent ends. Whose it is a mark tells: a
    limit that children inherit whatever they do to their session, environment, directory and descriptors.
    """

    def __init__(self, start: Callable[[], "subprocess.Popen[bytes]"]) -> None:
        """Starts the leader, which must lead a session of its own. Raises what `start` raises."""
        _adopt_orphans(True)
        soft, hard = resource.getrlimit(FILE_LOCKS)
        highest = HIGHEST if hard == resource.RLIM_INFINITY else hard
        self._mark = highest // 2 + secrets.randbelow(max(1, highest // 2))
        resource.setrlimit(FILE_LOCKS, (self._mark, hard))
        try:
            self.leader = start()
        finally:
            resource.setrlimit(FILE_LOCKS, (soft, hard))
        _running[self.leader.pid] = self._mark
        with contextlib.suppress(OSError):  # it is another user's; then it could raise its mark, no more
            resource.prlimit(self.leader.pid, FILE_LOCKS, (self._mark, self._mark))
        self._foreign: set[int] = set()

    @property
    def foreign(self) -> int:
        """The number of processes that could not be signalled: another user's."""
        return len(self._foreign)

    def orphans(self) -> list[int]:
        """Adopted processes of this step, and of steps that are over, which still run. Reaps dead ones.

        When the leader is over, everything else of the step descends from these.
        """
        return [pid for pid in _children() if pid not in _running and self._owns(pid) and not _reaped(pid)]

    def alive(self) -> list[int]:
        """All processes of the step that run and can be signalled."""
        processes = list(_processes())
        below: dict[int, list[_Process]] = defaultdict(list)
        for process in processes:
            below[process.parent].append(process)
        roots = {self.leader.pid, *self.orphans()}
        ours = {process for process in processes if process.pid in roots or process.group == self.leader.pid}
        rest = list(ours)
        while rest:
            children = set(below[rest.pop().pid]) - ours
            ours |= children
            rest += children
        return [process.pid for process in ours if process.runs and process.pid not in self._foreign]

    def signal(self, number: signal.Signals) -> None:
        """Signals the leader's group, and each other process of the step."""
        with contextlib.suppress(OSError):  # nothing is left of it, or only what changed its user
            os.killpg(self.leader.pid, number)
        for pid in self.alive():
            try:
                os.kill(pid, number)
            except PermissionError:
                self._foreign.add(pid)
            except ProcessLookupError:
                continue

    def close(self) -> None:
        """Forgets the leader, which is reaped: its id may pass to another process."""
        _running.pop(self.leader.pid, None)
        if not _running:
            _adopt_orphans(False)

    def _owns(self, pid: int) -> bool:
        mark = _mark_of(pid)
        if mark is None or _shares_session(pid):
            return False
        return mark == self._mark or mark not in (*_running.values(), resource.getrlimit(FILE_LOCKS)[1])


class _Process(NamedTuple):
    pid: int
    parent: int
    group: int
    runs: bool


def _adopt_orphans(wanted: bool) -> None:
    _prctl()(PR_SET_CHILD_SUBREAPER, *_ON_OFF[wanted])


@cache
def _prctl() -> Callable[..., int]:
    return ctypes.CDLL(None).prctl


def _shares_session(pid: int) -> bool:
    """True for a process in the worker's own session, which is never a step's."""
    try:
        return os.getsid(pid) == os.getsid(0)
    except ProcessLookupError:
        return True


def _mark_of(pid: int) -> int | None:
    """The mark of a process; None when it has none, or is gone."""
    try:
        limits = _read(f"/proc/{pid}/limits")
    except OSError:
        return None
    values = limits.partition(FILE_LOCKS_LINE)[2].split(maxsplit=2)[:2]
    marks = [int(value) for value in reversed(values) if value != b"unlimited"]
    return marks[0] if marks else None


def _children() -> list[int]:
    """The children of this process; what it adopts becomes a child of its main thread."""
    try:
        return [int(pid) for pid in _read(f"/proc/self/task/{os.getpid()}/children").split()]
    except FileNotFoundError:  # a kernel without CONFIG_PROC_CHILDREN
        return [process.pid for process in _processes() if process.parent == os.getpid()]


def _reaped(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _processes() -> Iterator[_Process]:
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            fields = _read(f"/proc/{entry.name}/stat").rpartition(b")")[2].split()
        except OSError:
            continue  # it is gone
        yield _Process(int(entry.name), int(fields[1]), int(fields[2]), fields[0] not in (b"Z", b"X"))


def _read(path: str) -> bytes:
    """All of a file of the system; a third of the time that `Path.read_bytes` takes, once a step."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        data = b""
        while part := os.read(descriptor, PART_BYTES):
            data += part
        return data
    finally:
        os.close(descriptor)
