"""Independent steps of one job, 16 at a time."""

import statistics

from tests.benchmarks.bench import Bench
from tests.benchmarks.limits import spawn_rate
from tests.benchmarks.system import open_system
from tests.benchmarks.table import Row, at_least

NAME = "fan-out"
STEPS = 1_000
PEER_STEPS = 200
RUNS = 3
TARGET, NOT_DONE = 0.60, 0.35


def workflow(name: str, steps: int) -> str:
    """A task of steps that do nothing and wait for nothing."""
    flow = "".join(f"      s{number}: {{type: script, script: 'true'}}\n" for number in range(steps))
    return f"tasks:\n  {name}:\n    flow:\n{flow}"


async def measure(bench: Bench) -> list[Row]:
    """Steps a second from the trigger to the job's end."""
    files = {f"{steps}.yaml": workflow(f"fan-{steps}", steps) for steps in (STEPS, PEER_STEPS)}
    async with open_system(bench, NAME, files) as system:
        peer = [(await system.client.run(f"fan-{PEER_STEPS}")).ended for _ in range(RUNS)]
        bench.figures[f"fan-out-{PEER_STEPS}"] = min(peer)
        before = await spawn_rate(16)
        async with system.watched(NAME) as usage:
            runs = [(await system.client.run(f"fan-{STEPS}")).ended for _ in range(RUNS)]
        limit = (before + await spawn_rate(16)) / 2
    rate = STEPS / statistics.median(runs)
    ratio = rate / limit
    row = Row(
        line="fan-out 1,000 x 16",
        figure=f"{rate:,.0f} steps/s",
        limit=f"{limit:,.0f} spawns/s",
        ratio=f"{ratio:.0%}",
        target=f"{TARGET:.0%}",
        verdict=at_least(ratio, TARGET, NOT_DONE),
        values={"steps_per_sec": rate, "spawns_per_sec": limit, "ratio": ratio},
        notes=(usage.note(STEPS * RUNS),),
    )
    return [row]
