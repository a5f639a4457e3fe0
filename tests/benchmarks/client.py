"""A client of the API, as a program that starts jobs and follows them."""

import json
import time
from typing import Any

import aiohttp
import attrs

from tests.benchmarks.processes import ProgramFailed


@attrs.frozen(kw_only=True)
class JobRun:
    """One job from trigger to end, in seconds since the trigger was sent."""

    job_id: str
    accepted: float
    first_line: float | None
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
        """Runs a task to its end, told by the log WebSocket. Raises `ProgramFailed` unless it completes."""
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
                    if event["status"] != "completed":
                        raise ProgramFailed(f"{task} {event['status']}: {await self.complaint(job_id)}")
                    return JobRun(job_id=job_id, accepted=accepted, first_line=first_line, ended=now)
                first_line = first_line or now
        raise ProgramFailed(f"the log of {task} broke off")

    async def complaint(self, job_id: str) -> str:
        """Why a job's steps failed."""
        job = await self.get(f"/api/jobs/{job_id}")
        errors = [f"{step['step_name']}: {step['error_message']}" for step in job["steps"] if step["error_message"]]
        return "; ".join(errors[:3])
