"""`python -m tests.benchmarks`: measures, prints one table."""

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence

from tests.benchmarks import (
    audit,
    beside,
    chain,
    claim,
    containers,
    event_source,
    fair,
    fan_out,
    git_idle,
    git_push,
    items,
    languages,
    latency,
    limits,
    log_volume,
    loop,
    masking,
    peers_dagu,
    pods,
    reconcile,
    scale,
    schedules,
    sign_in,
    sleepers,
    start,
    subtasks,
    web_ui,
    webhooks,
)
from tests.benchmarks.bench import Bench, open_bench
from tests.benchmarks.table import Row, as_json, as_text

Measure = Callable[[Bench], Awaitable[list[Row]]]
MODULES = (
    limits,
    fan_out,
    chain,
    latency,
    scale,
    claim,
    event_source,
    fair,
    beside,
    loop,
    items,
    subtasks,
    sleepers,
    schedules,
    webhooks,
    reconcile,
    git_push,
    git_idle,
    log_volume,
    masking,
    audit,
    sign_in,
    containers,
    languages,
    pods,
    start,
    web_ui,
)
LINES: dict[str, Measure] = {module.NAME: module.measure for module in MODULES}
LINE_SECS = 200
MORE_SECS = {web_ui.NAME: web_ui.MORE_SECS}
"""What lines take beyond that, by name."""
ALL_SECS = 1100
INTERRUPTED = 130


def main() -> int:
    """Runs what the arguments ask for; exit code 1 when a line could not be measured, 130 when it was interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measures Strøm.")
    parser.add_argument("--only", metavar="LINE,…", help=f"of: {', '.join(LINES)}")
    parser.add_argument("--peers", action="store_true", help="also measure Dagu (fetched from npm once)")
    parser.add_argument("--json", action="store_true", dest="as_json", help="the table as JSON")
    parser.add_argument("--profile", action="store_true", help="say where the time goes in server and worker")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else list(LINES)
    if unknown := set(names) - set(LINES):
        parser.error(f"no such line: {', '.join(sorted(unknown))}")
    lines = {name: LINES[name] for name in names}
    if options.peers:
        lines[peers_dagu.NAME] = peers_dagu.measure
    rows, interrupted = asyncio.run(_run(lines, profile=options.profile))
    print(as_json(rows) if options.as_json else f"\n{as_text(rows)}")
    return INTERRUPTED if interrupted else int(any(row.verdict == "failed" for row in rows))


async def _run(lines: dict[str, Measure], *, profile: bool) -> tuple[Sequence[Row], bool]:
    """The rows so far, and whether a signal ended the run; whatever was started is gone then."""
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    deadline = time.monotonic() + ALL_SECS + sum(MORE_SECS.get(name, 0) for name in lines)
    rows: list[Row] = []
    try:
        async with open_bench(profile=profile) as bench:
            for name, measure in lines.items():
                print(f"{name} …", file=sys.stderr, flush=True)
                most = LINE_SECS + MORE_SECS.get(name, 0)
                rows += await _measure(bench, name, measure, min(most, deadline - time.monotonic()))
    except asyncio.CancelledError:
        return rows, True
    return rows, False


async def _measure(bench: Bench, name: str, measure: Measure, seconds: float) -> list[Row]:
    begun = time.monotonic()
    try:
        async with asyncio.timeout(seconds):
            rows = await measure(bench)
    except Exception as error:
        return [Row(line=name, figure="-", verdict="failed", notes=(f"{type(error).__name__}: {error}",))]
    print(f"{name}: {time.monotonic() - begun:.1f} s", file=sys.stderr, flush=True)
    return rows


if __name__ == "__main__":
    sys.exit(main())
