"""Rows and API answers of the jobs of flows, read when all have ended."""

import datetime
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import psycopg
from psycopg.rows import kwargs_row

from tests.crash.cluster import Cluster
from tests.crash.workload import WORKSPACE


@attrs.frozen(kw_only=True)
class FlowJob:
    """A row of `jobs`. `steps` and `cleanups` are the numbers of its rows of `steps`, `cancelled_at` is the time at
    which its cancellation was recorded."""

    id: uuid.UUID
    task: str
    status: str
    source_type: str
    source_job_id: uuid.UUID | None
    input: Mapping[str, Any]
    output: Any
    error: str | None
    open: int
    moving: int
    parent_job: uuid.UUID | None
    parent_step: int | None
    hook_of: uuid.UUID | None
    retry_of: uuid.UUID | None
    retry_job: uuid.UUID | None
    retry_attempt: int
    completed_at: datetime.datetime | None
    steps: Mapping[str, int]
    cancelled_at: datetime.datetime | None


@attrs.frozen(kw_only=True)
class Attempt:
    """An attempt of a step, a former one or the last. Its status is `failed` or that of the step."""

    status: str
    worker_id: uuid.UUID | None
    started_at: datetime.datetime
    ended_at: datetime.datetime
    error: str | None


@attrs.frozen(kw_only=True)
class FlowStep:
    """A step as the API shows it, with all its attempts in order: none if it has the result of another step.

    `origin` is the job with that step: one that this job runs again, or `is_cached`.
    """

    path: str
    kind: str
    status: str
    input: Any
    output: Any
    error: str | None
    loop: str | None
    index: int | None
    total: int | None
    attempts: Sequence[Attempt]
    origin: uuid.UUID | None
    is_cached: bool


@attrs.frozen(kw_only=True)
class FlowBooks:
    """All of it. `left` counts rows that should not be left. `state` is the latest snapshot of the task `count`.

    `artifacts` are those of the steps `compile`, by job, with their name, the listed SHA-256 and that of the download.
    """

    jobs: Mapping[uuid.UUID, FlowJob]
    steps: Mapping[uuid.UUID, Sequence[FlowStep]]
    tallies: Mapping[str, int]
    left: Mapping[str, int]
    state: Mapping[str, Any]
    artifacts: Mapping[uuid.UUID, Sequence[tuple[str, str, str]]]

    def statuses(self) -> Mapping[str, int]:
        """The number of jobs of each status."""
        return dict(Counter(job.status for job in self.jobs.values()))


_JOBS = """
    SELECT id, task, status, source_type, source_job_id, input, output, error, open, moving, parent_job, parent_step,
           hook_of, retry_of, retry_job, retry_attempt, completed_at,
           (SELECT coalesce(json_object_agg(status, n), '{}') FROM (
               SELECT status, count(*) AS n FROM steps s WHERE s.job_id = j.id GROUP BY status) found) AS steps,
           (SELECT min(at) FROM history h WHERE h.job_id = j.id AND h.step = 0 AND h.cause = 'cancel') AS cancelled_at
    FROM jobs j ORDER BY created_at, id
"""
LARGE_OUTPUT = "$large_output"
_WORKERS = """
    SELECT job_id, started_at, worker_id FROM attempts UNION SELECT job_id, started_at, worker_id FROM steps
    WHERE worker_id IS NOT NULL
"""
_TALLIES = "SELECT status, sum(jobs)::bigint FROM job_tallies GROUP BY status"
_LEFT = """
    SELECT 'slots', count(*) FROM slots
    UNION ALL SELECT 'places in lines for slots', count(*) FROM slot_line
    UNION ALL SELECT 'jobs in line', count(*) FROM jobs WHERE waits_for IS NOT NULL
    UNION ALL SELECT 'hits without a result', count(*) FROM cache_hits h WHERE NOT EXISTS (
        SELECT FROM steps s WHERE s.job_id = h.source_job AND s.id = h.source_step AND s.status = 'completed')
    UNION ALL SELECT 'repeated reminders', count(*) FROM (
        SELECT FROM history WHERE cause = 'reminder' GROUP BY job_id, step, detail HAVING count(*) > 1
        UNION ALL SELECT FROM events WHERE kind = 'approval_reminder'
        GROUP BY data ->> 'job_id', data ->> 'step', data ->> 'reminder' HAVING sum(count) > 1) repeated
    UNION ALL SELECT 'reminders without an event', abs(
        (SELECT count(*) FROM history WHERE cause = 'reminder')
        - (SELECT count(*) FROM events WHERE kind = 'approval_reminder'))
    UNION ALL SELECT 'messages', count(*) FROM messages
    UNION ALL SELECT 'open steps', count(*) FROM steps
        WHERE status IN ('pending', 'ready', 'running', 'suspended') OR waits_for IS NOT NULL
    UNION ALL SELECT 'asked steps', count(*) FROM steps WHERE asked_at IS NOT NULL
    UNION ALL SELECT 'outputs with secrets', count(*) FROM steps WHERE full_output IS NOT NULL
    UNION ALL SELECT 'hooks of nobody', count(*) FROM jobs h
        WHERE hook_of IS NOT NULL AND NOT EXISTS (SELECT FROM jobs j WHERE j.id = h.hook_of)
"""


