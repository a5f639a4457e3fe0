"""The states of a job and its steps as its history has them."""

import uuid
from collections.abc import Iterable, Mapping

import attrs

from stroem.engine.values.state import JOB
from stroem.store.statement import Connection, fetch

StepState = tuple[str, int]
"""Status and attempt. The job is step 0."""


@attrs.frozen(kw_only=True)
class Change:
    """A row of the history."""

    step: int
    status: str
    attempt: int
    cause: str


async def history_of(connection: Connection, job_id: uuid.UUID) -> list[Change]:
    """The history of a job, in order."""
    rows = await fetch(
        connection, "SELECT step, status, attempt, cause FROM history WHERE job_id = %s ORDER BY id", (job_id,)
    )
    return [Change(step=row[0], status=row[1], attempt=row[2], cause=row[3]) for row in rows]


def replay(history: Iterable[Change]) -> dict[int, StepState]:
    """The last states in a history, of the job and of steps. A job runs from its first step on."""
    states = {JOB: ("pending", 0)}
    for change in history:
        states[change.step] = (change.status, change.attempt)
        if states[JOB][0] == "pending" and change.status in ("running", "suspended"):
            states[JOB] = ("running", 0)
    return states


async def states_of(connection: Connection, job_id: uuid.UUID) -> dict[int, StepState]:
    """The states in the rows of a job and its steps. Steps that wait for others have no history yet."""
    rows = await fetch(
        connection,
        """
        SELECT 0, status, 0 FROM jobs WHERE id = %(job)s
        UNION ALL
        SELECT id, status, attempt FROM steps WHERE job_id = %(job)s
        """,
        {"job": job_id},
    )
    return {step: (status, attempt) for step, status, attempt in rows}


def differences(history: Iterable[Change], states: Mapping[int, StepState]) -> list[str]:
    """Differences between a history and the rows."""
    replayed = replay(history)
    return [
        f"step {step}: {states.get(step)} in its row, {replayed.get(step)} in the history"
        for step in sorted(states.keys() | replayed.keys())
        if states.get(step) != replayed.get(step, ("pending", 0))
    ]
