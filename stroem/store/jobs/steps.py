"""Running steps of workers, and their inputs."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import orjson

from stroem.definitions.values import Json
from stroem.engine.values.state import Address
from stroem.store.state.scopes import NO_HEADS, StateHeads, heads_of
from stroem.store.statement import Connection, defer, execute, fetch, records

StepId = tuple[uuid.UUID, int]
"""Id of a step: its job, and its number in the job."""
SILENCE_SECS = 60
"""Seconds without a question about its job after which a step of an older worker is lost."""


@attrs.frozen(kw_only=True)
class ClaimedStep:
    """A step claimed by a worker. `parent`, `node` and `item` are its address; `value` is the item of an iteration.

    `state` are the latest snapshots of its task and its workspace.
    """

    job_id: uuid.UUID
    step: int
    parent: int
    node: int
    item: int
    attempt: int
    timeout_secs: int | None
    claimed_at: datetime.datetime
    value: Json = None
    state: StateHeads = NO_HEADS

    @property
    def address(self) -> Address:
        """Address in the tree of the job."""
        return (self.parent, self.node, self.item)

    @property
    def step_id(self) -> StepId:
        """Id of the step."""
        return (self.job_id, self.step)


_HEADS = """
    (SELECT json_agg(json_build_array(h.task, h.snapshot, h.has_json)) FROM jobs j
     JOIN state_heads h ON h.workspace = j.workspace AND h.task IN (j.task, '') WHERE j.id = job_id)
    """
CLAIMED = f"job_id, id, parent, node, item, attempt, timeout_secs, value, {_HEADS}, started_at"
"""Columns of `claimed_step`."""


def claimed_step(row: Sequence[Any]) -> ClaimedStep:
    """Builds the step from a row of the columns `CLAIMED`."""
    return ClaimedStep(
        job_id=row[0], step=row[1], parent=row[2], node=row[3], item=row[4], attempt=row[5], timeout_secs=row[6],
        value=row[7], state=heads_of(row[8]), claimed_at=row[9],
    )  # fmt: skip


def step_key(step_id: StepId) -> dict[str, Any]:
    """Key columns of a step, for `records`."""
    return {"job_id": step_id[0], "step": step_id[1]}


async def steps_held(connection: Connection, worker_id: uuid.UUID) -> list[ClaimedStep]:
    """All running steps of a worker."""
    rows = await fetch(
        connection,
        f"SELECT {CLAIMED} FROM steps WHERE worker_id = %s AND status = 'running'",  # noqa: S608 - a constant
        (worker_id,),
    )
    return [claimed_step(row) for row in rows]


async def steps_to_cancel(connection: Connection, worker_id: uuid.UUID) -> list[tuple[StepId, int]]:
    """Running steps of a worker that are marked for cancellation, with attempts."""
    rows = await fetch(
        connection,
        "SELECT job_id, id, attempt FROM steps WHERE worker_id = %s AND status = 'running' AND cancel_requested",
        (worker_id,),
    )
    return [((row[0], row[1]), row[2]) for row in rows]


async def is_cancelled(connection: Connection, job_id: uuid.UUID) -> bool:
    """True if the job is being cancelled or has ended."""
    sql = "SELECT cancel_reason IS NOT NULL OR status NOT IN ('pending', 'running') FROM jobs WHERE id = %s"
    rows = await fetch(connection, sql, (job_id,))
    return bool(rows and rows[0][0])


async def note_question(connection: Connection, job_id: uuid.UUID) -> None:
    """Records a question of an older worker about the job, which shows that it has its steps. Written at intervals."""
    await execute(
        connection,
        """
        UPDATE steps SET asked_at = clock_timestamp()
        WHERE job_id = %s AND status = 'running' AND asked_at < clock_timestamp() - make_interval(secs => %s)
        """,
        (job_id, SILENCE_SECS / 4),
    )


async def restamp_start(connection: Connection, step_id: StepId, attempt: int) -> None:
    """Resets the start of an attempt that an older worker begins after its claim.

    From then on the worker is expected to ask about the job.
    """
    await execute(
        connection,
        """
        UPDATE steps SET started_at = clock_timestamp(), asked_at = clock_timestamp()
        WHERE job_id = %s AND id = %s AND attempt = %s AND status = 'running' AND worker_id IS NOT NULL
        """,
        (*step_id, attempt),
    )


_STORE_INPUTS = """
    UPDATE steps s SET input = i.input
    FROM (SELECT * FROM json_to_recordset(%s::json) AS i (job_id uuid, step int, input json) LIMIT %s) i
    WHERE s.job_id = i.job_id AND s.id = i.step AND s.status = 'running'
    """


async def store_inputs(connection: Connection, inputs: Mapping[StepId, bytes]) -> None:
    """Stores the rendered inputs of running steps, as JSON text. Deferred: errors come later."""
    rows = [{**step_key(step_id), "input": orjson.Fragment(one)} for step_id, one in inputs.items()]
    await defer(connection, (_STORE_INPUTS, records(rows)))
