"""The people behind jobs, for approvals that exclude some of them."""

import uuid
from collections.abc import Collection, Mapping

from stroem.rights.approvers import People
from stroem.store.jobs.waiting_steps import starters_of
from stroem.store.statement import Connection
from stroem.store.workspaces.releases import authors_of


async def people_of(connection: Connection, job_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, People]:
    """The people behind jobs."""
    starters, authors = await starters_of(connection, job_ids), await authors_of(connection, job_ids)
    return {job_id: People(starters=starters[job_id], author=authors.get(job_id)) for job_id in job_ids}
