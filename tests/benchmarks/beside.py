"""Small jobs beside a large one."""

import asyncio
import statistics
from collections.abc import Sequence

from tests.benchmarks.bench import Bench
from tests.benchmarks.fan_out import workflow
from tests.benchmarks.latency import WORKFLOW
from tests.benchmarks.processes import ProgramFailed
from tests.benchmarks.system import System, open_system
from tests.benchmarks.table import Row, at_most

NAME = "beside"
STEPS = 10_000
RUNS = 30
PAUSE_SECS = 0.02
TARGET = 4.0


async def measure(bench: Bench) -> list[Row]:
    """From trigger to end of one-step jobs: while a job of 10,000 steps fills the worker, and on an idle system."""
    files = {"hello.yaml": WORKFLOW, "wide.yaml": workflow("wide", STEPS)}
    async with open_system(bench, NAME, files) as system:
        await _follow(system)
        idle = await _follow(system)
        job_id = await system.client.trigger("wide")
        beside = await _follow(system)
        status = (await system.client.get(f"/api/jobs/{job_id}"))["status"]
        if status != "running":
            raise ProgramFailed(f"job {job_id} of {STEPS:,} steps is {status} before the small jobs have run")
    rows = []
    for name, percent in (("p50", 50), ("p99", 99)):
        one, other = (statistics.quantiles(values, n=100)[percent - 1] for values in (beside, idle))
        rows.append(
            Row(
                line=f"a step beside a fan-out of {STEPS:,}, {name}",
                figure=f"{one:.1f} ms",
                limit=f"{other:.1f} ms idle",
                ratio=f"{one / other:.1f}x",
                target=f"{TARGET}x",
                verdict=at_most(one / other, TARGET),
                values={"beside_ms": one, "idle_ms": other},
            )
        )
    return rows


async def _follow(system: System) -> Sequence[float]:
    """Milliseconds of each job."""
    times = []
    for _ in range(RUNS):
        await asyncio.sleep(PAUSE_SECS)
        times.append((await system.client.follow("hello")).ended * 1000)
    return times
