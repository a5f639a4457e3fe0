"""How long a person waits for the program to start."""

import asyncio
import statistics
import sys
import time
from pathlib import Path

from stroem.store.embedded import EmbeddedPostgres
from tests.benchmarks import processes
from tests.benchmarks.bench import Bench
from tests.benchmarks.system import STROEM, write_workspace
from tests.benchmarks.table import Row, at_most

NAME = "start"
UPS, HELPS = 5, 15
TARGET_UP_SECS, TARGET_HELP_MS = 2.0, 120

WORKFLOW = """\
tasks:
  hello:
    flow:
      hello:
        type: script
        script: echo hello
"""


async def measure(bench: Bench) -> list[Row]:
    """`stroem up` on a data folder that it has used before, and `stroem --help`."""
    folder = bench.folder(NAME)
    folder.chmod(0o755)
    write_workspace(folder / "workspace", {"hello.yaml": WORKFLOW})
    first = await _up_secs(folder)
    up = statistics.median([await _up_secs(folder) for _ in range(UPS)])
    postgres = statistics.median([await asyncio.to_thread(_postgres_secs, folder) for _ in range(UPS)])
    help_ms = statistics.median([await _run_ms(STROEM, "--help") for _ in range(HELPS)])
    bare_ms = statistics.median([await _run_ms(sys.executable, "-c", "import click") for _ in range(HELPS)])
    return [
        Row(
            line="stroem up, warm",
            figure=f"{up:.2f} s",
            limit=f"{postgres:.2f} s PostgreSQL",
            ratio=f"{up / postgres:.1f}x",
            target=f"{TARGET_UP_SECS:.0f} s",
            verdict=at_most(up, TARGET_UP_SECS),
            values={"seconds": up, "first_seconds": first, "postgres_seconds": postgres},
            notes=(f"first start on an empty folder: {first:.2f} s",),
        ),
        Row(
            line="stroem --help",
            figure=f"{help_ms:.0f} ms",
            limit=f"{bare_ms:.0f} ms import click",
            ratio=f"{help_ms / bare_ms:.1f}x",
            target=f"{TARGET_HELP_MS} ms",
            verdict=at_most(help_ms, TARGET_HELP_MS),
            values={"ms": help_ms, "bare_ms": bare_ms},
        ),
    ]


async def _up_secs(folder: Path) -> float:
    argv = [STROEM, "up", "--workspace", str(folder / "workspace"), "--data-dir", str(folder / "data")]
    begun = time.perf_counter()
    async with processes.running(
        [*argv, "--port", "0", "--json"], log=folder / "up.log", is_ready=lambda line: '"ready"' in line
    ):
        return time.perf_counter() - begun


def _postgres_secs(folder: Path) -> float:
    begun = time.perf_counter()
    postgres = EmbeddedPostgres(folder / "data" / "postgres")
    postgres.start()
    seconds = time.perf_counter() - begun
    postgres.stop()
    return seconds


async def _run_ms(*argv: str) -> float:
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0
    return (time.perf_counter() - begun) * 1000
