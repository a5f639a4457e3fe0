"""Clients that send signals, answer approvals, and pause and resume jobs and steps."""

import asyncio
import random
import uuid
from collections.abc import Mapping
from typing import Any

import attrs
import psycopg
from psycopg.rows import dict_row

from tests.crash.cluster import NO_ANSWER, Cluster
from tests.crash.flow_workload import SIGNAL

INTERVAL_SECS = 0.3
ANSWERED, PAUSED, RESUMED = 0.2, 0.1, 0.5
"""How likely a step is answered, a job or step paused, and each of them resumed, in an interval."""
_WAITING = """
    SELECT j.id, (j.input ->> 'number')::int AS number, s.waits_for FROM steps s JOIN jobs j ON j.id = s.job_id
    WHERE s.status = 'suspended'
"""
_LIVE = """
    SELECT id, task, paused_at IS NOT NULL AS paused, coalesce(holds, '[]') AS holds FROM jobs
    WHERE status IN ('pending', 'running')
"""


@attrs.define
class People:
    """One of each kind. A request without an answer is made again if the job still needs it."""

    cluster: Cluster
    chance: random.Random
    pauses: bool = True

    async def run(self) -> None:
        """Looks at all jobs at intervals until it is cancelled."""
        url = self.cluster.database_url
        async with await psycopg.AsyncConnection.connect(url, autocommit=True, row_factory=dict_row) as connection:
            while True:
                for waiting in await (await connection.execute(_WAITING)).fetchall():
                    await self._answer(waiting)
                for job in await (await connection.execute(_LIVE)).fetchall():
                    await self._resume(job)
                    if self.pauses and self.chance.random() < PAUSED:
                        await self._pause(job)
                await asyncio.sleep(INTERVAL_SECS)

    async def signal(self, job_id: uuid.UUID, number: int) -> None:
        """Sends the signal to a job."""
        await self._post(f"/api/jobs/{job_id}/signals/{SIGNAL}", {"payload": {"for": number}})

    async def _answer(self, waiting: Mapping[str, Any]) -> None:
        if waiting["waits_for"] == f"signal:{SIGNAL}":
            await self.signal(waiting["id"], waiting["number"])
        elif waiting["waits_for"] == "approval" and self.chance.random() < ANSWERED:
            await self._post(f"/api/jobs/{waiting['id']}/steps/ask/approve", {"approved": True})

    async def _resume(self, job: Mapping[str, Any]) -> None:
        if job["paused"] and self.chance.random() < RESUMED:
            await self._post(f"/api/jobs/{job['id']}/resume")
        for hold in job["holds"]:
            if self.chance.random() < RESUMED:
                await self._post(f"/api/jobs/{job['id']}/steps/{hold['step']}/resume")

    async def _pause(self, job: Mapping[str, Any]) -> None:
        step = self.chance.choice(("", "/steps/last"))
        if not job["task"].startswith("_hook:"):
            await self._post(f"/api/jobs/{job['id']}{step}/pause")

    async def _post(self, path: str, body: object = None) -> None:
        try:
            await self.cluster.post(path, body)
        except NO_ANSWER:
            pass
