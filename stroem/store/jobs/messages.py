"""Messages to jobs from other transactions. A job's driver takes them while it holds the lock of the job's row."""

import uuid
from collections.abc import Collection, Sequence
from typing import Any

import attrs

from stroem.definitions.values import Json
from stroem.store.statement import Connection, execute, fetch, records, storable


@attrs.frozen(kw_only=True)
class NewMessage:
    """A message to send. `kind` is `cancel`, `ended`, `granted`, `placed`, `signal:NAME`, …

    The actor of a message from another job is the id of that job.
    """

    job_id: uuid.UUID
    kind: str
    step: int | None = None
    payload: Json = None
    actor: str | None = None


@attrs.frozen(kw_only=True)
class Message(NewMessage):
    """A message to a job. Ids increase in the order of sending."""

    id: int


async def send(connection: Connection, messages: Sequence[NewMessage]) -> None:
    """Sends messages; they are delivered after the commit."""
    await execute(connection, *insertion(messages))


def insertion(messages: Sequence[NewMessage]) -> tuple[str, Sequence[Any]]:
    """The statement of `send`, with its parameters."""
    return _INSERT, records([_row(message) for message in messages])


_INSERT = """
    INSERT INTO messages (job_id, step, kind, payload, actor)
    SELECT * FROM json_to_recordset(%s::json) AS m (job_id uuid, step int, kind text, payload json, actor text) LIMIT %s
    """
_KEEP = """
    INSERT INTO messages (id, job_id, step, kind, payload, actor, held)
    SELECT *, true FROM json_to_recordset(%s::json) AS m (
        id bigint, job_id uuid, step int, kind text, payload json, actor text) LIMIT %s
    """


def keeping(messages: Sequence[Message]) -> tuple[str, Sequence[Any]]:
    """The statement that puts taken signals back, as held ones."""
    return _KEEP, records([{"id": message.id, **_row(message)} for message in messages])


async def take(connection: Connection, job_ids: Collection[uuid.UUID]) -> list[Message]:
    """Takes the unheld messages of locked jobs, in the order of sending."""
    rows = await fetch(
        connection,
        """
        DELETE FROM messages WHERE job_id = ANY(%s) AND NOT held
        RETURNING id, job_id, step, kind, payload, actor
        """,
        (list(job_ids),),
    )
    return [
        Message(id=row[0], job_id=row[1], step=row[2], kind=row[3], payload=row[4], actor=row[5])
        for row in sorted(rows, key=lambda row: row[0])
    ]


async def next_signal(connection: Connection, job_id: uuid.UUID) -> tuple[int, int]:
    """The id of a new signal to a locked job, and the number of signals that are held for it."""
    rows = await fetch(
        connection,
        """
        SELECT nextval(pg_get_serial_sequence('messages', 'id')), count(*) FROM messages WHERE job_id = %s AND held
        """,
        (job_id,),
    )
    return rows[0][0], rows[0][1]


async def is_held(connection: Connection, message: int) -> bool:
    """True if a signal is held for a later step."""
    return bool(await fetch(connection, "SELECT FROM messages WHERE id = %s AND held", (message,)))


async def drop(connection: Connection, job_id: uuid.UUID) -> None:
    """Deletes the unheld messages of a job unread."""
    await execute(connection, "DELETE FROM messages WHERE job_id = %s AND NOT held", (job_id,))


def _row(message: NewMessage) -> dict[str, Any]:
    return {
        "job_id": message.job_id,
        "step": message.step,
        "kind": storable(message.kind),
        "payload": message.payload,
        "actor": storable(message.actor),
    }
