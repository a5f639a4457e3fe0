"""Events per second of an event source, until their jobs are in the database."""

import asyncio
import time

import psycopg

from tests.benchmarks.bench import Bench
from tests.benchmarks.processes import ProgramFailed
from tests.benchmarks.system import open_system
from tests.benchmarks.table import Row, at_least

NAME = "events"
EVENTS, BATCH = 5_000, 100
TARGET = 500
LOOK_SECS, PATIENCE_SECS = 0.02, 80

WORKFLOW = """\
actions:
  burst:
    type: script
    language: python
    script: |
      import os, sys, time
      while not os.path.exists({gate!r}):
          time.sleep(0.01)
      for n in range({events}):
          print('EVENT: {{"id": "%d", "data": {{"n": %d}}}}' % (n, n))
      sys.stdout.flush()
      time.sleep(3600)
  elsewhere: {{type: script, script: "true", tags: [elsewhere]}}
tasks:
  burst: {{flow: {{burst: {{action: burst}}}}}}
  handle:
    input: {{n: {{type: integer}}}}
    flow: {{handle: {{action: elsewhere}}}}
triggers:
  numbers: {{type: event_source, task: burst, target_task: handle}}
"""


async def measure(bench: Bench) -> list[Row]:
    """A burst of events of one consumer, whose jobs wait for a worker that does not come."""
    gate = bench.folder(NAME) / "gate"
    workflow = WORKFLOW.format(gate=str(gate), events=EVENTS)
    async with open_system(bench, NAME, {"events.yaml": workflow}) as system:
        await _until_begun(system.client)
        url = await _address(bench)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            async with system.watched(NAME) as usage:
                begun = time.perf_counter()
                gate.touch()
                await _until_durable(connection)
                seconds = time.perf_counter() - begun
            limit = EVENTS / await _bare_secs(connection)
    rate = EVENTS / seconds
    row = Row(
        line=f"{EVENTS:,} events of one consumer to jobs",
        figure=f"{rate:,.0f} events/s",
        limit=f"{limit:,.0f} bare inserts/s",
        ratio=f"{rate / limit:.1%}",
        target=f"{TARGET} events/s",
        verdict=at_least(rate, TARGET),
        values={"events_per_sec": rate, "bare_per_sec": limit},
        notes=(usage.note(EVENTS, "event"),),
    )
    return [row]


async def _until_begun(client: object) -> None:
    deadline = time.monotonic() + PATIENCE_SECS
    while True:
        found = await client.get("/api/workspaces/default/triggers/numbers")  # type: ignore[attr-defined]
        if (found.get("consumer") or {}).get("state") == "running":
            return
        if time.monotonic() > deadline:
            raise ProgramFailed("the consumer does not run")
        await asyncio.sleep(LOOK_SECS)


async def _address(bench: Bench) -> str:
    """The address of the newest database of the run."""
    query = "SELECT datname FROM pg_database WHERE datname LIKE 'bench_%' ORDER BY oid DESC LIMIT 1"
    async with await psycopg.AsyncConnection.connect(bench.postgres_url, autocommit=True) as connection:
        row = await (await connection.execute(query)).fetchone()
    assert row is not None
    return bench.postgres_url.replace("/postgres?", f"/{row[0]}?")


async def _until_durable(connection: "psycopg.AsyncConnection[tuple[object, ...]]") -> None:
    """Waits until each event has a job with a step."""
    query = "SELECT count(*) FROM trigger_fires f JOIN steps s ON s.job_id = f.job_id WHERE f.verdict = 'started'"
    deadline = time.monotonic() + PATIENCE_SECS
    while True:
        row = await (await connection.execute(query)).fetchone()
        if row == (EVENTS,):
            return
        if time.monotonic() > deadline:
            raise ProgramFailed(f"{row} of {EVENTS} events have a job")
        await asyncio.sleep(LOOK_SECS)


async def _bare_secs(connection: "psycopg.AsyncConnection[tuple[object, ...]]") -> float:
    """Seconds to insert as many rows of jobs and steps into tables like theirs, in transactions of the same size."""
    for table in ("jobs", "steps"):
        await connection.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)".encode())
    rows = await (await connection.execute("SELECT id FROM jobs WHERE task = 'handle'")).fetchall()
    begun = time.perf_counter()
    for at in range(0, len(rows), BATCH):
        async with connection.transaction(), connection.pipeline():
            for row in rows[at : at + BATCH]:
                await connection.execute("INSERT INTO bare_jobs SELECT * FROM jobs WHERE id = %s", row)
                await connection.execute("INSERT INTO bare_steps SELECT * FROM steps WHERE job_id = %s", row)
    return time.perf_counter() - begun
