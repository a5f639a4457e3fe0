"""Watching a job to its end."""

import asyncio
from typing import TYPE_CHECKING, Any

from stroem.cli.client.reconnect import Reconnect
from stroem.cli.client.streams import follow
from stroem.cli.client.unmet_needs import tell_unmet_needs
from stroem.cli.output import exit_codes
from stroem.cli.output.errors import Unreachable
from stroem.cli.output.job_view import JobView
from stroem.cli.output.output import coloured, echo, one_line, took

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

SERVER_STEP = "_server"
SHORTEST_INTERVAL = 0.25
COST_SHARE = 10
"""The wait between requests is ten times their duration: a job of 10,000 steps is polled less often."""


async def watch_log(
    client: "Client", job_id: str, view: JobView, *, after: int = 0, step: str | None = None
) -> dict[str, Any]:
    """Shows the log from position `after`, and the steps, to the job's end. Returns the ended job."""
    heard = asyncio.Event()
    beside: list[asyncio.Task[Any]] = [asyncio.create_task(tell_unmet_needs(client, job_id, heard, view.note))]
    if view.wants_steps:
        beside.append(asyncio.create_task(watch_steps(client, job_id, view)))
    try:
        async for frame in follow(client, job_id, after=after, step=step):
            if frame["event"] == "log":
                heard.set()
                view.log(frame["data"])
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
    return await watch_steps(client, job_id, view)


async def watch_steps(client: "Client", job_id: str, view: JobView) -> dict[str, Any]:
    """Shows the steps, without the log, to the job's end. Returns the ended job."""
    clock, reconnect = asyncio.get_running_loop().time, Reconnect(client.address.url)
    while True:
        asked = clock()
        try:
            job: dict[str, Any] = await client.get("jobs", job_id)
        except Unreachable as error:
            await reconnect.lost(error.message.partition("\n")[0])
            continue
        reconnect.answered()
        view.steps(job)
        if job["status"] in exit_codes.TERMINAL:
            return job
        await asyncio.sleep(max(SHORTEST_INTERVAL, (clock() - asked) * COST_SHARE))


def end_of(job: dict[str, Any]) -> int:
    """Prints a job's result and failed steps on stderr. Returns the exit code of its status."""
    echo(f"Job {job['job_id']} {coloured(job['status'])} after {took(job)}", err=True)
    if job["status"] == "failed" and job.get("error_message"):
        echo(f"  {one_line(job['error_message'])}", err=True)
    for step in job["steps"]:
        if step["status"] == "failed":
            echo(f"  {one_line(step['step_name'])}: {one_line(step.get('error_message') or 'failed')}", err=True)
    return exit_codes.TERMINAL.get(job["status"], exit_codes.FAILED)
