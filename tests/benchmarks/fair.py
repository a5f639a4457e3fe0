"""Wait of a one-step job behind the fan-out of another job."""

from stroem.interfaces.nodes import Node
from tests.benchmarks.bench import Bench
from tests.benchmarks.stage import HERE, SLOTS, open_stage
from tests.benchmarks.table import Row, at_most

NAME = "fair"
STEPS = 10_000
TARGET = 1
_FLOWS = {
    "wide": [Node(name=f"s{number}", entry=True, action=HERE) for number in range(STEPS)],
    "one": [Node(name="one", entry=True, action=HERE)],
}


async def measure(bench: Bench) -> list[Row]:
    """Steps of a fan-out of 10,000 that are claimed before the step of a job that starts later, slot by slot."""
    async with open_stage(bench, _FLOWS) as stage:
        await stage.start("wide")
        running = list(await stage.exchange())
        assert len(running) == SLOTS, len(running)
        job_id = await stage.start("one")
        before = 0
        while True:
            claims = await stage.exchange([running.pop(0)], take=1)
            running += claims
            if claims[0].job_id == job_id:
                break
            before += 1
    row = Row(
        line=f"one step behind a fan-out of {STEPS:,}",
        figure=f"{before} steps before it",
        target=f"{TARGET}",
        verdict=at_most(before, TARGET),
        values={"before": before},
    )
    return [row]
