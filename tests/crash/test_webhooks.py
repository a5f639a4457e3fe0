"""A server is killed between the receipt of requests to a webhook and the answers: a retry makes no second job."""

import asyncio
from pathlib import Path

import aiohttp
import psycopg
import pytest

from tests.crash.site import Site
from tests.support.wait import eventually

pytestmark = pytest.mark.slow("kills programs, PostgreSQL and connections")

IDS, SENDERS, KILLS = 240, 24, 4
WORKFLOWS = """
tasks:
  take:
    input:
      number: {type: integer, required: true}
    flow:
      note: {type: script, script: "true", tags: [no-worker-has-this]}
triggers:
  orders:
    type: webhook
    name: orders
    task: take
    dedup: "{{ body.number }}"
    input: {number: "{{ body.number }}"}
"""


async def test_each_id_starts_one_job_although_the_server_is_killed(tmp_path: Path, database_url: str) -> None:
    site = Site(tmp_path, database_url)
    (tmp_path / "workspace" / ".workflows" / "webhooks.yaml").write_text(WORKFLOWS)
    answers: dict[int, str] = {}
    async with site, aiohttp.ClientSession(site.url, timeout=aiohttp.ClientTimeout(total=30)) as http:
        await site.server.up()

        async def send(number: int) -> None:
            """Sends until there is an answer."""

            async def answered() -> bool:
                try:
                    async with http.post("/hooks/orders", json={"number": number}) as response:
                        if response.status == 200:
                            answers[number] = (await response.json())["job_id"]
                        return response.status == 200
                except (aiohttp.ClientError, OSError, TimeoutError):
                    return False

            await eventually(answered, f"request {number} is answered", within=300)

        async def sender(first: int) -> None:
            for number in range(first, IDS, SENDERS):
                await send(number)

        async def killer() -> None:
            for kill in range(1, KILLS + 1):
                await eventually(lambda: len(answers) >= kill * IDS // (KILLS + 2), "some are answered", within=300)  # noqa: B023
                await site.server.kill()
                await site.server.up()

        await asyncio.gather(killer(), *(sender(first) for first in range(SENDERS)))
    jobs = await jobs_by_number(database_url)
    assert {number: len(ids) for number, ids in jobs.items()} == dict.fromkeys(range(IDS), 1)
    assert {number: ids[0] for number, ids in jobs.items()} == answers


async def jobs_by_number(database_url: str) -> dict[int, list[str]]:
    """The jobs of the webhook by the number in their input."""
    found: dict[int, list[str]] = {}
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        query = "SELECT (input ->> 'number')::int, id::text FROM jobs WHERE source_type = 'webhook' ORDER BY 1"
        for number, job_id in await (await connection.execute(query)).fetchall():
            found.setdefault(number, []).append(job_id)
    return found
