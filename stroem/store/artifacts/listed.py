"""Lists of artifacts that count: those of the attempts with which their steps have completed."""

import datetime
import uuid
from collections.abc import Collection

import attrs

from stroem.rights.reach import Reach
from stroem.store.reached import reached
from stroem.store.statement import Connection, fetch_named

NO_STEP = -1
"""In the place of the step, of files that a job was started with. They count as soon as they are there."""

_COLUMNS = """
    a.id, a.job_id, a.workspace, a.task, a.step_name, a.name, a.content_type, a.size_bytes, a.blob, a.created_at,
    a.expires_at
    """
_COUNTING = """
    FROM artifacts a LEFT JOIN steps s ON s.job_id = a.job_id AND s.id = a.step AND s.attempt = a.attempt
        AND (s.status = 'completed' OR (s.status = 'running' AND s.id = ANY(%(ending)s)))
    """
_OF_JOB = f"""
    SELECT DISTINCT ON (a.name) {_COLUMNS} {_COUNTING}
    WHERE a.job_id = %(job)s AND (%(name)s::text IS NULL OR a.name = %(name)s)
      AND (s.id IS NOT NULL OR a.step = {NO_STEP})
    ORDER BY a.name, a.step = {NO_STEP}, s.completed_at DESC NULLS FIRST, a.step DESC LIMIT %(limit)s
    """
_OF_STEPS = f"""
    SELECT {_COLUMNS} {_COUNTING}
    WHERE (a.job_id, a.step) IN (SELECT * FROM unnest(%(jobs)s::uuid[], %(steps)s::integer[])) AND s.id IS NOT NULL
    ORDER BY a.name
    """  # noqa: S608 - constants
_OF_WORKSPACE = f"""
    SELECT {_COLUMNS}, j.status AS job_status {_COUNTING} JOIN jobs j ON j.id = a.job_id
    WHERE a.workspace = %(workspace)s AND (s.id IS NOT NULL OR a.step = {NO_STEP})
      AND (%(task)s::text IS NULL OR a.task = %(task)s)
      AND (%(name)s::text IS NULL OR a.name LIKE %(name)s)
      AND (%(step)s::text IS NULL OR a.step_name = %(step)s)
      AND (%(job_status)s::text IS NULL OR j.status = %(job_status)s)
      AND {{reached}}
      AND NOT EXISTS (
        SELECT FROM artifacts b JOIN steps t ON t.job_id = b.job_id AND t.id = b.step AND t.attempt = b.attempt
        WHERE b.job_id = a.job_id AND b.name = a.name AND t.status = 'completed'
          AND (t.completed_at, b.step) > (coalesce(s.completed_at, '-infinity'), a.step))
    ORDER BY a.created_at DESC, a.id LIMIT %(limit)s OFFSET %(offset)s
    """  # noqa: S608 - constants


@attrs.frozen(kw_only=True)
class ArtifactRow:
    """An artifact. `blob` is the SHA-256 of its content; `step_name` the path of its step."""

    id: uuid.UUID
    job_id: uuid.UUID
    workspace: str
    task: str
    step_name: str
    name: str
    content_type: str
    size_bytes: int
    blob: str
    created_at: datetime.datetime
    expires_at: datetime.datetime | None
    job_status: str | None = None


@attrs.frozen(kw_only=True)
class ArtifactFilter:
    """Filter of the artifacts of a workspace. In `name`, `*` stands for any characters. None as `reach` is all."""

    workspace: str
    task: str | None = None
    name: str | None = None
    step: str | None = None
    job_status: str | None = None
    limit: int = 50
    offset: int = 0
    reach: Reach | None = None


async def artifacts_of_job(
    connection: Connection,
    job_id: uuid.UUID,
    name: str | None = None,
    ending: Collection[int] = (),
    limit: int | None = None,
) -> list[ArtifactRow]:
    """The artifacts of a job by name; of several with one name, that of the step that completed last.

    `ending` are running steps that complete in this transaction.
    """
    rows = await fetch_named(connection, _OF_JOB, {"job": job_id, "name": name, "ending": list(ending), "limit": limit})
    return [ArtifactRow(**row) for row in rows]


async def artifacts_of_steps(connection: Connection, steps: Collection[tuple[uuid.UUID, int]]) -> list[ArtifactRow]:
    """The artifacts of completed steps, by name."""
    if not steps:
        return []
    values = {"jobs": [one[0] for one in steps], "steps": [one[1] for one in steps], "ending": []}
    return [ArtifactRow(**row) for row in await fetch_named(connection, _OF_STEPS, values)]


async def artifacts_of_workspace(connection: Connection, wanted: ArtifactFilter) -> list[ArtifactRow]:
    """A page of the artifacts of a workspace, newest first."""
    condition, parameters = reached(wanted.reach, "a")
    values = {**attrs.asdict(wanted, recurse=False), "ending": [], **parameters}
    values["name"] = None if wanted.name is None else _like(wanted.name)
    query = _OF_WORKSPACE.format(reached=condition)
    return [ArtifactRow(**row) for row in await fetch_named(connection, query, values)]


def _like(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")
