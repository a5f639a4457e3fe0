"""Whether a step of a large job costs more than a step of a small one."""

import statistics

from tests.benchmarks.bench import Bench
from tests.benchmarks.processes import peak_rss_mb
from tests.benchmarks.system import open_system
from tests.benchmarks.table import Row, at_most

NAME = "scale"
SMALL, LARGE = 100, 10_000
WIDTH = 20
SMALL_RUNS = 12
TARGET = 1.2


def workflow(name: str, steps: int) -> str:
    """A task of layers; each step waits for two of the layer before it."""
    flow = []
    for number in range(steps):
        layer, place = divmod(number, WIDTH)
        above = (layer - 1) * WIDTH
        needs = f"s{above + place}, s{above + (place + 1) % WIDTH}" if layer else ""
        flow.append(f"      s{number}: {{type: script, script: 'true', depends_on: [{needs}]}}\n")
    return f"tasks:\n  {name}:\n    flow:\n{''.join(flow)}"


async def measure(bench: Bench) -> list[Row]:
    """The cost of a step in a job of 10,000 steps, and in one of 100."""
    files = {f"{steps}.yaml": workflow(f"dag-{steps}", steps) for steps in (SMALL, LARGE)}
    async with open_system(bench, NAME, files) as system:
        await system.client.run(f"dag-{SMALL}")
        async with system.watched(f"{NAME}-{SMALL}") as small_usage:
            small_runs = [(await system.client.run(f"dag-{SMALL}")).ended for _ in range(SMALL_RUNS)]
        async with system.watched(f"{NAME}-{LARGE}") as usage:
            large = await system.client.run(f"dag-{LARGE}")
        memory = peak_rss_mb(system.server.pid)
    small_ms, large_ms = statistics.median(small_runs) / SMALL * 1000, large.ended / LARGE * 1000
    growth = large_ms / small_ms
    row = Row(
        line="DAG of 10,000 steps to 100, a step",
        figure=f"{large_ms:.2f} ms",
        limit=f"{small_ms:.2f} ms",
        ratio=f"{growth:.2f}x",
        target=f"{TARGET}x",
        verdict=at_most(growth, TARGET),
        values={"large_ms": large_ms, "small_ms": small_ms, "growth": growth, "server_peak_mb": memory},
        notes=(
            f"trigger of {LARGE:,} steps answered after {large.accepted:.2f} s, server peak {memory:.0f} MB",
            f"{SMALL} steps: {small_usage.note(SMALL * SMALL_RUNS)}",
            f"{LARGE} steps: {usage.note(LARGE)}",
        ),
    )
    return [row]
