"""Chains of jobs that repeat one another."""

import uuid

from stroem.store.jobs.due import STARTING
from stroem.store.statement import Connection, fetch


async def waiting_retry(connection: Connection, job_id: uuid.UUID) -> uuid.UUID | None:
    """The job that repeats an ended one, itself or after others, if it waits for its time to begin."""
    rows = await fetch(
        connection,
        f"""
        WITH RECURSIVE chain AS (
            SELECT retry_job AS id FROM jobs WHERE id = %s
            UNION
            SELECT j.retry_job FROM chain c JOIN jobs j ON j.id = c.id
        )
        SELECT j.id FROM chain c JOIN jobs j ON j.id = c.id WHERE {STARTING}
        """,  # noqa: S608 - a constant
        (job_id,),
    )
    return rows[0][0] if rows else None
