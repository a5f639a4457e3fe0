"""How long a person waits on an idle system."""

import asyncio
import statistics
from collections.abc import Sequence

from tests.benchmarks.bench import Bench
from tests.benchmarks.limits import spawn_rate
from tests.benchmarks.system import open_system
from tests.benchmarks.table import Row, at_most

NAME = "latency"
RUNS = 300
IDLE_SECS = 0.02
TARGETS_MS = {"first log line": 10, "job's end": 12}
TARGET_P99_MS = 30

WORKFLOW = """\
tasks:
  hello:
    flow:
      hello:
        type: script
        script: echo hello
"""


async def measure(bench: Bench) -> list[Row]:
    """From the trigger to the first log line at a WebSocket client, and to the job's end."""
    async with open_system(bench, NAME, {"hello.yaml": WORKFLOW}) as system:
        for _ in range(20):
            await system.client.follow("hello")
        runs = []
        async with system.watched(NAME) as usage:
            for _ in range(RUNS):
                await asyncio.sleep(IDLE_SECS)  # the system comes to rest
                runs.append(await system.client.follow("hello"))
        spawn_ms = 1000 / await spawn_rate(1)
    accepted = statistics.median(run.accepted for run in runs) * 1000
    lines = [run.first_line * 1000 for run in runs if run.first_line is not None]
    ends = [run.ended * 1000 for run in runs]
    assert len(lines) == RUNS, "a job ended without its log line"
    bench.figures["latency"] = statistics.median(ends) / 1000
    notes = (f"trigger answered after {accepted:.1f} ms (p50)", usage.note(RUNS, "job"))
    return [
        *_rows("first log line", lines, spawn_ms),
        *_rows("job's end", ends, spawn_ms, notes),
    ]


def _rows(what: str, values_ms: Sequence[float], spawn_ms: float, notes: tuple[str, ...] = ()) -> list[Row]:
    p50, p99 = statistics.median(values_ms), statistics.quantiles(values_ms, n=100)[98]
    return [
        Row(
            line=f"trigger to {what}, {name}",
            figure=f"{value:.1f} ms",
            limit=f"{spawn_ms:.2f} ms a spawn",
            ratio=f"{value / spawn_ms:.1f}x",
            target=f"{target} ms",
            verdict=at_most(value, target),
            values={"ms": value},
            notes=notes if name == "p50" else (),
        )
        for name, value, target in (("p50", p50, TARGETS_MS[what]), ("p99", p99, TARGET_P99_MS))
    ]
