"""Failure of a job with an unreadable plan, without the engine."""

import uuid

from stroem.store.jobs.apply import Applied
from stroem.store.jobs.ends.tallies import COUNT
from stroem.store.jobs.locked_jobs import lock_jobs
from stroem.store.limits import slots
from stroem.store.statement import Connection, fetch, storable

_FAIL = f"""
    WITH job AS MATERIALIZED (
        SELECT id, parent_job, parent_step, CASE WHEN cancel_reason IS NULL THEN 'failed' ELSE 'cancelled' END AS status
        FROM jobs WHERE id = %(job)s AND status IN ('pending', 'running') FOR UPDATE
    ), ended AS (
        UPDATE steps s SET
            status = CASE WHEN s.status = 'pending' THEN 'skipped' ELSE job.status END, error = %(reason)s,
            waits_for = NULL, completed_at = clock_timestamp(), cancel_requested = false, due_at = NULL
        FROM job WHERE s.job_id = job.id AND s.status IN ('pending', 'ready', 'running', 'suspended')
        RETURNING s.id, s.attempt, s.status, s.worker_id
    ), forgotten AS (
        UPDATE steps SET full_output = NULL
        WHERE job_id IN (SELECT id FROM job) AND full_output IS NOT NULL
          AND status NOT IN ('pending', 'ready', 'running', 'suspended')
    ), forgotten_too AS (
        DELETE FROM large_outputs WHERE job_id IN (SELECT id FROM job) AND secret
    ), told AS (
        INSERT INTO history (job_id, step, status, attempt, cause, detail)
        SELECT job.id, e.id, e.status, e.attempt, 'unreadable plan', %(reason)s FROM job, ended e
        UNION ALL SELECT id, 0, status, 0, 'unreadable plan', %(reason)s FROM job
    ), sealable AS (
        UPDATE log_heads h SET seal_due_at = now() + interval '2 seconds' FROM ended e
        WHERE h.job_id = %(job)s AND h.step = e.id AND h.attempt = e.attempt AND h.hot_bytes > 0
    ), dropped AS (
        DELETE FROM messages WHERE job_id IN (SELECT id FROM job)
    ), tallied AS ({COUNT.format(ended="job")}), failed AS (
        UPDATE jobs j SET
            status = job.status, error = coalesce(j.cancel_reason, %(reason)s), open = 0, moving = 0,
            completed_at = clock_timestamp(), waits_for = NULL
        FROM job WHERE j.id = job.id
    ), sent AS (
        INSERT INTO messages (job_id, step, kind, payload, actor)
        SELECT parent_job, parent_step, 'ended',
               json_build_object('outcome', status, 'error', %(reason)s::text, 'job', id), id::text
        FROM job WHERE parent_job IS NOT NULL
        UNION ALL
        SELECT id, NULL, 'followers', NULL, NULL FROM job
        UNION ALL
        SELECT c.id, NULL, 'cancel', json_build_object('reason', %(reason)s::text), job.id::text
        FROM job JOIN jobs c ON c.parent_job = job.id WHERE c.status IN ('pending', 'running')
        RETURNING job_id
    )
    SELECT worker_id, NULL FROM ended WHERE worker_id IS NOT NULL AND status <> 'skipped'
    UNION SELECT NULL, job_id FROM sent
    """  # noqa: S608 - constants


async def fail_job(connection: Connection, job_id: uuid.UUID, reason: str) -> Applied:
    """Fails a live job with its open steps; its parent job and child jobs get messages, and so does the job itself.

    A job that was being cancelled is cancelled. Slots that steps held are granted to others.
    """
    await lock_jobs(connection, [job_id])  # before the keys of slots, as every decision does
    owners = await slots.owners_in(connection, job_id)
    keys = await slots.keys_of(connection, owners) if owners else set()
    if keys:
        await slots.lock_keys(connection, dict.fromkeys(keys))
    rows = await fetch(connection, _FAIL, {"job": job_id, "reason": storable(reason)})
    addressed = {row[1] for row in rows if row[1] is not None}
    if keys:
        await slots.free(connection, owners)
        addressed |= await slots.grant(connection, keys)
    return Applied(workers=frozenset([row[0] for row in rows if row[0] is not None]), addressed=frozenset(addressed))
