"""Items of a loop that a worker runs as processes."""

import statistics

from tests.benchmarks.bench import Bench
from tests.benchmarks.limits import spawn_rate
from tests.benchmarks.system import open_system
from tests.benchmarks.table import Row, at_least

NAME = "items"
ITEMS = 1_000
RUNS = 3
TARGET, NOT_DONE = 0.60, 0.35

WORKFLOW = f"""\
tasks:
  items:
    flow:
      item:
        type: script
        for_each: {{range: {ITEMS}}}
        script: 'true'
"""


async def measure(bench: Bench) -> list[Row]:
    """Items a second from the trigger to the job's end."""
    async with open_system(bench, NAME, {"items.yaml": WORKFLOW}) as system:
        await system.client.run("items")
        before = await spawn_rate(16)
        async with system.watched(NAME) as usage:
            runs = [(await system.client.run("items")).ended for _ in range(RUNS)]
        limit = (before + await spawn_rate(16)) / 2
    rate = ITEMS / statistics.median(runs)
    ratio = rate / limit
    row = Row(
        line=f"loop of {ITEMS:,} items x 16",
        figure=f"{rate:,.0f} items/s",
        limit=f"{limit:,.0f} spawns/s",
        ratio=f"{ratio:.0%}",
        target=f"{TARGET:.0%}",
        verdict=at_least(ratio, TARGET, NOT_DONE),
        values={"items_per_sec": rate, "spawns_per_sec": limit, "ratio": ratio},
        notes=(usage.note(ITEMS * RUNS, "item"),),
    )
    return [row]
