"""The same on Dagu, which keeps its runs in files and has no database."""

import asyncio
import os
import socket
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import attrs

from tests.benchmarks import processes
from tests.benchmarks.bench import Bench
from tests.benchmarks.processes import ProgramFailed
from tests.benchmarks.table import Row

NAME = "peers"
VERSION = "1.30.2"
PACKAGE = f"@dagu-org/dagu-linux-x64@{VERSION}"
CHAINS = {40: 5, 400: 2}
WIDE, WIDE_RUNS = 200, 3
LATENCY_RUNS = 100
IDLE_SECS = 0.02
PATIENCE_SECS = 60
FAILED_SECS = 10
_BAD = frozenset(("failed", "aborted", "rejected", "partially_succeeded"))


@attrs.frozen
class Dagu:
    """A running Dagu server."""

    session: aiohttp.ClientSession
    home: Path

    async def run(self, name: str, look_secs: float) -> float:
        """Seconds from the trigger to the end. A long look leaves Dagu in peace; the end is then read off its file."""
        begun, begun_at = time.perf_counter(), time.time()
        async with self.session.post(f"/api/v2/dags/{name}/start", json={}) as response:
            run_id = (await response.json())["dagRunId"]
        while (status := await self._status(name, run_id)) != "succeeded":
            # A run whose process is not up yet is called failed for a moment.
            if time.perf_counter() - begun > (FAILED_SECS if status in _BAD else PATIENCE_SECS):
                raise ProgramFailed(f"Dagu: {name} is {status}")
            await asyncio.sleep(look_secs)
        seconds = time.perf_counter() - begun
        return min(seconds, self._written(name) - begun_at)

    async def _status(self, name: str, run_id: str) -> str | None:
        async with self.session.get(f"/api/v2/dag-runs/{name}/{run_id}") as response:
            details = (await response.json()).get("dagRunDetails", {})
        label: str | None = details.get("statusLabel")
        return label

    def _written(self, name: str) -> float:
        """When the newest run of a workflow was last written down."""
        files = (self.home / "data" / "dag-runs" / name).rglob("status.jsonl")
        return max(file.stat().st_mtime for file in files)


async def measure(bench: Bench) -> list[Row]:
    """Ours beside Dagu's, for the lines that were measured in this run."""
    async with open_dagu(bench) as dagu:
        theirs = {}
        for steps, runs in CHAINS.items():
            theirs[f"chain-{steps}"] = statistics.median([await dagu.run(f"chain-{steps}", 0.1) for _ in range(runs)])
        fans = [[await dagu.run(name, 0.1) for _ in range(WIDE_RUNS)] for name in ("fan-16", "fan-all")]
        theirs[f"fan-out-{WIDE}"] = min(map(min, fans))
        await dagu.run("hello", 0.001)
        theirs["latency"] = statistics.median([await _idle_run(dagu) for _ in range(LATENCY_RUNS)])
    return [_row(what, secs, bench.figures.get(what)) for what, secs in theirs.items()]


async def _idle_run(dagu: Dagu) -> float:
    await asyncio.sleep(IDLE_SECS)
    return await dagu.run("hello", 0.001)


def _row(what: str, theirs: float, ours: float | None) -> Row:
    unit, factor = ("ms", 1000.0) if what == "latency" else ("s", 1.0)
    line = {"latency": "trigger to end, p50"}.get(what, what.replace("-", " "))
    figure = "-" if ours is None else f"{ours * factor:.3g} {unit}"
    return Row(
        line=f"Dagu: {line}",
        figure=figure,
        limit=f"{theirs * factor:.3g} {unit} Dagu",
        ratio="" if ours is None else f"{theirs / ours:.2f}x as fast",
        target="ahead",
        verdict="" if ours is None else "met" if ours < theirs else "short",
        values={"theirs": theirs, **({} if ours is None else {"ours": ours})},
    )


@asynccontextmanager
async def open_dagu(bench: Bench) -> AsyncIterator[Dagu]:
    """Dagu's server on workflows like ours."""
    program = await _program()
    home = bench.folder("dagu")
    workflows = home / "dags"
    workflows.mkdir()
    for name, text in _workflows().items():
        (workflows / f"{name}.yaml").write_text(text)
    port = _free_port()
    argv = [str(program), "server", "--host", "127.0.0.1", "--port", str(port), "--dags", str(workflows)]
    env = {"HOME": str(home), "DAGU_HOME": str(home), "DAGU_AUTH_MODE": "none"}
    async with (
        processes.running(argv, log=home / "dagu.log", is_ready=lambda line: True, env=env),
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        await _answering(session)
        yield Dagu(session, home)


async def _answering(session: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                async with session.get("/api/v2/dags") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.05)


def _workflows() -> dict[str, str]:
    fan = "".join(f"  - name: s{number}\n    command: 'true'\n" for number in range(WIDE))
    return {
        "hello": "steps:\n  - name: hello\n    command: echo hello\n",
        "fan-all": f"type: graph\nsteps:\n{fan}",
        "fan-16": f"type: graph\nmaxActiveSteps: 16\nsteps:\n{fan}",
        **{f"chain-{steps}": _chain(steps) for steps in CHAINS},
    }


def _chain(steps: int) -> str:
    flow = ["  - name: s0\n    command: echo 0\n    output: O0\n"]
    for number in range(1, steps):
        before = number - 1
        flow.append(
            f"  - name: s{number}\n    depends: s{before}\n    command: echo ${{O{before}}}\n    output: O{number}\n"
        )
    return f"type: graph\nsteps:\n{''.join(flow)}"


async def _program() -> Path:
    """Dagu's binary, fetched with npm into the user's cache on first use."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stroem-benchmarks" / f"dagu-{VERSION}"
    program = cache / "node_modules" / "@dagu-org" / "dagu-linux-x64" / "bin" / "dagu"
    if not program.exists():
        cache.mkdir(parents=True, exist_ok=True)
        argv = ("npm", "install", "--no-audit", "--no-fund", "--prefix", str(cache), PACKAGE)
        process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.DEVNULL)
        if await process.wait() != 0:
            raise ProgramFailed(f"npm could not install {PACKAGE}")
    return program


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
