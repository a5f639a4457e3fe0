"""Releases and beginnings of revisions in filters of jobs."""

import attrs

from stroem.errors import BadRequest
from stroem.store.lists.job_filter import JobFilter
from stroem.store.statement import Connection, fetch

MOST = 20
"""Most revisions of a filter. Each is a query of its own, which reads an index in the order of the list."""
_LAST = "\U0010ffff"


async def with_revisions(connection: Connection, wanted: JobFilter) -> JobFilter:
    """The filter with the revisions that it means. Raises `BadRequest` if there are too many."""
    if wanted.release is not None:
        release = await _release(connection, wanted)
        if release is None:
            return attrs.evolve(wanted, revisions=())
        is_of_it = release[1].startswith(wanted.revision or "")
        return attrs.evolve(wanted, release_id=release[0], revisions=(release[1],) if is_of_it else ())
    if wanted.revision is None:
        return wanted
    found = await _revisions(connection, wanted.revision)
    if len(found) > MOST:
        raise BadRequest(message=f"More than {MOST} revisions begin with {wanted.revision!r}; give more of it")
    return attrs.evolve(wanted, revisions=tuple(found))


async def _release(connection: Connection, wanted: JobFilter) -> tuple[int, str] | None:
    rows = await fetch(
        connection,
        "SELECT id, revision FROM releases WHERE workspace = %s AND number = %s",
        (wanted.workspace, wanted.release),
    )
    return (rows[0][0], rows[0][1]) if rows else None


async def _revisions(connection: Connection, beginning: str) -> list[str]:
    """The revisions of jobs, from one to the next in the index; one more than `MOST` if there are that many."""
    rows = await fetch(
        connection,
        """
        WITH RECURSIVE found AS (
            (SELECT revision, 1 AS nth FROM jobs
             WHERE revision COLLATE "C" >= %(first)s AND revision COLLATE "C" < %(end)s
             ORDER BY revision COLLATE "C" LIMIT 1)
            UNION ALL
            SELECT following.revision, found.nth + 1 FROM found CROSS JOIN LATERAL (
                SELECT revision FROM jobs
                WHERE revision COLLATE "C" > found.revision AND revision COLLATE "C" < %(end)s
                ORDER BY revision COLLATE "C" LIMIT 1) following
            WHERE found.nth <= %(most)s
        )
        SELECT revision FROM found
        """,
        {"first": beginning, "end": beginning + _LAST, "most": MOST},
    )
    return [row[0] for row in rows]
