"""Jobs that are created as completed: records of what people did."""

import uuid
from collections.abc import Mapping

import attrs
import orjson

from stroem.definitions.values import Json
from stroem.store.jobs.ends.tallies import COUNT
from stroem.store.statement import Connection, execute

_CREATE = f"""
    WITH made AS (
        INSERT INTO jobs (id, workspace, task, mode, status, source_type, source_id, plan, input, output, completed_at)
        VALUES (%(id)s, %(workspace)s, %(task)s, 'distributed', 'completed', %(source_type)s, %(source_id)s, %(plan)s,
                %(input)s, %(output)s, now())
        RETURNING id, status
    ), told AS (
        INSERT INTO history (job_id, step, status, attempt, cause, actor)
        SELECT id, 0, status, 0, 'created', coalesce(%(source_id)s, %(source_type)s) FROM made
    )
    {COUNT.format(ended="made")}
    """  # noqa: S608 - a constant


@attrs.frozen(kw_only=True)
class FinishedJob:
    """A completed job without steps, which never started. `plan` is the digest of a stored plan."""

    id: uuid.UUID
    workspace: str
    task: str
    source_type: str
    source_id: str | None
    plan: str
    input: Mapping[str, Json]
    output: Mapping[str, Json]


async def create_finished_job(connection: Connection, job: FinishedJob) -> None:
    """Inserts the job."""
    values = attrs.asdict(job, recurse=False)
    texts = {key: orjson.dumps(values[key]).decode() for key in ("input", "output")}
    await execute(connection, _CREATE, {**values, **texts})
