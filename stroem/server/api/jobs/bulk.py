"""Operations on many jobs at once."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Literal

import attrs
from aiohttp import web

from stroem.errors import BadRequest, StroemError
from stroem.rights.verbs import Verb
from stroem.server.api.jobs import reruns
from stroem.server.api.jobs.job_filters import JobFilterFields, job_filter
from stroem.server.api.rights.authorization import check_job
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.http.actor import actor_of
from stroem.server.http.audit.recording import leave_out, note
from stroem.server.keys import SERVICES
from stroem.store.jobs import jobs
from stroem.store.jobs.summaries import bulk_jobs
from stroem.store.jobs.summaries.bulk_jobs import BulkJob
from stroem.store.lists.first_import import import_lists

MOST_JOBS = 1000
"""Most jobs of one request."""
_LONGEST = 5
_AT_ONCE = 4
_LIVE = ("pending", "running")
_ENDED = tuple(status for status in jobs.STATUSES if status not in _LIVE)


@attrs.frozen(kw_only=True)
class BulkBody:
    """The jobs: either `ids`, or those of a `filter`, as of the list of jobs, whose state fits. At most 1,000.

    With `dry_run` nothing is done.
    """

    ids: tuple[uuid.UUID, ...] = ()
    filter: JobFilterFields | None = None
    dry_run: bool = False


@attrs.frozen(kw_only=True)
class LongJob:
    """A job, with the time in milliseconds since its start, or up to its end; null before its start."""

    job_id: uuid.UUID
    workspace: str
    task_name: str
    status: str
    duration_ms: float | None


@attrs.frozen(kw_only=True)
class BulkDone:
    """A job for which it was done. `new_job_id` is the job that runs it again."""

    job_id: uuid.UUID
    new_job_id: uuid.UUID | None = None


@attrs.frozen(kw_only=True)
class BulkFailure:
    """A job for which it failed. Others are not affected."""

    job_id: uuid.UUID
    error: str


@attrs.frozen(kw_only=True)
class BulkAnswer:
    """The number of the jobs, and the five that ran longest. `done` and `failures` are empty after a dry run."""

    status: Literal["planned", "done"]
    count: int
    longest: tuple[LongJob, ...]
    done: tuple[BulkDone, ...] = ()
    failures: tuple[BulkFailure, ...] = ()


Operation = Callable[[uuid.UUID], Awaitable[uuid.UUID | None]]


async def cancel(request: web.Request, body: BulkBody) -> BulkAnswer:
    """Cancels many live jobs. A failure of one does not stop the others."""
    canceller, actor = request.app[SERVICES].canceller, actor_of(request)

    async def cancel_one(job_id: uuid.UUID) -> None:
        await canceller.cancel(job_id, actor=actor)

    return await _answer(request, body, _LIVE, cancel_one, "job.cancel")


async def rerun(request: web.Request, body: BulkBody) -> BulkAnswer:
    """Runs many ended jobs again in the current releases. A failure of one does not stop the others."""

    async def rerun_one(job_id: uuid.UUID) -> uuid.UUID:
        return (await reruns.start(request, job_id, reruns.RerunBody())).job_id

    return await _answer(request, body, _ENDED, rerun_one, "job.run")


async def _answer(
    request: web.Request, body: BulkBody, statuses: tuple[str, ...], operate: Operation, verb: Verb
) -> BulkAnswer:
    chosen = await _chosen(request, body, statuses, verb)
    refused = await _refused(request, chosen, verb)
    ids = [job_id for job_id in chosen if job_id not in refused]
    async with request.app[SERVICES].database.read() as connection:
        longest = await bulk_jobs.longest(connection, ids, _LONGEST)
    shown = tuple(_long_job(one) for one in longest)
    note(request, after={"count": len(ids), "jobs": [str(one) for one in ids]})
    if body.dry_run:
        leave_out(request)
        return BulkAnswer(status="planned", count=len(ids), longest=shown)
    done: list[BulkDone] = []
    failures = [BulkFailure(job_id=job_id, error=error) for job_id, error in refused.items()]
    rest = iter(ids)

    async def work() -> None:
        for job_id in rest:
            try:
                done.append(BulkDone(job_id=job_id, new_job_id=await operate(job_id)))
            except StroemError as error:
                failures.append(BulkFailure(job_id=job_id, error=str(error)))

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(work())
    return BulkAnswer(status="done", count=len(ids), longest=shown, done=tuple(done), failures=tuple(failures))


async def _refused(request: web.Request, ids: Sequence[uuid.UUID], verb: Verb) -> dict[uuid.UUID, str]:
    """The jobs for which the client has not the verb, with the errors."""
    if reach_for(request, verb) is None:
        return {}
    refused: dict[uuid.UUID, str] = {}
    async with request.app[SERVICES].database.read() as connection:
        tasks = await jobs.tasks_of(connection, ids)
    for job_id in ids:
        try:
            check_job(request, job_id, tasks.get(job_id), verb)
        except StroemError as error:
            refused[job_id] = str(error)
    return refused


async def _chosen(request: web.Request, body: BulkBody, statuses: tuple[str, ...], verb: Verb) -> list[uuid.UUID]:
    """Ids of the jobs, each once. Raises `BadRequest`."""
    if bool(body.ids) == (body.filter is not None):
        raise BadRequest(message="Either ids or filter is required")
    if body.filter is None:
        return _bounded(dict.fromkeys(body.ids))
    await import_lists()
    from stroem.store.lists import job_list  # not at the start: see `import_lists`

    wanted = job_filter(request, body.filter, verb)
    fitting = tuple(one for one in statuses if one in wanted.statuses or not wanted.statuses)
    if not fitting:
        return []
    async with request.app[SERVICES].database.read() as connection:
        found = await job_list.matching_ids(connection, attrs.evolve(wanted, statuses=fitting), MOST_JOBS + 1)
    return _bounded(found)


def _bounded(ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    found = list(ids)
    if len(found) > MOST_JOBS:
        raise BadRequest(message=f"More than {MOST_JOBS} jobs; choose fewer, for example by a time")
    return found


def _long_job(one: BulkJob) -> LongJob:
    return LongJob(
        job_id=one.id, workspace=one.workspace, task_name=one.task, status=one.status, duration_ms=one.duration_ms
    )
