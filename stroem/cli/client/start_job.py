"""Start of a job, and its progress to the end."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import attrs

from stroem.cli.client.task_input import GivenInput, given_input, split_pairs, typed_pairs
from stroem.cli.client.watch_job import SERVER_STEP, end_of, watch_log, watch_steps
from stroem.cli.output import exit_codes
from stroem.cli.output.errors import Denied
from stroem.cli.output.job_view import JobView
from stroem.cli.output.output import echo, one_line
from stroem.conversion.text import visible_json

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@attrs.frozen(kw_only=True)
class JobRequest:
    """Request for a job. `texts` are the values of KEY=VALUE arguments, not yet converted by the task's types.

    With `no_cache` no earlier results of steps are used. The steps of `pause_before` are held when their turn comes.
    """

    workspace: str | None
    task: str
    given: GivenInput
    texts: Mapping[str, Sequence[str]]
    no_cache: bool = False
    priority: int | None = None
    pause_before: Sequence[str] = ()


def job_request(
    workspace: str | None,
    task: str,
    pairs: Sequence[str],
    input_json: str | None,
    input_file: str | None,
    *,
    no_cache: bool = False,
    priority: int | None = None,
) -> JobRequest:
    """The job request in a command's arguments. Raises `click.UsageError`."""
    given = given_input(input_file, input_json)
    texts = split_pairs(pairs)
    return JobRequest(workspace=workspace, task=task, given=given, texts=texts, no_cache=no_cache, priority=priority)


async def start_job(client: "Client", request: JobRequest) -> dict[str, Any]:
    """Starts a job; the answer has `job_id`. Warnings of the server are printed on stderr."""
    started = await _post(client, request, "execute")
    print_warnings(started)
    return started


async def dry_run(client: "Client", request: JobRequest) -> dict[str, Any]:
    """Requests the dry run of a job. Prints the warnings of the server on stderr."""
    found = await _post(client, request, "dry-run")
    print_warnings(found)
    return found


async def _post(client: "Client", request: JobRequest, verb: str) -> dict[str, Any]:
    path = ("workspaces", await client.workspace(request.workspace), "tasks", request.task)
    fields = (await client.get(*path))["input"] if request.texts or request.given.scalars else {}
    body: dict[str, Any] = {"input": {**request.given.typed(fields), **typed_pairs(request.texts, fields)}}
    if request.no_cache:
        body["cache"] = False
    if request.priority is not None:
        body["priority"] = request.priority
    if request.pause_before:
        body["pause_before"] = list(request.pause_before)
    answer: dict[str, Any] = await client.post(*path, verb, body=body)
    return answer


def print_warnings(answer: Mapping[str, Any]) -> None:
    """Prints the warnings of an answer on stderr."""
    for warning in answer.get("warnings") or ():
        echo(f"Warning: {one_line(warning)}", err=True)


def _nothing(job_id: str, view: JobView) -> AbstractAsyncContextManager[None]:
    return nullcontext()


async def watch_to_last(
    client: "Client",
    job_id: str,
    new_view: Callable[[], JobView],
    *,
    as_json: bool,
    around: Callable[[str, JobView], AbstractAsyncContextManager[Any]] = _nothing,
) -> int:
    """Shows a job and its retries until the last has ended, and their results. Returns the exit code of the last one.

    Each job is watched inside the context that `around` makes for its id and its view.
    """
    following: str | None = job_id
    watched: set[str] = set()
    code = exit_codes.OK
    while following is not None and following not in watched:
        watched.add(following)
        view = new_view()
        async with around(following, view):
            job = await _watch(client, following, view, as_json=as_json)
        code, following = end_of(job), job["retry_job_id"]
        if following is not None:
            echo(f"Job {one_line(following)} tries again", err=True)
    return code


async def _watch(client: "Client", job_id: str, view: JobView, *, as_json: bool) -> dict[str, Any]:
    """Shows a job until its end, then its output."""
    try:
        with view:
            job = await _watch_by_rights(client, job_id, view)
    except asyncio.CancelledError:  # Ctrl-C
        echo(f"Job {job_id} goes on. See: stroem logs {job_id} --follow; stroem cancel {job_id}", err=True)
        raise
    if as_json:
        echo(visible_json({"event": "end", "job": job}))
    elif job.get("output") is not None:
        echo(f"Output: {visible_json(job['output'])}", err=True)
    return job


async def _watch_by_rights(client: "Client", job_id: str, view: JobView) -> dict[str, Any]:
    """Watches a job by its log, or by its steps if its log may not be read and nobody wants it."""
    try:
        return await watch_log(client, job_id, view, step=None if view.wants_log else SERVER_STEP)
    except Denied:
        if view.wants_log:
            echo(
                f"Job {job_id} goes on. See: stroem status {job_id}; --wait in place of --follow needs no log", err=True
            )
            raise
    return await watch_steps(client, job_id, view)
