"""Cost of an item in loops of different lengths."""

import statistics
import time

from stroem.interfaces.nodes import Node
from tests.benchmarks.bench import Bench
from tests.benchmarks.stage import HERE, SLOTS, Stage, open_stage
from tests.benchmarks.table import Row, at_most

NAME = "loop"
SMALL, LARGE = 100, 10_000
SMALL_RUNS = 12
TARGET = 1.2


def flow(items: int) -> list[Node]:
    """A loop over so many items, 16 at a time, with one step for each."""
    each = Node(name="each", kind="loop", entry=True, items=list(range(items)), limit=SLOTS, output="list")
    return [each, Node(name="item", parent=0, entry=True, action=HERE)]


async def measure(bench: Bench) -> list[Row]:
    """Milliseconds of an item in loops of 100 and 10,000 items, without processes."""
    async with open_stage(bench, {f"{items}": flow(items) for items in (SMALL, LARGE)}) as stage:
        await _run(stage, SMALL)
        small_ms = statistics.median([await _run(stage, SMALL) for _ in range(SMALL_RUNS)]) / SMALL * 1000
        large_ms = await _run(stage, LARGE) / LARGE * 1000
    growth = large_ms / small_ms
    row = Row(
        line=f"loop of {LARGE:,} items to {SMALL:,}, an item",
        figure=f"{large_ms:.2f} ms",
        limit=f"{small_ms:.2f} ms",
        ratio=f"{growth:.2f}x",
        target=f"{TARGET}x",
        verdict=at_most(growth, TARGET),
        values={"large_ms": large_ms, "small_ms": small_ms, "growth": growth},
        notes=("without processes: start, claims of up to 16, outcomes, end",),
    )
    return [row]


async def _run(stage: Stage, items: int) -> float:
    """Seconds from the start of a loop to its end."""
    begun = time.perf_counter()
    await stage.start(f"{items}")
    claims = await stage.exchange()
    while claims:
        claims = await stage.exchange(claims)
    return time.perf_counter() - begun
