"""List of workers."""

import sqlalchemy as sa

from stroem.store.jobs.workers import WorkerRow
from stroem.store.lists.compose import select
from stroem.store.lists.tables import workers
from stroem.store.statement import Connection, fetch


async def list_workers(connection: Connection, limit: int, offset: int) -> tuple[list[WorkerRow], int]:
    """A page of workers, active and newest first, and the total."""
    page = sa.select(workers).order_by(workers.c.active.desc(), workers.c.registered_at.desc())
    rows = await select(connection, page.limit(limit).offset(offset))
    counted = await fetch(connection, "SELECT count(*) FROM workers")
    return [WorkerRow(**row) for row in rows], counted[0][0]
