"""Watching one job until it is over."""

import asyncio
from typing import TYPE_CHECKING, Any

from stroem.cli.client.reconnect import Patience
from stroem.cli.client.streams import follow
from stroem.cli.output.job_view import Screen
from stroem.cli.output.output import coloured, echo, one_line, took
from stroem.cli.program import exit_codes
from stroem.cli.program.errors import Unreachable

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

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
        if job["status"] in exit_codes.TERMINAL:
            return job
        await asyncio.sleep(max(SHORTEST_INTERVAL, (clock() - asked) * COST_SHARE))


def end_of(job: dict[str, Any]) -> int:
    """Says on stderr how a job ended and which steps failed. Returns the exit code of its status."""
    echo(f"Job {job['job_id']} {coloured(job['status'])} after {took(job)}", err=True)
    for step in job["steps"]:
        if step["status"] == "failed":
            echo(f"  {one_line(step['step_name'])}: {one_line(step.get('error_message') or 'failed')}", err=True)
    return exit_codes.TERMINAL.get(job["status"], exit_codes.FAILED)
