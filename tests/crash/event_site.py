"""Two servers and a worker with an event source, whose consumer numbers its events."""

import asyncio
import uuid
from collections import Counter
from pathlib import Path
from typing import Any, Self

import orjson
import psycopg
import yaml

from tests.crash.postgres import Postgres
from tests.crash.program import Program
from tests.crash.site import server_settings, worker_settings, write_settings
from tests.support.programs import free_port
from tests.support.wait import eventually

_CONSUMER = """
n=${STROEM_LAST_EVENT_ID:-0}
while [ $n -lt %d ]; do
  n=$((n + 1))
  echo "EVENT: {\\"id\\": \\"$n\\", \\"data\\": {\\"n\\": $n}}"
  sleep 0.05
done
exec sleep 3600
"""


class EventSite:
    """The processes on a PostgreSQL that can be killed; the consumer sends `events` events. `async with` stops all."""

    def __init__(self, folder: Path, postgres: Postgres, events: int, **trigger: Any) -> None:
        self._postgres = postgres
        self._events = events
        self._folder = folder
        _write_workspace(folder / "workspace", events, trigger)
        ports = [free_port() for _ in range(2)]
        servers = {f"server-{number}": self._server(f"server-{number}", port) for number, port in enumerate(ports)}
        settings = worker_settings(folder, f"http://127.0.0.1:{ports[0]}")
        self.programs = {
            **servers,
            "worker": Program(
                "worker",
                "--config",
                write_settings(folder, "worker", settings),
                ready="registered as worker",
                log=folder / "worker.log",
            ),
        }

    async def __aenter__(self) -> Self:
        await asyncio.gather(*(self.programs[name].up() for name in ("server-0", "server-1")))
        await self.programs["worker"].up()
        return self

    async def __aexit__(self, *_: object) -> None:
        for program in reversed(self.programs.values()):
            await program.close()

    async def kill(self, *victims: str) -> None:
        """kill -9 of these, and a start of each again."""
        for victim in victims:
            await (self._postgres.kill() if victim == "postgres" else self.programs[victim].kill())
        for victim in sorted(victims):  # PostgreSQL and servers first, the worker last
            await (self._postgres.up() if victim == "postgres" else self.programs[victim].up())

    async def has_jobs(self, count: int) -> None:
        """Waits until so many events have a job."""
        await eventually(lambda: self._has(count), f"{count} events have a job", within=240)

    async def jobs_by_number(self) -> Counter[int]:
        """The number of jobs of each event, by the event's number."""
        query = "SELECT (raw_input->>'n')::int FROM jobs WHERE task = 'handle'"
        async with await psycopg.AsyncConnection.connect(self._postgres.url) as connection:
            return Counter(row[0] for row in await (await connection.execute(query)).fetchall())

    async def live_jobs(self) -> int:
        """The number of live jobs of events."""
        query = "SELECT count(*) FROM jobs WHERE task = 'handle' AND status IN ('pending', 'running')"
        async with await psycopg.AsyncConnection.connect(self._postgres.url) as connection:
            row = await (await connection.execute(query)).fetchone()
            return int(row[0]) if row else 0

    async def consumers(self) -> list[uuid.UUID]:
        """The live consumers."""
        query = "SELECT id FROM jobs WHERE task = 'count' AND status IN ('pending', 'running')"
        async with await psycopg.AsyncConnection.connect(self._postgres.url) as connection:
            return [row[0] for row in await (await connection.execute(query)).fetchall()]

    async def _has(self, count: int) -> bool:
        try:
            return len(await self.jobs_by_number()) >= count
        except psycopg.Error:
            return False

    def _server(self, name: str, port: int) -> Program:
        settings = write_settings(self._folder, name, server_settings(self._folder, port, self._postgres.url))
        log = self._folder / f"{name}.log"
        return Program("server", "--config", settings, ready="server is ready", log=log)


def _write_workspace(folder: Path, events: int, trigger: dict[str, Any]) -> None:
    workflows = folder / ".workflows"
    workflows.mkdir(parents=True)
    document = {
        "actions": {
            "count": {"type": "script", "script": _CONSUMER % events},
            "handle": {"type": "script", "script": "true"},
        },
        "tasks": {
            "count": {"flow": {"count": {"action": "count"}}},
            "handle": {"input": {"n": {"type": "integer"}}, "flow": {"handle": {"action": "handle"}}},
        },
        "triggers": {
            "numbers": {
                "type": "event_source",
                "task": "count",
                "target_task": "handle",
                "backoff_secs": 1,
                **trigger,
            }
        },
    }
    (workflows / "main.yaml").write_text(yaml.safe_dump(orjson.loads(orjson.dumps(document))))
