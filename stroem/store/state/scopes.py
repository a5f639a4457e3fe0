"""Scopes of state: a task of a workspace, or a workspace."""

import uuid
from collections.abc import Sequence

import attrs

from stroem.store.statement import Connection, fetch

_HEADS_OF_JOB = """
    SELECT h.task, h.snapshot, h.has_json FROM jobs j
    JOIN state_heads h ON h.workspace = j.workspace AND h.task IN (j.task, '')
    WHERE j.id = %s
    """


@attrs.frozen(kw_only=True)
class StateScope:
    """A task of a workspace; without a task the workspace, whose state is called global."""

    workspace: str
    task: str = ""

    @property
    def is_global(self) -> bool:
        """True for the state of a workspace."""
        return not self.task


@attrs.frozen(kw_only=True)
class StateHead:
    """The latest snapshot of a scope. `has_json` is true if it has a state.json."""

    snapshot: uuid.UUID
    has_json: bool


@attrs.frozen(kw_only=True)
class StateHeads:
    """The latest snapshots that a job sees: of its task, and of its workspace."""

    task: StateHead | None = None
    workspace: StateHead | None = None


NO_HEADS = StateHeads()


def heads_of(rows: Sequence[Sequence[object]] | None) -> StateHeads:
    """The heads from rows of task, snapshot and `has_json`."""
    if not rows:
        return NO_HEADS
    found = {bool(task): StateHead(snapshot=uuid.UUID(str(one)), has_json=bool(has)) for task, one, has in rows}
    return StateHeads(task=found.get(True), workspace=found.get(False))


async def heads_of_job(connection: Connection, job_id: uuid.UUID) -> StateHeads:
    """The latest snapshots that a job sees now."""
    return heads_of(await fetch(connection, _HEADS_OF_JOB, (job_id,)))
