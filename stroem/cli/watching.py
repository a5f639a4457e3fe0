"""Watching one job until it is over."""

import asyncio
from typing import TYPE_CHECKING, Any

from stroem.cli import exits
from stroem.cli.failure import Unreachable
from stroem.cli.follow import follow
from stroem.cli.output import coloured, echo, one_line, took
from stroem.cli.patience import Patience
from stroem.cli.screen import Screen

if TYPE_CHECKING:
    from stroem.cli.client import Client

SERVER_STEP = "_server"
SHORTEST_INTERVAL = 0.25
COST_SHARE = 10
"""Asking for the steps may take a tenth of the time: a job of 10,000 steps is asked for less often."""


async def watch_log(
    client: "Client", job_id: str, screen: Screen, *, after: int = 0, step: str | None = None
) -> dict[str, Any]:
    """Shows the log from a position on, and the steps, to the job's end. Returns the job as it ended."""
    looking = asyncio.create_task(watch_steps(client, job_id, screen)) if screen.wants_steps else None
    try:
        async for frame in follow(client, job_id, after=after, step=step):
            if frame["event"] == "log":
                screen.log(frame["data"])
    finally:
        if looking is not None:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
    return await watch_steps(client, job_id, screen)


async def watch_steps(client: "Client", job_id: str, screen: Screen) -> dict[str, Any]:
    """Shows how the steps stand, without the log, to the job's end. Returns the job as it ended."""
    clock, patience = asyncio.get_running_loop().time, Patience(client.address.url)
    while True:
        asked = clock()
        try:
            job: dict[str, Any] = await client.get("jobs", job_id)
        except Unreachable as error:
            await patience.lost(error.message.partition("\n")[0])
            continue
        patience.found()
        screen.steps(job)
        if job["status"] in exits.TERMINAL:
            return job
        await asyncio.sleep(max(SHORTEST_INTERVAL, (clock() - asked) * COST_SHARE))


def end_of(job: dict[str, Any]) -> int:
    """Says on stderr how a job ended and which steps failed. Returns the exit code of its status."""
    echo(f"Job {job['job_id']} {coloured(job['status'])} after {took(job)}", err=True)
    for step in job["steps"]:
        if step["status"] == "failed":
            echo(f"  {one_line(step['step_name'])}: {one_line(step.get('error_message') or 'failed')}", err=True)
    return exits.TERMINAL.get(job["status"], exits.FAILED)
