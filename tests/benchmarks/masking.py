"""Throughput of logs with masking of secrets, relative to that without."""

import asyncio
import json
import statistics
import time

from tests.benchmarks.bench import Bench
from tests.benchmarks.processes import ProgramFailed
from tests.benchmarks.system import System, open_system
from tests.benchmarks.table import Row, at_least

NAME = "masking"
LINES, PAIRS = 300_000, 15
TARGET = 0.97
LOOK_SECS, PATIENCE_SECS = 0.01, 60
SECRETS = tuple(f"a-secret-that-no-log-may-show-{number}" for number in range(5))
SCRIPT = f"seq -f 'line %.0f of a step that prints much' {LINES}; echo {SECRETS[0]}"

WORKFLOW = f"""\
tasks:
  plain:
    flow:
      loud:
        type: script
        script: {SCRIPT}
  masked:
    input:
{
    "".join(
        f'''
      secret_{number}:
        type: string
        secret: true
        default: {secret}'''
        for number, secret in enumerate(SECRETS)
    )
}
    flow:
      loud:
        type: script
        script: {SCRIPT}
"""


async def measure(bench: Bench) -> list[Row]:
    """Lines a second of a job that has secrets, against one without that prints the same, in turns."""
    async with open_system(bench, NAME, {"loud.yaml": WORKFLOW}) as system:
        await _rate(system, "plain")
        pairs = []
        for number in range(PAIRS):
            tasks = ("masked", "plain") if number % 2 else ("plain", "masked")
            rates = {task: await _rate(system, task) for task in tasks}
            pairs.append((rates["masked"], rates["plain"]))
    masked, plain = (statistics.median(rates) for rates in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    return [
        Row(
            line=f"log lines of a job with {len(SECRETS)} secrets",
            figure=f"{masked:,.0f} lines/s",
            limit=f"{plain:,.0f} lines/s without secrets",
            ratio=f"{ratio:.1%}",
            target=f"{TARGET:.0%}",
            verdict=at_least(ratio, TARGET),
            values={"lines_per_sec": masked, "plain_lines_per_sec": plain, "ratio": ratio},
            notes=(f"{PAIRS} pairs of {LINES:,} lines, ratios {', '.join(f'{a / b:.2f}' for a, b in pairs)}",),
        )
    ]


async def _rate(system: System, task: str) -> float:
    """Lines a second until a job has ended."""
    begun = time.perf_counter()
    job_id = await system.client.trigger(task)
    deadline = time.monotonic() + PATIENCE_SECS
    while (await system.client.get(f"/api/jobs/{job_id}"))["status"] in ("pending", "running"):
        if time.monotonic() > deadline:
            raise ProgramFailed(f"job {job_id} does not end")
        await asyncio.sleep(LOOK_SECS)
    rate = LINES / (time.perf_counter() - begun)
    page = await system.client.get(f"/api/jobs/{job_id}/logs?tail=1")
    last = json.loads(page["logs"].splitlines()[-1])["line"]
    if page["total"] != LINES + 1 or (last == SECRETS[0]) != (task == "plain"):
        raise ProgramFailed(f"{task}: {page['total']} lines, the last is {last!r}")
    return rate
