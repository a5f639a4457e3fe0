"""Cost of a claim behind steps that its worker cannot run, and behind steps that wait."""

import statistics
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack

from stroem.interfaces.nodes import Node
from tests.benchmarks.bench import Bench
from tests.benchmarks.stage import ELSEWHERE, HERE, SIZED, SLOTS, Stage, open_stage
from tests.benchmarks.table import Row, at_most

NAME = "claim"
FEW, MANY = 100, 100_000
RUNS = 40
WARM_UPS = 10
TARGETS = {"ready": 1.2, "waiting": 1.5}

_FLOWS = {
    "wide": [Node(name=f"s{number}", entry=True, action=HERE) for number in range(SLOTS)],
    "sized": [Node(name=f"s{number}", entry=True, action=SIZED) for number in range(SLOTS)],
    "ready": [Node(name="one", entry=True, action=ELSEWHERE)],
    "waiting": [Node(name="one", kind="wait", entry=True, input={"for": 1_000_000})],
}
_BEFORE = """
    INSERT INTO steps (job_id, id, node, item, status, waits_for, due_at, need, priority, rank, ready_at)
    SELECT s.job_id, s.id + n, s.node, n, s.status, s.waits_for, s.due_at, s.need, s.priority, s.rank + n, s.ready_at
    FROM steps s, generate_series(1, %(more)s) n WHERE s.job_id = %(job)s
    """


async def measure(bench: Bench) -> list[Row]:
    """Milliseconds of a claim of 16 steps, behind 100 and behind 100,000 steps: of another need, and of timers.

    Then that of 16 steps that take resources.
    """
    return [
        await _row(bench, "ready", "of another need"),
        await _row(bench, "waiting", "that wait"),
        await _sized_row(bench),
    ]


async def _row(bench: Bench, before: str, what: str) -> Row:
    async with AsyncExitStack() as stack:
        stages = {count: await stack.enter_async_context(open_stage(bench, _FLOWS)) for count in (FEW, MANY)}
        for count, stage in stages.items():
            await stage.execute(_BEFORE, job=await stage.start(before), more=count - 1)
            await stage.execute("VACUUM ANALYZE steps")
        times: dict[int, list[float]] = {count: [] for count in stages}
        for number in range(WARM_UPS + RUNS):
            for count, stage in stages.items():
                seconds = await _claim(stage)
                if number >= WARM_UPS:
                    times[count].append(seconds)
    few_ms, many_ms = (statistics.median(times[count]) * 1000 for count in (FEW, MANY))
    growth, target = many_ms / few_ms, TARGETS[before]
    return Row(
        line=f"claim of {SLOTS} behind {MANY:,} steps {what} to {FEW}",
        figure=f"{many_ms:.2f} ms",
        limit=f"{few_ms:.2f} ms",
        ratio=f"{growth:.2f}x",
        target=f"{target}x",
        verdict=at_most(growth, target),
        values={"many_ms": many_ms, "few_ms": few_ms, "growth": growth},
    )


async def _sized_row(bench: Bench) -> Row:
    """A claim of steps that take resources, by a worker that offers these and by one that does not."""
    times: dict[bool, list[float]] = {True: [], False: []}
    async with open_stage(bench, _FLOWS) as stage:
        for number in range(WARM_UPS + RUNS):
            for is_limited, taken in times.items():
                seconds = await _claim(stage, "sized", {"cpu": str(SLOTS)} if is_limited else None)
                if number >= WARM_UPS:
                    taken.append(seconds)
    limited_ms, free_ms = (statistics.median(times[is_limited]) * 1000 for is_limited in (True, False))
    return Row(
        line=f"claim of {SLOTS} that take resources, to one by a worker that does not limit them",
        figure=f"{limited_ms:.2f} ms",
        limit=f"{free_ms:.2f} ms",
        ratio=f"{limited_ms / free_ms:.2f}x",
        values={"limited_ms": limited_ms, "free_ms": free_ms},
    )


async def _claim(stage: Stage, task: str = "wide", resources: Mapping[str, str] | None = None) -> float:
    """Seconds of a claim; the steps are ended again."""
    await stage.start(task)
    begun = time.perf_counter()
    claims = await stage.exchange(resources=resources)
    seconds = time.perf_counter() - begun
    assert len(claims) == SLOTS, len(claims)
    await stage.exchange(claims, take=0)
    return seconds
