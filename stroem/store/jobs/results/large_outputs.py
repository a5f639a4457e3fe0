"""Large outputs of jobs: where they are, and those with secrets themselves."""

import uuid
from collections.abc import Collection, Iterable, Iterator

import attrs

from stroem.definitions.values import Json
from stroem.store.jobs.steps import StepId, step_key
from stroem.store.statement import Connection, Statement, fetch, records


@attrs.frozen(kw_only=True)
class LargeOutputRow:
    """A large output of a job: in the blob store, or as `body` if it has secrets."""

    digest: str
    secret: bool
    size: int
    body: str | None = None


_INSERT = """
    INSERT INTO large_outputs (job_id, digest, secret, size, body)
    SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, digest text, secret boolean, size bigint, body text)
    LIMIT %s ON CONFLICT DO NOTHING
    """
_COPY = """
    INSERT INTO large_outputs (job_id, digest, secret, size)
    SELECT DISTINCT c.job_id, l.digest, false, l.size
    FROM (SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, source_job uuid) LIMIT %s) c
    JOIN large_outputs l ON l.job_id = c.source_job AND NOT l.secret
    ON CONFLICT DO NOTHING
    """


def insertion(rows: Iterable[tuple[uuid.UUID, LargeOutputRow]]) -> Iterator[Statement]:
    """The statement that stores large outputs of jobs."""
    if found := [{"job_id": job_id, **attrs.asdict(row)} for job_id, row in rows]:
        yield _INSERT, records(found)


def copying(pairs: Collection[tuple[uuid.UUID, uuid.UUID]]) -> Statement:
    """The statement by which jobs refer to the large outputs of others, without secrets. Pairs: a job, its source."""
    return _COPY, records([{"job_id": job_id, "source_job": source} for job_id, source in pairs])


async def find(
    connection: Connection, job_id: uuid.UUID, digests: Collection[str], *, shown: bool = False
) -> dict[str, LargeOutputRow]:
    """The large outputs with these digests that a job has, or a job that it started or repeats, by digest.

    Those with secrets are found for the job itself, unless they are to be `shown`.
    """
    rows = await fetch(
        connection,
        """
        SELECT l.digest, l.secret, l.size, l.body FROM (
            SELECT %(job)s::uuid AS id, NOT %(shown)s AS takes_all
            UNION ALL SELECT id, false FROM jobs WHERE parent_job = %(job)s
            UNION ALL SELECT source_job_id, false FROM jobs WHERE id = %(job)s AND source_job_id IS NOT NULL) r
        JOIN large_outputs l ON l.job_id = r.id AND (r.takes_all OR NOT l.secret)
        WHERE l.digest = ANY(%(digests)s) ORDER BY l.secret DESC
        """,
        {"job": job_id, "shown": shown, "digests": list(digests)},
    )
    return {row[0]: LargeOutputRow(digest=row[0], secret=row[1], size=row[2], body=row[3]) for row in rows}


async def descendants(connection: Connection, job_id: uuid.UUID, others: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the other jobs that the job has started, over any levels, or that belong to the jobs that it repeats."""
    rows = await fetch(
        connection,
        """
        WITH RECURSIVE up AS (
            SELECT j.id AS origin, j.id, j.parent_job FROM jobs j WHERE j.id = ANY(%(others)s)
            UNION ALL
            SELECT up.origin, p.id, p.parent_job FROM up JOIN jobs p ON p.id = up.parent_job
        ), sources AS (
            SELECT %(job)s::uuid AS id
            UNION SELECT j.source_job_id FROM sources s JOIN jobs j ON j.id = s.id WHERE j.source_job_id IS NOT NULL
        )
        SELECT DISTINCT origin FROM up WHERE id IN (SELECT id FROM sources)
        """,
        {"job": job_id, "others": list(others)},
    )
    return {row[0] for row in rows}


async def outputs_of_steps(
    connection: Connection, steps: Collection[StepId], full: uuid.UUID | None
) -> dict[StepId, Json]:
    """The outputs of steps; those of the job `full` with their secrets."""
    rows = await fetch(
        connection,
        """
        SELECT s.job_id, s.id, CASE WHEN s.job_id = n.full THEN coalesce(s.full_output, s.output) ELSE s.output END
        FROM (SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, step int, "full" uuid) LIMIT %s) n
        JOIN steps s ON s.job_id = n.job_id AND s.id = n.step
        """,
        records([{**step_key(step_id), "full": full} for step_id in steps]),
    )
    return {(row[0], row[1]): row[2] for row in rows}
