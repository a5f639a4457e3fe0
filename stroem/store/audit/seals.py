"""Seals of audit rows, and the signed marks at both ends of the log."""

from collections.abc import Sequence
from typing import Any

from stroem.audit.chain import Fault, Values
from stroem.audit.marks import Mark, MarkName, SignedMark
from stroem.store import settling
from stroem.store.audit.rows import AUDIT_MARK
from stroem.store.statement import Connection, execute, fetch, records

_SEALING_LOCK = 0x617564736561

_TEXT_TIME = """to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
COLUMNS = f"""id, {_TEXT_TIME}, actor_kind, actor, key, verb, route, workspace, object_kind, object, outcome, status,
    count, address, request_id, reason, before, after"""
"""The columns of a row in the order in which they are hashed; the time as text in UTC."""

# No row can be unsealed while the last id that was given out is that of the head.
_IS_BEHIND = """
    SELECT coalesce((SELECT last_value FROM audit_id_seq WHERE is_called), 0)
           > coalesce((SELECT id FROM audit_marks WHERE name = 'head'), 0)
    """
_IS_UNUSED = """
    SELECT NOT is_called AND NOT EXISTS (SELECT FROM audit_marks) AND NOT EXISTS (SELECT FROM audit)
           AND NOT EXISTS (SELECT FROM audit_seals)
    FROM audit_id_seq
    """
_ROWS = f"""
    SELECT {COLUMNS} FROM audit WHERE id > %(behind)s AND id <= %(up_to)s ORDER BY id LIMIT %(limit)s
    """  # noqa: S608 - a constant
_SEALS = "SELECT id, hash FROM audit_seals WHERE id > %(behind)s AND id <= %(up_to)s ORDER BY id LIMIT %(limit)s"
_ADD_SEALS = """
    INSERT INTO audit_seals (id, hash)
    SELECT id, decode(hash, 'hex') FROM json_to_recordset(%s::json) AS given (id bigint, hash text) LIMIT %s
    """
_MARKS = "SELECT name, id, hash, count, fault_id, fault, signature FROM audit_marks"
_SET_MARK = """
    INSERT INTO audit_marks (name, id, hash, count, fault_id, fault, signature)
    VALUES (%(name)s, %(id)s, %(hash)s, %(count)s, %(fault_id)s, %(fault)s, %(signature)s)
    ON CONFLICT (name) DO UPDATE SET id = excluded.id, hash = excluded.hash, count = excluded.count,
        fault_id = excluded.fault_id, fault = excluded.fault, signature = excluded.signature, signed_at = now()
    """
_OLD = """
    SELECT id FROM (
        SELECT id, at FROM audit WHERE id <= %(up_to)s ORDER BY id LIMIT %(limit)s
    ) first
    WHERE id < coalesce((
        SELECT min(id) FROM (SELECT id, at FROM audit WHERE id <= %(up_to)s ORDER BY id LIMIT %(limit)s) kept
        WHERE at >= now() - make_interval(days => %(days)s)), %(up_to)s + 1)
    ORDER BY id DESC LIMIT 1
    """


async def is_behind(connection: Connection) -> bool:
    """Whether rows may be unsealed."""
    return bool((await fetch(connection, _IS_BEHIND))[0][0])


async def is_unused(connection: Connection) -> bool:
    """Whether no row was ever recorded, and nothing signed."""
    return bool((await fetch(connection, _IS_UNUSED))[0][0])


async def try_sealing_lock(connection: Connection) -> bool:
    """Takes the lock of whoever seals or prunes, until the end of the transaction; False if another holds it."""
    return bool((await fetch(connection, "SELECT pg_try_advisory_xact_lock(%s)", (_SEALING_LOCK,)))[0][0])


async def take_sealing_lock(connection: Connection) -> None:
    """Takes that lock, as soon as it is free."""
    await execute(connection, "SELECT pg_advisory_xact_lock(%s)", (_SEALING_LOCK,))


async def settled_id(connection: Connection) -> int:
    """The id up to which no row can still appear. Must not be called in a transaction that has read rows."""
    return (await settling.settled(connection, "audit_id_seq", AUDIT_MARK)).id


async def freeze(connection: Connection) -> None:
    """Makes a transaction, before its first statement, see one state of the log."""
    await execute(connection, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


async def rows_behind(connection: Connection, behind: int, up_to: int, limit: int) -> list[Values]:
    """The first rows after an id, as they are hashed."""
    return await fetch(connection, _ROWS, {"behind": behind, "up_to": up_to, "limit": limit})


async def seals_behind(connection: Connection, behind: int, up_to: int, limit: int) -> list[tuple[int, bytes]]:
    """The first seals after an id."""
    found = await fetch(connection, _SEALS, {"behind": behind, "up_to": up_to, "limit": limit})
    return [(number, bytes(hashed)) for number, hashed in found]


async def last_seal(connection: Connection) -> tuple[int, bytes] | None:
    """The seal with the greatest id."""
    found = await fetch(connection, "SELECT id, hash FROM audit_seals ORDER BY id DESC LIMIT 1")
    return (found[0][0], bytes(found[0][1])) if found else None


async def seal_of(connection: Connection, number: int) -> bytes | None:
    """The hash of a sealed row."""
    found = await fetch(connection, "SELECT hash FROM audit_seals WHERE id = %s", (number,))
    return bytes(found[0][0]) if found else None


async def add_seals(connection: Connection, seals: Sequence[tuple[int, bytes]]) -> None:
    """Inserts seals."""
    await execute(connection, _ADD_SEALS, records([{"id": number, "hash": one.hex()} for number, one in seals]))


async def read_marks(connection: Connection) -> dict[MarkName, SignedMark]:
    """The head and the anchor, as far as they are there."""
    return {row[0]: _mark(*row[1:]) for row in await fetch(connection, _MARKS)}


async def set_mark(connection: Connection, name: MarkName, mark: SignedMark) -> None:
    """Replaces a mark."""
    fault: dict[str, Any] = {"fault_id": None, "fault": None}
    if mark.fault is not None:
        fault = {"fault_id": mark.fault.id, "fault": mark.fault.what}
    values = {"name": name, "id": mark.id, "hash": mark.hash, "count": mark.count, "signature": mark.signature}
    await execute(connection, _SET_MARK, {**values, **fault})


async def last_old(connection: Connection, days: int, up_to: int, limit: int) -> int | None:
    """The last of the first `limit` rows before which, and with which, all are older than so many days."""
    found = await fetch(connection, _OLD, {"days": days, "up_to": up_to, "limit": limit})
    return found[0][0] if found else None


async def prune(connection: Connection, up_to: int) -> int:
    """Removes rows and their seals up to an id; returns the number of rows."""
    return int((await fetch(connection, "SELECT prune_audit(%s)", (up_to,)))[0][0])


def _mark(number: int, hashed: bytes, count: int, fault_id: int | None, fault: str | None, signed: bytes) -> SignedMark:
    told = None if fault_id is None else Fault(id=fault_id, what=fault or "")
    return SignedMark(id=number, hash=bytes(hashed), count=count, fault=told, signature=bytes(signed))


def unsigned(mark: Mark) -> Mark:
    """The mark without its signature."""
    return Mark(id=mark.id, hash=mark.hash, count=mark.count, fault=mark.fault)
