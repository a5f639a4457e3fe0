"""Files of requests that have started jobs: artifacts without a step."""

import uuid
from collections.abc import Sequence

import attrs

from stroem.store.artifacts.listed import NO_STEP
from stroem.store.statement import Connection, defer, records, storable

STEP_NAME = "_request"
"""In the place of the path of a step."""

_ADD = """
    INSERT INTO artifacts (id, job_id, step, attempt, workspace, task, step_name, name, content_type, size_bytes, blob,
                           check_at)
    SELECT id, job_id, step, 0, workspace, task, step_name, name, content_type, size_bytes, blob, NULL
    FROM json_to_recordset(%s::json) AS given (id uuid, job_id uuid, step int, workspace text, task text,
        step_name text, name text, content_type text, size_bytes bigint, blob text)
    LIMIT %s
    """


@attrs.frozen(kw_only=True)
class RequestFile:
    """A file of a request whose content is in the blob store, under its SHA-256 `blob`."""

    name: str
    content_type: str
    size_bytes: int
    blob: str


@attrs.frozen(kw_only=True)
class FilesOfJob:
    """The files of the request that has started a job. `job_id` is known once that is created."""

    workspace: str
    task: str
    files: Sequence[RequestFile]
    job_id: uuid.UUID | None = None


async def add_request_files(connection: Connection, jobs: Sequence[FilesOfJob]) -> None:
    """Makes files artifacts of the jobs that this transaction has created."""
    rows = [
        {
            **attrs.asdict(file),
            "id": str(uuid.uuid4()),
            "name": storable(file.name),
            "job_id": str(job.job_id),
            "step": NO_STEP,
            "workspace": job.workspace,
            "task": job.task,
            "step_name": STEP_NAME,
        }
        for job in jobs
        for file in job.files
    ]
    if rows:
        await defer(connection, (_ADD, records(rows)))
