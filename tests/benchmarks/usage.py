"""Where the time of a measurement goes: the processor time of every process, and samples of what the code does."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs

from tests.benchmarks import samples, statements
from tests.benchmarks.processes import cpu_secs, family_cpu_secs, machine_cpu_secs

_DUMP_SECS = 5
_DISTURBING = 0.05


@attrs.define
class Usage:
    """Seconds of processor time by process, and of the clock, once the measurement is over."""

    wall: float = 0.0
    cpu: dict[str, float] = attrs.field(factory=dict)
    others: float = 0.0

    def note(self, count: int, unit: str = "step") -> str:
        """The processor time per piece of work."""
        parts = ", ".join(f"{name} {secs / count * 1000:.2f}" for name, secs in self.cpu.items())
        text = f"processor ms a {unit}: {parts}; clock {self.wall / count * 1000:.2f}"
        return text + self.disturbance()

    def disturbance(self) -> str:
        """A remark, when other programs took so much of the machine that figures suffer."""
        share = self.others / (self.wall * (os.cpu_count() or 1))
        return f"; OTHER PROGRAMS TOOK {share:.0%} OF THE MACHINE" if share > _DISTURBING else ""


@attrs.frozen(kw_only=True)
class Watch:
    """What to look at: process ids, PostgreSQL's log, and the folder for profiles."""

    title: str
    server: int
    worker: int
    postmaster: int
    postgres_log: Path
    folder: Path

    @asynccontextmanager
    async def running(self, *, profile: bool) -> AsyncIterator[Usage]:
        """Fills the usage at the end, and prints the profiles of server and worker when there are any."""
        usage = Usage()
        logged = self.postgres_log.stat().st_size
        if profile:
            self._signal(signal.SIGUSR1)
        before, all_before, begun = self._read(), machine_cpu_secs(), time.perf_counter()
        yield usage
        usage.wall = time.perf_counter() - begun
        usage.cpu = {name: secs - before[name] for name, secs in self._read().items()}
        usage.others = machine_cpu_secs() - all_before - sum(usage.cpu.values())
        if profile:
            self._signal(signal.SIGUSR2)
            for name in ("server", "worker"):
                await self._print(name, usage)
            print(f"\n=== {self.title}: statements\n{statements.report(self.postgres_log, logged)}")

    def _read(self) -> dict[str, float]:
        worker, steps = cpu_secs(self.worker)
        return {
            "server": cpu_secs(self.server)[0],
            "worker": worker,
            "steps": steps,
            "PostgreSQL": family_cpu_secs(self.postmaster),
            "client": cpu_secs(os.getpid())[0],
        }

    def _signal(self, number: signal.Signals) -> None:
        for pid in (self.server, self.worker):
            os.kill(pid, number)

    async def _print(self, name: str, usage: Usage) -> None:
        file = self.folder / f"{name}.samples"
        deadline = time.monotonic() + _DUMP_SECS
        while not file.exists() and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        if file.exists():
            print(f"\n=== {self.title}: {name}, {usage.cpu[name]:.2f} s of {usage.wall:.2f} s\n{samples.report(file)}")
            file.unlink()
