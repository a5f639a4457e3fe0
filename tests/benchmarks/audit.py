"""What a row of the audit log adds to a request that changes something."""

import statistics
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import aiohttp

from stroem.registry.registry import load_plugins
from stroem.server.app import build_app
from stroem.server.http.audit import middleware
from stroem.server.http.route import Route
from stroem.server.keys import SERVICES
from stroem.server.serving import make_runner
from stroem.settings.loader import server_settings
from stroem.settings.server import ServerSettings
from tests.benchmarks.bench import Bench
from tests.benchmarks.processes import ProgramFailed
from tests.benchmarks.table import Row, at_most
from tests.support.listening import listening

NAME = "audit"
WARM, PAIRS, REFUSED = 50, 600, 600
TARGET_MS = 0.1
TOKEN = "a-token-that-all-the-workers-share"


async def measure(bench: Bench) -> list[Row]:
    """Requests that change a worker and requests that are refused, each recorded and not, in turns."""
    folder = bench.folder(NAME)
    app = build_app(_settings(folder, await bench.database()), load_plugins())
    is_recorded = middleware.is_recorded
    is_on = True

    def chosen(route: Route) -> bool:
        return is_on and is_recorded(route)

    def turn(*, on: bool) -> None:
        nonlocal is_on
        is_on = on

    middleware.is_recorded = chosen
    try:
        async with listening(make_runner(app)) as url, aiohttp.ClientSession(url) as http:
            worker = await _worker(http)
            changed = await _pairs(http, f"/api/workers/{worker}/cordon", 200, PAIRS, turn)
            refused = await _pairs(http, f"/api/workers/{uuid.uuid4()}/cordon", 404, REFUSED, turn)
            services = app[SERVICES]
            await services.audit.settle()
            begun = time.perf_counter()
            found = await services.audit.verifier.verify()
            rate = found.rows / (time.perf_counter() - begun)
    finally:
        middleware.is_recorded = is_recorded
    if found.fault is not None:
        raise ProgramFailed(f"the log is not right: {found.fault}")
    return [
        _row("a change", *changed, (f"verification of {found.rows:,} rows: {rate:,.0f} rows/s",)),
        _row("a refusal", *refused, ()),
    ]


def _row(what: str, recorded: list[float], bare: list[float], notes: tuple[str, ...]) -> Row:
    added = statistics.median(one - other for one, other in zip(recorded, bare, strict=True))
    with_row, without = statistics.median(recorded), statistics.median(bare)
    return Row(
        line=f"audit row of {what}",
        figure=f"{added:+.3f} ms",
        limit=f"{without:.2f} ms without",
        ratio=f"{with_row / without:.2f}x",
        target=f"{TARGET_MS} ms",
        verdict=at_most(added, TARGET_MS),
        values={"ms": added, "with_ms": with_row, "without_ms": without},
        notes=notes,
    )


async def _pairs(
    http: aiohttp.ClientSession, path: str, status: int, count: int, turn: Callable[..., None]
) -> tuple[list[float], list[float]]:
    """Milliseconds of requests that are recorded, and of those between them that are not."""
    recorded, bare = [], []
    for number in range(WARM + count):
        for on, found in ((True, recorded), (False, bare)) if number % 2 else ((False, bare), (True, recorded)):
            turn(on=on)
            ms = await _post(http, path, status)
            if number >= WARM:
                found.append(ms)
    return recorded, bare


async def _post(http: aiohttp.ClientSession, path: str, status: int) -> float:
    begun = time.perf_counter()
    async with http.post(path, json={}) as response:
        text = await response.text()
        if response.status != status:
            raise ProgramFailed(f"POST {path}: {response.status} {text}")
    return (time.perf_counter() - begun) * 1000


async def _worker(http: aiohttp.ClientSession) -> str:
    body = {"name": "bench", "capabilities": ["script"], "tags": []}
    async with http.post("/worker/register", json=body, headers={"Authorization": f"Bearer {TOKEN}"}) as response:
        return str((await response.json())["worker_id"])


def _settings(folder: Path, database_url: str) -> ServerSettings:
    return server_settings(
        {
            "listen": "127.0.0.1:0",
            "db": {"url": database_url},
            "worker_token": TOKEN,
            "log_storage": {"local_dir": str(folder / "data")},
        },
        {},
    )
