"""Other processes, as /proc shows them."""

import contextlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from tests.support.wait import eventually

_PARENT, _START = 1, 19


def family_of(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents = {child: int(fields[_PARENT]) for child in _processes() if (fields := _fields(child))}
    found = [pid]
    for member in found:
        found += [child for child, parent in parents.items() if parent == member]
    return found


async def until_gone(pids: Collection[int]) -> None:
    """Waits until these processes have ended and somebody has collected them."""

    async def gone() -> bool:
        return not any(_fields(pid) for pid in pids)

    await eventually(gone, "killed processes are collected")


def started_at(pid: int) -> int:
    """When it was started, in ticks since the machine was; 0 when it is gone."""
    return int(fields[_START]) if (fields := _fields(pid)) else 0


def step_processes(worker_data: Path) -> list[int]:
    """Every process that was given a temporary folder below the worker's directory."""
    mark = os.fsencode(f"TMPDIR={worker_data}/")
    return [pid for pid in _processes() if any(one.startswith(mark) for one in _environment(pid))]


def _processes() -> Iterator[int]:
    yield from (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _fields(pid: int) -> list[str]:
    """What /proc/…/stat says behind the name; nothing when the process is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []


def _environment(pid: int) -> list[bytes]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return []
