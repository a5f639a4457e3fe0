"""Lateness of ten thousand schedules, with two servers."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import yaml

from tests.benchmarks import processes
from tests.benchmarks.bench import Bench
from tests.benchmarks.processes import ProgramFailed
from tests.benchmarks.system import STROEM, System, open_system
from tests.benchmarks.table import Row, at_most

NAME = "schedules"
SCHEDULES = 10_000
SPREAD_SECS = 60.0
LEAD_SECS = 8.0
"""Time in which both servers see that the schedules are due earlier: more than an interval of polls."""
TARGET_P99_MS = 250.0
TARGET_BURST_SECS = 8.0
BATCH, BATCHES, CONNECTIONS = 100, 20, 2
LOOK_SECS, PATIENCE_SECS = 0.02, 90.0

_TASK = "tasks:\n  nothing:\n    flow:\n      s: {type: script, script: 'true', tags: [elsewhere]}\ntriggers:\n"
_TRIGGER = "  t{number:05}: {{type: scheduler, cron: '0 0 1 1 *', task: nothing}}\n"
_DUE = """
    UPDATE triggers t SET scheduled_at = n.at, due_at = n.at
    FROM (SELECT name, %(first)s::timestamptz
                       + row_number() OVER (ORDER BY name) * make_interval(secs => %(apart)s) AS at
          FROM triggers) n
    WHERE n.name = t.name
    """


async def measure(bench: Bench) -> list[Row]:
    """Lateness of schedules that are due within a minute, and in the same second, against bare inserts."""
    workflow = _TASK + "".join(_TRIGGER.format(number=number) for number in range(SCHEDULES))
    settings = {"recovery": {"unmatched_step_timeout_secs": 3600}}
    async with (
        open_system(bench, NAME, {"schedules.yaml": workflow}, settings) as system,
        _second_server(bench, system),
        await _connect(system) as connection,
    ):
        await _until(connection, "SELECT count(*) FROM triggers WHERE due_at IS NOT NULL", SCHEDULES)
        spread = await _fire(connection, SPREAD_SECS / SCHEDULES, SPREAD_SECS)
        async with system.watched(NAME) as usage:
            burst = await _fire(connection, 0.0, 0.0)
        rate = await _insert_rate(system, connection)
    return [*_spread_rows(spread), _burst_row(burst, rate, usage.note(SCHEDULES, "fire"))]


class _Fired:
    """Lateness of each fire in ms, and the seconds from the first due time until all were seen in the database."""

    def __init__(self, late_ms: list[float], secs: float) -> None:
        self.late_ms = sorted(late_ms)
        self.secs = secs

    def quantile(self, share: float) -> float:
        return self.late_ms[min(len(self.late_ms) - 1, int(len(self.late_ms) * share))]


async def _fire(connection: Any, apart: float, length: float) -> _Fired:
    """Has all schedules fall due at times so far apart, and waits until each has fired."""
    cursor = await connection.execute("SELECT coalesce(max(id), 0) FROM trigger_fires")
    (before,) = await cursor.fetchone()
    cursor = await connection.execute(
        "SELECT now(), date_trunc('second', now()) + make_interval(secs => %s)", (LEAD_SECS,)
    )
    now, first = await cursor.fetchone()
    begun = time.monotonic()
    await connection.execute(_DUE, {"first": first, "apart": apart})
    await asyncio.sleep((first - now).total_seconds() + length - (time.monotonic() - begun))
    await _until(
        connection, f"SELECT count(*) FROM trigger_fires WHERE id > {before} AND verdict = 'started'", SCHEDULES
    )
    secs = time.monotonic() - begun - (first - now).total_seconds()
    cursor = await connection.execute(
        "SELECT extract(epoch FROM at - scheduled_at)::float8 * 1000 FROM trigger_fires WHERE id > %s", (before,)
    )
    late = [row[0] for row in await cursor.fetchall()]
    assert len(late) == SCHEDULES, f"{len(late)} fires of {SCHEDULES} schedules"
    return _Fired(late, secs)


async def _insert_rate(system: System, connection: Any) -> float:
    """Jobs a second that PostgreSQL takes as bare rows of job and step, as many in a transaction as the scheduler."""
    for table in ("jobs", "steps"):
        await connection.execute(f"CREATE TABLE raw_{table} (LIKE {table} INCLUDING ALL)".encode())
    names = {}
    for table in ("jobs", "steps"):
        cursor = await connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
            "AND attgenerated = '' AND attidentity = '' AND attname <> ALL('{id,job_id}')",
            (table,),
        )
        names[table] = ", ".join(row[0] for row in await cursor.fetchall())
    job = f"INSERT INTO raw_jobs (id, {names['jobs']}) SELECT %s, {names['jobs']} FROM jobs LIMIT 1"
    step = f"INSERT INTO raw_steps (job_id, id, {names['steps']}) SELECT %s, id, {names['steps']} FROM steps LIMIT 1"
    ids = [await _uuids(connection) for _ in range(CONNECTIONS)]
    connections = [await _connect(system) for _ in range(CONNECTIONS)]
    begun = time.monotonic()
    await asyncio.gather(*(_insert(one, job, step, some) for one, some in zip(connections, ids, strict=True)))
    secs = time.monotonic() - begun
    for one in connections:
        await one.close()
    return CONNECTIONS * BATCH * BATCHES / secs


async def _uuids(connection: Any) -> list[Any]:
    cursor = await connection.execute("SELECT gen_random_uuid() FROM generate_series(1, %s)", (BATCH * BATCHES,))
    return [row[0] for row in await cursor.fetchall()]


async def _insert(connection: Any, job: str, step: str, ids: list[Any]) -> None:
    for number in range(BATCHES):
        some = ids[number * BATCH : (number + 1) * BATCH]
        async with connection.transaction(), connection.pipeline():
            for one in some:
                await connection.execute(job, (one,))
                await connection.execute(step, (one,))


def _spread_rows(fired: _Fired) -> list[Row]:
    late = fired.quantile(0.99)
    p50, longest = fired.quantile(0.5), fired.late_ms[-1]
    return [
        Row(
            line=f"{SCHEDULES:,} schedules in a minute, lateness p99",
            figure=f"{late:.0f} ms",
            target=f"{TARGET_P99_MS:.0f} ms",
            verdict=at_most(late, TARGET_P99_MS),
            values={"p50_ms": p50, "p99_ms": late, "max_ms": longest},
            notes=(f"p50 {p50:.0f} ms, longest {longest:.0f} ms",),
        )
    ]


def _burst_row(fired: _Fired, rate: float, used: str) -> Row:
    bare = SCHEDULES / rate
    quantiles = f"p50 {fired.quantile(0.5) / 1000:.1f} s, p99 {fired.quantile(0.99) / 1000:.1f} s"
    return Row(
        line=f"{SCHEDULES:,} schedules in one second, all durable",
        figure=f"{fired.secs:.1f} s",
        limit=f"{bare:.1f} s bare rows",
        ratio=f"{fired.secs / bare:.1f}x",
        target=f"{TARGET_BURST_SECS:.0f} s",
        verdict=at_most(fired.secs, TARGET_BURST_SECS),
        values={
            "secs": fired.secs,
            "bare_secs": bare,
            "p50_ms": statistics.median(fired.late_ms),
            "max_ms": fired.late_ms[-1],
        },
        notes=(
            f"{quantiles}, longest {fired.late_ms[-1] / 1000:.1f} s; bare rows {rate:,.0f} jobs/s",
            f"first server: {used}",
        ),
    )


@asynccontextmanager
async def _second_server(bench: Bench, system: System) -> AsyncIterator[None]:
    settings = yaml.safe_load((system.folder / "server.yaml").read_text())
    settings["cache_dir"] = str(system.folder / "second-cache")
    (system.folder / "second.yaml").write_text(yaml.safe_dump(settings))
    argv = [STROEM, "server", "--config", str(system.folder / "second.yaml")]
    log = system.folder / "second.log"
    async with processes.running(argv, log=log, is_ready=lambda line: "ready" in line):
        yield


async def _connect(system: System) -> Any:
    url = yaml.safe_load((system.folder / "server.yaml").read_text())["db"]["url"]
    return await psycopg.AsyncConnection.connect(url, autocommit=True)


async def _until(connection: Any, count: str, wanted: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECS
    while True:
        cursor = await connection.execute(count)
        (found,) = await cursor.fetchone()
        if found >= wanted:
            return
        if time.monotonic() > deadline:
            raise ProgramFailed(f"{found:,} of {wanted:,}: {count}")
        await asyncio.sleep(LOOK_SECS)
