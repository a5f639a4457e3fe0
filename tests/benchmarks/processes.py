"""Programs that run meanwhile, and what they take of the machine."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_STOP_SECS = 20
_START_SECS = 60


class ProgramFailed(Exception):
    """A program of the benchmark ended, or did not become ready."""


@attrs.frozen
class Program:
    """A program that is ready. `ready_line` is what it said when it was."""

    pid: int
    ready_line: str


@asynccontextmanager
async def running(
    argv: Sequence[str], *, log: Path, is_ready: Callable[[str], bool], env: Mapping[str, str] | None = None
) -> AsyncIterator[Program]:
    """A program that runs meanwhile, ready when a line of what it prints says so; all it prints goes to `log`.

    At the end it gets TERM, and KILL when that does not help. Raises `ProgramFailed`.
    """
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **(env or {})},
        start_new_session=True,
    )
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    copying = asyncio.create_task(_copy(process, log, is_ready, ready))
    try:
        line = await _ready_line(argv, ready, copying, log)
        yield Program(process.pid, line)
    finally:
        await _stop(process)
        with contextlib.suppress(asyncio.CancelledError):
            await copying


async def _copy(
    process: asyncio.subprocess.Process, log: Path, is_ready: Callable[[str], bool], ready: asyncio.Future[str]
) -> None:
    assert process.stdout is not None
    with log.open("ab") as file:
        while line := await process.stdout.readline():
            file.write(line)
            file.flush()
            text = line.decode("utf-8", "replace")
            if not ready.done() and is_ready(text):
                ready.set_result(text)


async def _ready_line(argv: Sequence[str], ready: asyncio.Future[str], copying: asyncio.Task[None], log: Path) -> str:
    either: set[asyncio.Future[Any]] = {ready, copying}
    await asyncio.wait(either, timeout=_START_SECS, return_when=asyncio.FIRST_COMPLETED)
    if not ready.done():
        raise ProgramFailed(f"{' '.join(argv[:3])} did not become ready:\n{tail(log)}")
    return ready.result()


async def _stop(process: asyncio.subprocess.Process) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECS):
                await process.wait()
            return


def tail(log: Path, lines: int = 20) -> str:
    """The end of what a program printed."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def cpu_secs(pid: int) -> tuple[float, float]:
    """The processor time of a process, and of its children that ended; zero when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0, 0.0
    own, children = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
    return own / _TICKS, children / _TICKS


def family_cpu_secs(pid: int) -> float:
    """The processor time of a process and of all its children, those that live included."""
    total = sum(cpu_secs(pid))
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _parent(int(entry.name)) == pid:
            total += sum(cpu_secs(int(entry.name)))
    return total


def machine_cpu_secs() -> float:
    """The processor time of everything on the machine, and what its host took away."""
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / _TICKS


def peak_rss_mb(pid: int) -> float:
    """The most memory that a process had resident since it began, or since `reset_peak`, in megabytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1000
    return 0.0


def rss_mb(pid: int) -> float:
    """The memory that a process has resident now, in megabytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 1e6


def family_rss_mb(pid: int) -> float:
    """The memory that a process and its children have resident now, in megabytes."""
    others = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    return rss_mb(pid) + sum(rss_mb(other) for other in others if _parent(other) == pid)


def reset_peak(pid: int) -> None:
    """Lets the peak begin anew, where the kernel allows that."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0
