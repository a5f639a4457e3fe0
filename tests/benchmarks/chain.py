"""Steps one after another, each using what the one before it printed."""

import statistics

from tests.benchmarks.bench import Bench
from tests.benchmarks.limits import spawn_rate
from tests.benchmarks.system import System, open_system
from tests.benchmarks.table import Row, at_most

NAME = "chain"
RUNS = {40: 7, 400: 3}
WARM_UPS = 3
TARGET_MS, NOT_DONE_MS = 3.0, 6.0
TARGET_GROWTH = 1.2


def workflow(name: str, steps: int) -> str:
    """A task whose steps count: each prints one more than the step before it, which a template brings."""
    flow = ["      s0:\n        type: script\n        script: |\n          echo 'OUTPUT: {\"n\": 0}'\n"]
    for number in range(1, steps):
        before = f"s{number - 1}"
        flow.append(
            f"      s{number}:\n        type: script\n        depends_on: [{before}]\n        script: |\n"
            f"          echo 'OUTPUT: {{\"n\": {{{{ {before}.output.n + 1 }}}}}}'\n"
        )
    return f"tasks:\n  {name}:\n    flow:\n{''.join(flow)}"


async def measure(bench: Bench) -> list[Row]:
    """Milliseconds a step above a bare spawn, for a short and a long chain."""
    files = {f"{steps}.yaml": workflow(f"chain-{steps}", steps) for steps in RUNS}
    async with open_system(bench, NAME, files) as system:
        for _ in range(WARM_UPS):
            await system.client.run("chain-40")
        spawn_ms = 1000 / await spawn_rate(1)
        rows = [await _measure(system, steps, spawn_ms) for steps in RUNS]
        followed = statistics.median([(await system.client.follow("chain-40")).ended for _ in range(RUNS[40])])
    growth = rows[1].values["ms_per_step"] / rows[0].values["ms_per_step"]
    rows.append(
        Row(
            line="chain 400 to chain 40, a step",
            figure=f"{rows[1].values['ms_per_step']:.2f} ms",
            limit=f"{rows[0].values['ms_per_step']:.2f} ms",
            ratio=f"{growth:.2f}x",
            target=f"{TARGET_GROWTH}x",
            verdict=at_most(growth, TARGET_GROWTH),
            values={"growth": growth},
            notes=(f"chain 40 with a client that follows its log: {followed / 40 * 1000:.2f} ms a step",),
        )
    )
    return rows


async def _measure(system: System, steps: int, spawn_ms: float) -> Row:
    async with system.watched(f"{NAME}-{steps}") as usage:
        runs = [await system.client.run(f"chain-{steps}") for _ in range(RUNS[steps])]
    await _verify(system, runs[-1].job_id, steps)
    seconds = statistics.median(run.ended for run in runs)
    system.bench.figures[f"chain-{steps}"] = seconds
    per_step = seconds / steps * 1000
    above = per_step - spawn_ms
    return Row(
        line=f"chain {steps}",
        figure=f"{per_step:.2f} ms a step",
        limit=f"{spawn_ms:.2f} ms a spawn",
        ratio=f"+{above:.2f} ms",
        target=f"+{TARGET_MS:.0f} ms",
        verdict=at_most(above, TARGET_MS, NOT_DONE_MS),
        values={"ms_per_step": per_step, "spawn_ms": spawn_ms, "above_ms": above, "seconds": seconds},
        notes=(usage.note(steps * len(runs)),),
    )


async def _verify(system: System, job_id: str, steps: int) -> None:
    """The count must have gone through every step."""
    output = (await system.client.get(f"/api/jobs/{job_id}"))["output"]
    assert output == {f"s{steps - 1}": {"n": steps - 1}}, output
