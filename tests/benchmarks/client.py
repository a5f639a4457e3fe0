"""A client of the API, as a program that starts jobs and follows them."""

import asyncio
import json
import time
from datetime import datetime
from typing import Any

import aiohttp
import attrs

from tests.benchmarks.processes import ProgramFailed

LOOK_SECS = 0.1


@attrs.frozen(kw_only=True)
class JobRun:
    """One job, in seconds since the trigger was sent. `first_line` is known of those that were followed."""

    job_id: str
    accepted: float
    first_line: float | None = None
    ended: float


@attrs.frozen
class Client:
    """One client with its connections."""

    session: aiohttp.ClientSession
    workspace: str

    async def get(self, path: str) -> Any:
        """What a GET answers. Raises `ProgramFailed` when that is an error."""
        async with self.session.get(path) as response:
            if response.status != 200:
                raise ProgramFailed(f"GET {path}: {response.status} {await response.text()}")
            return await response.json()

    async def trigger(self, task: str) -> str:
        """Starts a job and returns its id."""
        path = f"/api/workspaces/{self.workspace}/tasks/{task}/execute"
        async with self.session.post(path, json={"input": {}}) as response:
            if response.status != 200:
                raise ProgramFailed(f"POST {path}: {response.status} {await response.text()}")
            return str((await response.json())["job_id"])

    async def run(self, task: str) -> JobRun:
        """Runs a task to its end, which nobody watches: how long it took is told by the times that the job keeps,
        and those of the trigger. Raises `ProgramFailed` unless it completes.
        """
        begun = time.perf_counter()
        job_id = await self.trigger(task)
        accepted = time.perf_counter() - begun
        job: dict[str, Any] = {}
        while not job.get("completed_at"):
            await asyncio.sleep(LOOK_SECS)
            jobs = await self.get(f"/api/jobs?workspace={self.workspace}&task_name={task}&limit=1")
            job = jobs["items"][0]
        await self._check(job_id, job["status"])
        ran = datetime.fromisoformat(job["completed_at"]) - datetime.fromisoformat(job["created_at"])
        return JobRun(job_id=job_id, accepted=accepted, ended=accepted + ran.total_seconds())

    async def follow(self, task: str) -> JobRun:
        """Runs a task and follows its log over a WebSocket to the end. Raises `ProgramFailed` unless it completes."""
        begun = time.perf_counter()
        job_id = await self.trigger(task)
        accepted = time.perf_counter() - begun
        first_line: float | None = None
        path = f"/api/jobs/{job_id}/logs/stream"
        async with self.session.ws_connect(path, params={"events": "true"}, max_msg_size=0) as socket:
            async for message in socket:
                now = time.perf_counter() - begun
                event = json.loads(message.data)
                if event["event"] == "end":
                    await self._check(job_id, event["status"])
                    return JobRun(job_id=job_id, accepted=accepted, first_line=first_line, ended=now)
                first_line = first_line or now
        raise ProgramFailed(f"the log of {task} broke off")

    async def _check(self, job_id: str, status: str) -> None:
        if status != "completed":
            raise ProgramFailed(f"job {job_id} {status}: {await self.complaint(job_id)}")

    async def complaint(self, job_id: str) -> str:
        """Why a job's steps failed."""
        job = await self.get(f"/api/jobs/{job_id}")
        errors = [f"{step['step_name']}: {step['error_message']}" for step in job["steps"] if step["error_message"]]
        return "; ".join(errors[:3])
