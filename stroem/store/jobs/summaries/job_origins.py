"""Origins of jobs: their releases, and the jobs that they come from."""

import uuid
from collections.abc import Collection

import attrs

from stroem.store.statement import Connection, fetch


@attrs.frozen(kw_only=True)
class Origin:
    """The number of a job's release, and the workspace and task of the job that it comes from.

    That is the job that started it, or that it repeats or runs again.
    """

    release: int | None
    task: tuple[str, str] | None


async def origins_of(connection: Connection, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Origin]:
    """Origins of jobs, by job id."""
    if not ids:
        return {}
    rows = await fetch(
        connection,
        """
        SELECT j.id, r.number, o.workspace, o.task FROM jobs j LEFT JOIN releases r ON r.id = j.release_id
        LEFT JOIN jobs o ON o.id = coalesce(j.parent_job, j.hook_of, j.retry_of, j.source_job_id)
        WHERE j.id = ANY(%s)
        """,
        (list(ids),),
    )
    return {row[0]: Origin(release=row[1], task=None if row[3] is None else (row[2], row[3])) for row in rows}
