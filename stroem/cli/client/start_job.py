"""Starting a job, and telling how it goes."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from stroem.cli.client.task_input import Given, given_input, split_pairs, typed_pairs
from stroem.cli.client.watch_job import SERVER_STEP, end_of, watch_log
from stroem.cli.output.job_view import Screen
from stroem.cli.output.output import echo, one_line
from stroem.conversion.text import visible_json

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@attrs.frozen(kw_only=True)
class Wish:
    """A job that somebody wants: the task, and its input as far as it needs no knowledge of the task."""

    workspace: str | None
    task: str
    given: Given
    texts: Mapping[str, Sequence[str]]


def wish(
    workspace: str | None, task: str, pairs: Sequence[str], input_json: str | None, input_file: str | None
) -> Wish:
    """What the arguments of a command ask for. Raises `click.UsageError`."""
    given = given_input(input_file, input_json)
    return Wish(workspace=workspace, task=task, given=given, texts=split_pairs(pairs))


async def start_job(client: "Client", wanted: Wish) -> dict[str, Any]:
    """Starts the job; the answer has `job_id`. Warnings of the server go to stderr."""
    path = ("workspaces", await client.workspace(wanted.workspace), "tasks", wanted.task)
    fields = (await client.get(*path))["input"] if wanted.texts or wanted.given.scalars else {}
    body = {"input": {**wanted.given.typed(fields), **typed_pairs(wanted.texts, fields)}}
    started: dict[str, Any] = await client.post(*path, "execute", body=body)
    for warning in started.get("warnings") or ():
        echo(f"Warning: {one_line(warning)}", err=True)
    return started


async def see_to_end(client: "Client", job_id: str, screen: Screen, *, as_json: bool) -> int:
    """Shows a job until it ends, then how it ended. Returns the exit code of its status."""
    step = None if screen.wants_log else SERVER_STEP
    try:
        with screen:
            job = await watch_log(client, job_id, screen, step=step)
    except asyncio.CancelledError:  # Ctrl-C
        echo(f"Job {job_id} goes on. See: stroem logs {job_id} --follow; stroem cancel {job_id}", err=True)
        raise
    if as_json:
        echo(visible_json({"event": "end", "job": job}))
    elif job.get("output") is not None:
        echo(f"Output: {visible_json(job['output'])}", err=True)
    return end_of(job)
