"""Filters of jobs, as requests name them."""

import datetime
import uuid

import attrs
from aiohttp import web

from stroem.conversion.constraints import Count32
from stroem.errors import BadRequest
from stroem.registry.registry import Registry
from stroem.rights.reach import Reach, is_reached
from stroem.rights.verbs import Verb
from stroem.server.api.lookup import check_visible, current_definitions
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.keys import REGISTRY
from stroem.store.jobs import jobs
from stroem.store.lists.job_filter import JobFilter

SOURCE_TYPES = (
    "api",
    "trigger",
    "webhook",
    "task",
    "hook",
    "user",
    "mcp",
    "agent_tool",
    "event_source",
    "retry",
    "upload",
    "rerun",
    "restart",
    "options",
)
_LONGEST_SEARCH = 200
_LONGEST_REVISION = 200
_SHORTEST_REVISION = 4
_MOST_TASKS = 200
"""Most tasks of a folder."""


@attrs.frozen(kw_only=True)
class JobFilterFields:
    """A filter of jobs. Empty fields do not filter.

    `status` may list several with commas. `folder` stands for the tasks in it and in the folders inside. `who` is a
    person, a trigger (`nightly` with a workspace, else `main/nightly`) or the id of a job. `source_job_id` is the job
    that started the jobs, or that they run again. `release` is the number of a release of the workspace, `revision` the
    beginning of a commit, of at least four characters. `from` and `to` bound `created_at`, the end excluded. `search`
    matches task, workspace, source, id and error texts, of the newest 20,000 jobs that pass the rest of the filter;
    beginnings of ids are found among all.
    """

    workspace: str = ""
    task_name: str = ""
    folder: str = ""
    status: str = ""
    source_type: str = ""
    who: str = ""
    source_job_id: uuid.UUID | None = None
    release: Count32 | None = None
    revision: str = ""
    from_: datetime.datetime | None = None
    to: datetime.datetime | None = None
    search: str = ""


def job_filter(request: web.Request, given: JobFilterFields, verb: Verb = "job.read") -> JobFilter:
    """The filter for the store, of jobs for which the client has the verb.

    Raises `BadRequest`, and `NotFound` and `Unavailable` for the workspace of a folder.
    """
    _check(given, request.app[REGISTRY])
    reach = reach_for(request, verb)
    starters = (given.who, f"{given.workspace}/{given.who}") if given.who and given.workspace else (given.who,)
    return JobFilter(
        workspace=given.workspace or None,
        tasks=_tasks(request, given, reach),
        statuses=tuple(dict.fromkeys(given.status.split(","))) if given.status else (),
        source_type=given.source_type or None,
        starters=starters if given.who else (),
        source_job=given.source_job_id,
        release=given.release,
        revision=given.revision or None,
        since=utc(given.from_),
        until=utc(given.to),
        search=given.search or None,
        reach=reach,
    )


def utc(at: datetime.datetime | None) -> datetime.datetime | None:
    """The time with its zone, UTC if it has none."""
    return at.replace(tzinfo=datetime.UTC) if at is not None and at.tzinfo is None else at


def _tasks(request: web.Request, given: JobFilterFields, reach: Reach | None) -> tuple[str, ...] | None:
    if given.task_name:
        return (given.task_name,)
    if not given.folder:
        return None
    folder = given.folder.strip("/")
    check_visible(request, given.workspace)
    tasks = current_definitions(request.app, given.workspace).tasks
    inside = (key for key, task in tasks.items() if f"{task.folder or ''}/".startswith(f"{folder}/"))
    found = tuple(key for key in inside if is_reached(reach, given.workspace, key))
    if len(found) > _MOST_TASKS:
        raise BadRequest(message=f"folder {folder!r} has {len(found)} tasks; a filter takes at most {_MOST_TASKS}")
    return found


def _check(given: JobFilterFields, registry: Registry) -> None:
    for name in ("task_name", "folder", "release"):
        if getattr(given, name) not in (None, "") and not given.workspace:
            raise BadRequest(message=f"{name} needs workspace beside it")
    if given.task_name and given.folder:
        raise BadRequest(message="task_name and folder exclude each other")
    if unknown := [one for one in given.status.split(",") if given.status and one not in jobs.STATUSES]:
        raise BadRequest(message=f"Unknown status {unknown[0]!r}; known are {', '.join(jobs.STATUSES)}")
    if given.source_type and given.source_type not in SOURCE_TYPES:
        kind = registry.trigger_types.get(given.source_type)
        meant = f"; jobs of triggers of type {kind.name} have {kind.source_type!r}" if kind else ""
        raise BadRequest(message=f"Unknown source_type{meant}; known are {', '.join(SOURCE_TYPES)}")
    if given.revision and not _SHORTEST_REVISION <= len(given.revision) <= _LONGEST_REVISION:
        raise BadRequest(message=f"revision has {_SHORTEST_REVISION} to {_LONGEST_REVISION} characters of a commit")
    if len(given.search.encode()) > _LONGEST_SEARCH:
        raise BadRequest(message=f"search is longer than {_LONGEST_SEARCH} bytes")
    texts = (given.workspace, given.task_name, given.folder, given.who, given.revision, given.search)
    if any("\x00" in text for text in texts):
        raise BadRequest(message="The query holds a NUL character")
