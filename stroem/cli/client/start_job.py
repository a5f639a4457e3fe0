"""Start of a job, and its progress to the end."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from stroem.cli.client.task_input import GivenInput, given_input, split_pairs, typed_pairs
from stroem.cli.client.watch_job import SERVER_STEP, end_of, watch_log
from stroem.cli.output.job_view import JobView
from stroem.cli.output.output import echo, one_line
from stroem.conversion.text import visible_json

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@attrs.frozen(kw_only=True)
class JobRequest:
    """Request for a job. `texts` are the values of KEY=VALUE arguments, not yet converted by the task's types.

    The steps of `pause_before` are held when their turn comes.
    """

    workspace: str | None
    task: str
    given: GivenInput
    texts: Mapping[str, Sequence[str]]
    pause_before: Sequence[str] = ()


def job_request(
    workspace: str | None, task: str, pairs: Sequence[str], input_json: str | None, input_file: str | None
) -> JobRequest:
    """The job request in a command's arguments. Raises `click.UsageError`."""
    given = given_input(input_file, input_json)
    return JobRequest(workspace=workspace, task=task, given=given, texts=split_pairs(pairs))


async def start_job(client: "Client", request: JobRequest) -> dict[str, Any]:
    """Starts a job; the answer has `job_id`. Warnings of the server are printed on stderr."""
    path = ("workspaces", await client.workspace(request.workspace), "tasks", request.task)
    fields = (await client.get(*path))["input"] if request.texts or request.given.scalars else {}
    body: dict[str, Any] = {"input": {**request.given.typed(fields), **typed_pairs(request.texts, fields)}}
    if request.pause_before:
        body["pause_before"] = list(request.pause_before)
    started: dict[str, Any] = await client.post(*path, "execute", body=body)
    for warning in started.get("warnings") or ():
        echo(f"Warning: {one_line(warning)}", err=True)
    return started


async def watch_to_end(client: "Client", job_id: str, view: JobView, *, as_json: bool) -> int:
    """Shows a job until its end, then its result. Returns the exit code of its status."""
    step = None if view.wants_log else SERVER_STEP
    try:
        with view:
            job = await watch_log(client, job_id, view, step=step)
    except asyncio.CancelledError:  # Ctrl-C
        echo(f"Job {job_id} goes on. See: stroem logs {job_id} --follow; stroem cancel {job_id}", err=True)
        raise
    if as_json:
        echo(visible_json({"event": "end", "job": job}))
    elif job.get("output") is not None:
        echo(f"Output: {visible_json(job['output'])}", err=True)
    return end_of(job)