async def read_flow_books(cluster: Cluster) -> FlowBooks:
    """Reads everything. Nothing may run any more."""
    async with await psycopg.AsyncConnection.connect(cluster.database_url) as connection:
        jobs = await (await connection.cursor(row_factory=kwargs_row(FlowJob)).execute(_JOBS)).fetchall()
        claims = await (await connection.execute(_WORKERS)).fetchall()
        tallies = await (await connection.execute(_TALLIES)).fetchall()
        left = await (await connection.execute(_LEFT)).fetchall()
    workers = {(row[0], row[1]): row[2] for row in claims}
    details = {job.id: await cluster.get(f"/api/jobs/{job.id}") for job in jobs}
    steps = {
        job: [await _step(cluster, job, step, workers) for step in detail["steps"]] for job, detail in details.items()
    }
    return FlowBooks(
        jobs={job.id: job for job in jobs},
        steps=steps,
        tallies=dict(tallies),
        left=dict(left),
        state=await _state(cluster),
        artifacts={job.id: await _artifacts(cluster, job.id) for job in jobs if job.task == "build"},
    )


async def _step(
    cluster: Cluster,
    job: uuid.UUID,
    step: Mapping[str, Any],
    workers: Mapping[tuple[uuid.UUID, Any], uuid.UUID | None],
) -> FlowStep:
    output, hit = step["output"], step.get("cached_from")
    origin = hit["job_id"] if hit else step.get("kept_from_job_id")
    if isinstance(output, dict) and LARGE_OUTPUT in output:
        output = await cluster.get(output[LARGE_OUTPUT]["url"])
    attempts = [("failed", one["started_at"], one["failed_at"], one["error"]) for one in step["retry_history"]]
    if step["started_at"] and not origin:
        attempts.append((step["status"], step["started_at"], step["completed_at"], step["error_message"]))
    return FlowStep(
        path=step["step_name"],
        kind=step["action_type"],
        status=step["status"],
        input=step["input"],
        output=output,
        error=step["error_message"],
        loop=step["loop_source"],
        index=step["loop_index"],
        total=step["loop_total"],
        attempts=[
            Attempt(
                status=status,
                started_at=(started := datetime.datetime.fromisoformat(started_text)),
                ended_at=datetime.datetime.fromisoformat(ended_text),
                worker_id=workers.get((job, started)),
                error=error,
            )
            for status, started_text, ended_text, error in attempts
        ],
        origin=uuid.UUID(origin) if origin else None,
        is_cached=hit is not None,
    )


async def _artifacts(cluster: Cluster, job: uuid.UUID) -> Sequence[tuple[str, str, str]]:
    return [
        (one["name"], one["sha256"], await cluster.digest(one["url"]))
        for one in await cluster.get(f"/api/jobs/{job}/artifacts")
    ]


async def _state(cluster: Cluster) -> Mapping[str, Any]:
    """The current snapshot of the task `count`."""
    path = f"/api/workspaces/{WORKSPACE}/tasks/count/state"
    latest = (await cluster.get(path))["items"][0]
    return await cluster.get(f"{path}/{latest['number']}")
