"""Which logs are due for sealing."""

import datetime

from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection, execute, fetch


async def take_due_heads(connection: Connection, limit: int, lease_secs: int) -> dict[StepId, datetime.datetime]:
    """Takes logs that are due for sealing; unless they are sealed they are due again after `lease_secs`."""
    rows = await fetch(
        connection,
        """
        UPDATE log_heads h SET seal_due_at = clock_timestamp() + make_interval(secs => %s)
        FROM (SELECT job_id, step FROM log_heads WHERE seal_due_at <= now()
              ORDER BY seal_due_at LIMIT %s FOR UPDATE SKIP LOCKED) d
        WHERE h.job_id = d.job_id AND h.step = d.step
        RETURNING h.job_id, h.step, h.seal_due_at
        """,
        (lease_secs, limit),
    )
    return {(row[0], row[1]): row[2] for row in rows}


async def postpone_sealing(connection: Connection, place: StepId, secs: int) -> None:
    """Makes a log due for sealing only after so many seconds."""
    await execute(
        connection,
        "UPDATE log_heads SET seal_due_at = now() + make_interval(secs => %s) WHERE job_id = %s AND step = %s",
        (secs, *place),
    )
