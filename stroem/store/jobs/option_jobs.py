"""Jobs that find the options of input fields."""

import uuid
from collections.abc import Mapping

import orjson

from stroem.definitions.values import Json
from stroem.store.statement import Connection, fetch

OPTIONS = "options"
"""The source of these jobs."""


async def find_option_job(
    connection: Connection,
    release_id: int,
    workspace: str,
    task: str,
    given: Mapping[str, Json],
    *,
    age_secs: int,
    timeout_secs: int,
) -> uuid.UUID | None:
    """The newest job of a task of a release with this input that is live, or completed at most `age_secs` ago."""
    rows = await fetch(
        connection,
        """
        SELECT id FROM jobs
        WHERE workspace = %s AND task = %s AND created_at > now() - make_interval(secs => %s)
          AND source_type = %s AND release_id = %s AND raw_input::jsonb = %s::jsonb
          AND sealed_input IS NULL
          AND (status IN ('pending', 'running')
               OR status = 'completed' AND completed_at > now() - make_interval(secs => %s))
        ORDER BY created_at DESC LIMIT 1
        """,
        (workspace, task, age_secs + timeout_secs, OPTIONS, release_id, orjson.dumps(given).decode(), age_secs),
    )
    return rows[0][0] if rows else None
