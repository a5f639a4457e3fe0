"""What jobs cost that sleep."""

import asyncio

from tests.benchmarks.bench import Bench
from tests.benchmarks.client import LOOK_SECS
from tests.benchmarks.processes import ProgramFailed
from tests.benchmarks.system import System, open_system
from tests.benchmarks.table import Row, at_most

NAME = "sleepers"
SLEEPERS = 10_000
WATCHED_SECS = 10.0
TARGET = 1.5

WORKFLOW = f"""\
tasks:
  sleeper:
    flow:
      sleep: {{type: wait, for: 168h}}
  sleepers:
    flow:
      sleeper: {{type: task, task: sleeper, for_each: {{range: {SLEEPERS}}}}}
"""


async def measure(bench: Bench) -> list[Row]:
    """Processor time of a second with 10,000 jobs that wait for a timer, and with none."""
    async with open_system(bench, NAME, {"sleepers.yaml": WORKFLOW}) as system:
        none = await _idle(system, f"{NAME}-none")
        await system.client.trigger("sleepers")
        await _until_asleep(system)
        many = await _idle(system, NAME)
    growth = many / none
    row = Row(
        line=f"idle with {SLEEPERS:,} timers to none",
        figure=f"{many:.1f} ms CPU/s",
        limit=f"{none:.1f} ms CPU/s",
        ratio=f"{growth:.2f}x",
        target=f"{TARGET}x",
        verdict=at_most(growth, TARGET),
        values={"many": many, "none": none, "growth": growth},
        notes=("server, worker and PostgreSQL",),
    )
    return [row]


async def _until_asleep(system: System) -> None:
    """Returns once all jobs run and the system is at rest."""
    while (await system.client.get("/api/stats"))["running"] < SLEEPERS + 1:
        stats = await system.client.get("/api/stats")
        if stats["failed"]:
            raise ProgramFailed(f"jobs failed: {stats}")
        await asyncio.sleep(LOOK_SECS)
    await asyncio.sleep(WATCHED_SECS / 2)


async def _idle(system: System, title: str) -> float:
    """Milliseconds of processor time a second."""
    async with system.watched(title) as usage:
        await asyncio.sleep(WATCHED_SECS)
    spent = sum(secs for name, secs in usage.cpu.items() if name != "client")
    return spent / usage.wall * 1000
