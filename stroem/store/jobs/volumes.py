"""Folders that the steps of jobs share, which workers keep for them."""

import uuid
from collections.abc import Collection

import attrs

from stroem.store.statement import Connection, fetch


async def ended_volumes(connection: Connection, ids: Collection[uuid.UUID]) -> tuple[uuid.UUID, ...]:
    """Those of these volumes that no job needs any more. A volume has the id of the job that it was made for.

    Each is looked up by its id: the cost does not grow with the number of jobs.
    """
    rows = await fetch(
        connection,
        """
        SELECT v.id FROM unnest(%s::uuid[]) AS v (id)
        WHERE NOT EXISTS (
            SELECT FROM (
                SELECT completed_at, volume_keep_secs FROM jobs WHERE id = v.id
                UNION ALL
                SELECT completed_at, volume_keep_secs FROM jobs WHERE volume_job = v.id
            ) j
            WHERE j.completed_at IS NULL
               OR j.completed_at + make_interval(secs => coalesce(j.volume_keep_secs, 0)) > now()
        )
        """,
        (list(ids),),
    )
    return tuple(row[0] for row in rows)


@attrs.frozen(kw_only=True)
class KeptVolume:
    """The volume of an ended job, with the id of the job that it was made for, and the worker that keeps it."""

    id: uuid.UUID
    worker_id: uuid.UUID


async def kept_volume(connection: Connection, job_id: uuid.UUID) -> KeptVolume | None:
    """The volume of an ended job; None when it is gone, or its worker is away."""
    rows = await fetch(
        connection,
        """
        SELECT coalesce(j.volume_job, j.id), j.worker_id
        FROM jobs j JOIN workers w ON w.id = j.worker_id AND w.active
        WHERE j.id = %s AND j.completed_at + make_interval(secs => j.volume_keep_secs) > now()
        """,
        (job_id,),
    )
    return KeptVolume(id=rows[0][0], worker_id=rows[0][1]) if rows else None
