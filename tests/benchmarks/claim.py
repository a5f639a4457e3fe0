"""Cost of a claim behind ready steps that its worker cannot run."""

import statistics
import time
from contextlib import AsyncExitStack

from stroem.interfaces.nodes import Node
from tests.benchmarks.bench import Bench
from tests.benchmarks.stage import ELSEWHERE, HERE, SLOTS, Stage, open_stage
from tests.benchmarks.table import Row, at_most

NAME = "claim"
FEW, MANY = 100, 100_000
RUNS = 40
WARM_UPS = 10
TARGET = 1.2

_FLOWS = {
    "wide": [Node(name=f"s{number}", entry=True, action=HERE) for number in range(SLOTS)],
    "other": [Node(name="one", entry=True, action=ELSEWHERE)],
}
_BEFORE = """
    INSERT INTO steps (job_id, id, node, item, status, need, priority, rank, ready_at)
    SELECT s.job_id, s.id + n, s.node, n, 'ready', s.need, s.priority, s.rank + n, s.ready_at
    FROM steps s, generate_series(1, %(more)s) n WHERE s.job_id = %(job)s
    """


async def measure(bench: Bench) -> list[Row]:
    """Milliseconds of a claim of 16 steps, behind 100 and behind 100,000 ready steps of another need, in turns."""
    async with AsyncExitStack() as stack:
        stages = {ready: await stack.enter_async_context(open_stage(bench, _FLOWS)) for ready in (FEW, MANY)}
        for ready, stage in stages.items():
            await stage.execute(_BEFORE, job=await stage.start("other"), more=ready - 1)
            await stage.execute("VACUUM ANALYZE steps")
        times: dict[int, list[float]] = {ready: [] for ready in stages}
        for number in range(WARM_UPS + RUNS):
            for ready, stage in stages.items():
                seconds = await _claim(stage)
                if number >= WARM_UPS:
                    times[ready].append(seconds)
    few_ms, many_ms = (statistics.median(times[ready]) * 1000 for ready in (FEW, MANY))
    growth = many_ms / few_ms
    row = Row(
        line=f"claim of {SLOTS} behind {MANY:,} to {FEW}",
        figure=f"{many_ms:.2f} ms",
        limit=f"{few_ms:.2f} ms",
        ratio=f"{growth:.2f}x",
        target=f"{TARGET}x",
        verdict=at_most(growth, TARGET),
        values={"many_ms": many_ms, "few_ms": few_ms, "growth": growth},
    )
    return [row]


async def _claim(stage: Stage) -> float:
    """Seconds of a claim; the steps are ended again."""
    await stage.start("wide")
    begun = time.perf_counter()
    claims = await stage.exchange()
    seconds = time.perf_counter() - begun
    assert len(claims) == SLOTS, len(claims)
    await stage.exchange(claims, take=0)
    return seconds
