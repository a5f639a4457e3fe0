"""How long a sender waits for the answer to a webhook, which comes when the job is in the database."""

import asyncio
import itertools
import statistics
import time
import uuid
from collections.abc import Sequence

import aiohttp
import psycopg

from tests.benchmarks.bench import Bench
from tests.benchmarks.processes import ProgramFailed
from tests.benchmarks.system import System, open_system
from tests.benchmarks.table import Row, at_most

NAME = "webhooks"
RUNS, SENDERS, EACH, RAW = 300, 200, 15, 500
IDLE_SECS = 0.02
TARGET_MS = 5

WORKFLOW = """\
secrets: {hook: correct-horse-battery-staple}
tasks:
  hello:
    input:
      who: {type: string}
    flow:
      hello: {type: script, script: "echo {{ input.who }}", tags: [nobody-has-this]}
triggers:
  hello:
    type: webhook
    name: hello
    task: hello
    secret: "{{ secret.hook }}"
    input: {who: "{{ body.who }}"}
"""


async def measure(bench: Bench) -> list[Row]:
    """POSTs one after the other, then of 200 senders, beside bare inserts of the same rows."""
    async with (
        open_system(bench, NAME, {"hello.yaml": WORKFLOW}) as system,
        aiohttp.ClientSession(system.server.ready_line.split()[-1], connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        await _ready(session)
        numbers = itertools.count()
        for _ in range(30):
            await _post(session, next(numbers))
        idle = []
        async with system.watched(NAME) as usage:
            for _ in range(RUNS):
                await asyncio.sleep(IDLE_SECS)  # the system comes to rest
                idle.append(await _post(session, next(numbers)))
        begun = time.perf_counter()
        senders = (_send(session, [next(numbers) for _ in range(EACH)]) for _ in range(SENDERS))
        crowd = [ms for sent in await asyncio.gather(*senders) for ms in sent]
        rate = len(crowd) / (time.perf_counter() - begun)
        raw = await _raw_inserts(system)
    return [
        *_rows("idle", idle, raw, TARGET_MS, (usage.note(RUNS, "request"),)),
        *_rows(f"{SENDERS} senders", crowd, raw, None, (f"{rate:,.0f} jobs/s, durable when answered",)),
    ]


def _rows(
    what: str, values_ms: Sequence[float], raw: Sequence[float], target: float | None, notes: tuple[str, ...]
) -> list[Row]:
    rows = []
    for name, index in (("p50", 49), ("p99", 98)):
        value, bare = (statistics.quantiles(values, n=100)[index] for values in (values_ms, raw))
        has_target = target is not None and name == "p50"
        rows.append(
            Row(
                line=f"webhook to durable job, {what}, {name}",
                figure=f"{value:.1f} ms",
                limit=f"{bare:.2f} ms bare insert",
                ratio=f"{value / bare:.1f}x",
                target=f"{target} ms" if has_target else "",
                verdict=at_most(value, target) if target is not None and has_target else "",
                values={"ms": value, "bare_ms": bare},
                notes=notes if name == "p50" else (),
            )
        )
    return rows


async def _ready(session: aiohttp.ClientSession) -> None:
    """Waits until the server knows the webhook."""
    while True:
        async with session.post("/hooks/hello", headers=_headers(-1), json={"who": "x"}) as response:
            if response.status == 200:
                return
        await asyncio.sleep(IDLE_SECS)


async def _post(session: aiohttp.ClientSession, number: int) -> float:
    """Milliseconds from a request to its answer."""
    begun = time.perf_counter()
    async with session.post(
        "/hooks/hello", headers=_headers(number), json={"who": "Ada", "commits": ["4f0c1d2"] * 20}
    ) as response:
        found = await response.text()
        if response.status != 200 or "duplicate" in found:
            raise ProgramFailed(f"POST /hooks/hello: {response.status} {found}")
    return (time.perf_counter() - begun) * 1000


async def _send(session: aiohttp.ClientSession, numbers: Sequence[int]) -> list[float]:
    return [await _post(session, number) for number in numbers]


def _headers(number: int) -> dict[str, str]:
    return {"Authorization": "Bearer correct-horse-battery-staple", "X-GitHub-Delivery": f"d-{number}"}


async def _raw_inserts(system: System) -> list[float]:
    """Milliseconds of transactions that insert a row of a job and one of a step, into tables of their own."""
    (settings,) = [line for line in (system.folder / "server.yaml").read_text().splitlines() if "postgresql://" in line]
    values = []
    async with await psycopg.AsyncConnection.connect(settings.split("url: ")[1].strip()) as connection:
        for table in ("jobs", "steps"):
            await connection.execute(f"CREATE TABLE raw_{table} (LIKE {table} INCLUDING ALL)".encode())
        await connection.execute("CREATE TABLE one_job AS SELECT * FROM jobs ORDER BY created_at DESC LIMIT 1")
        await connection.execute("CREATE TABLE one_step AS SELECT s.* FROM steps s JOIN one_job j ON j.id = s.job_id")
        await connection.commit()
        for _ in range(RAW):
            job_id = uuid.uuid4()
            for table, column in (("job", "id"), ("step", "job_id")):
                await connection.execute(f"UPDATE one_{table} SET {column} = %s".encode(), (job_id,))
            await connection.commit()
            begun = time.perf_counter()
            await connection.execute("INSERT INTO raw_jobs SELECT * FROM one_job")
            await connection.execute("INSERT INTO raw_steps SELECT * FROM one_step")
            await connection.commit()
            values.append((time.perf_counter() - begun) * 1000)
    return values
