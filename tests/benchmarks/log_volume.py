"""One step that prints a million lines."""

import asyncio
import json
import time
from typing import Any

from tests.benchmarks.bench import Bench
from tests.benchmarks.processes import ProgramFailed, peak_rss_mb, reset_peak
from tests.benchmarks.system import System, open_system
from tests.benchmarks.table import Row, at_least, at_most

NAME = "logs"
LINES = 1_000_000
COMMAND = f"seq -f 'line %.0f of a step that prints a million' {LINES}"
TARGET_RATE, TARGET_MB = 100_000, 150
LOOK_SECS, PATIENCE_SECS = 0.05, 80

WORKFLOW = f"""\
tasks:
  loud:
    flow:
      loud:
        type: script
        script: {COMMAND}
"""


async def measure(bench: Bench) -> list[Row]:
    """Lines a second until the whole log is kept by the server, and the memory that takes."""
    limit = LINES / await _bare_read_secs()
    async with open_system(bench, NAME, {"loud.yaml": WORKFLOW}) as system:
        for program in (system.server, system.worker):
            reset_peak(program.pid)
        async with system.watched(NAME) as usage:
            begun = time.perf_counter()
            job_id = await system.client.trigger("loud")
            await _until_kept(system, job_id)
            seconds = time.perf_counter() - begun
        peaks = {"worker": peak_rss_mb(system.worker.pid), "server": peak_rss_mb(system.server.pid)}
        read_back = await _read_back_secs(system, job_id)
        peaks["server with a reader"] = peak_rss_mb(system.server.pid)
    rate = LINES / seconds
    row = Row(
        line="a million log lines",
        figure=f"{rate:,.0f} lines/s",
        limit=f"{limit:,.0f} lines/s bare pipe",
        ratio=f"{rate / limit:.1%}",
        target=f"{TARGET_RATE:,} lines/s",
        verdict=at_least(rate, TARGET_RATE),
        values={"lines_per_sec": rate, "bare_lines_per_sec": limit, "read_lines_per_sec": LINES / read_back},
        notes=(
            usage.note(LINES // 1000, "thousand lines"),
            f"read back over a WebSocket at {LINES / read_back:,.0f} lines/s",
        ),
    )
    return [row, *(_memory_row(name, peak) for name, peak in peaks.items())]


def _memory_row(name: str, peak: float) -> Row:
    return Row(
        line=f"a million log lines, peak of {name}",
        figure=f"{peak:.0f} MB",
        target=f"{TARGET_MB} MB",
        verdict=at_most(peak, TARGET_MB),
        values={"mb": peak},
    )


async def _until_kept(system: System, job_id: str) -> None:
    """Waits for the job's end, after which every line must be there."""
    deadline = time.monotonic() + PATIENCE_SECS
    while (await system.client.get(f"/api/jobs/{job_id}"))["status"] in ("pending", "running"):
        if time.monotonic() > deadline:
            raise ProgramFailed(f"after {PATIENCE_SECS} s: {await _page(system, job_id)}")
        await asyncio.sleep(LOOK_SECS)
    page = await _page(system, job_id)
    last = json.loads(page["logs"].splitlines()[-1])
    assert page["total"] == LINES, f"{page['total']} lines of {LINES}: {await system.client.complaint(job_id)}"
    assert last["line"] == f"line {LINES} of a step that prints a million", last


async def _page(system: System, job_id: str) -> dict[str, Any]:
    page: dict[str, Any] = await system.client.get(f"/api/jobs/{job_id}/logs?tail=1")
    return page


async def _read_back_secs(system: System, job_id: str) -> float:
    begun = time.perf_counter()
    lines = 0
    path = f"/api/jobs/{job_id}/logs/stream"
    async with system.client.session.ws_connect(path, params={"events": "true"}, max_msg_size=0) as socket:
        async for message in socket:
            event = json.loads(message.data)
            lines = event["next"]
            if event["event"] == "end":
                break
    assert lines == LINES, lines
    return time.perf_counter() - begun


async def _bare_read_secs() -> float:
    """How long asyncio alone takes to read the same output through a pipe."""
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_shell(COMMAND, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    while await process.stdout.read(65536):
        pass
    await process.wait()
    return time.perf_counter() - begun
