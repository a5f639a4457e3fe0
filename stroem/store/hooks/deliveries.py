"""Deliveries: requests to webhooks, and what became of them."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Any

import attrs

from stroem.definitions.values import Json
from stroem.interfaces.triggers.http_trigger import Verdict
from stroem.store.statement import Connection, columns, defer, execute, fetch, fetch_named, raw, records, storable

_REASON_CHARS = 1000

_ADD = """
    INSERT INTO hook_deliveries (workspace, trigger, at, method, remote, size_bytes, verdict, reason, key, job_id,
                                 redelivery_of, actor, fire)
    SELECT * FROM json_to_recordset(%s::json) AS given (
        workspace text, trigger text, at timestamptz, method text, remote text, size_bytes bigint, verdict text,
        reason text, key text, job_id uuid, redelivery_of bigint, actor text, fire jsonb)
    LIMIT %s
    """
_FORGET_OLD = """
    DELETE FROM hook_deliveries WHERE id IN (
        SELECT id FROM hook_deliveries WHERE at < now() - make_interval(days => %(days)s)
        ORDER BY at, id LIMIT %(limit)s OFFSET %(skip)s FOR UPDATE SKIP LOCKED)
    """
_NEXT_TRIGGER = """
    SELECT workspace, trigger FROM hook_deliveries
    WHERE (workspace, trigger) > (%(workspace)s, %(trigger)s) ORDER BY workspace, trigger LIMIT 1
    """
_FORGET_SURPLUS = """
    DELETE FROM hook_deliveries WHERE id IN (
        SELECT id FROM hook_deliveries
        WHERE workspace = %(workspace)s AND trigger = %(trigger)s AND (verdict = 'refused') = %(refused)s
        ORDER BY id DESC OFFSET %(keep)s::bigint + %(skip)s LIMIT %(limit)s)
    """


@attrs.frozen(kw_only=True)
class NewDelivery:
    """A request to a webhook. `fire` is the JSON text that a redelivery needs; `actor` who asked for that."""

    workspace: str
    trigger: str
    at: datetime.datetime
    method: str
    remote: str
    size_bytes: int
    verdict: Verdict
    reason: str | None = None
    key: str | None = None
    job_id: uuid.UUID | None = None
    redelivery_of: int | None = None
    actor: str | None = None
    fire: str | None = None


@attrs.frozen(kw_only=True)
class DeliveryRow:
    """A recorded request. `can_redeliver` is true if what a redelivery needs was stored."""

    id: int
    workspace: str
    trigger: str
    at: datetime.datetime
    method: str
    remote: str
    size_bytes: int
    verdict: str
    reason: str | None
    key: str | None
    job_id: uuid.UUID | None
    redelivery_of: int | None
    actor: str | None
    can_redeliver: bool


_COLUMNS = columns(DeliveryRow).replace("can_redeliver", "fire IS NOT NULL AS can_redeliver")
_LIST = f"""
    SELECT {_COLUMNS} FROM hook_deliveries
    WHERE workspace = %(workspace)s AND trigger = %(trigger)s
      AND (%(verdict)s::text IS NULL OR verdict = %(verdict)s)
    ORDER BY id DESC LIMIT %(limit)s OFFSET %(offset)s
    """  # noqa: S608 - constants
_GET = f"SELECT {_COLUMNS}, fire FROM hook_deliveries WHERE id = %s"  # noqa: S608 - constants

FIRST_TRIGGER = ("", "")


async def add_deliveries(connection: Connection, deliveries: Sequence[NewDelivery]) -> None:
    """Records deliveries, in a transaction together with its next statement."""
    rows = [
        {
            **attrs.asdict(one),
            "remote": storable(one.remote),
            "reason": storable((one.reason or "")[:_REASON_CHARS]) or None,
            "key": storable(one.key),
            "actor": storable(one.actor),
            "fire": raw(one.fire),
        }
        for one in deliveries
    ]
    await defer(connection, (_ADD, records(rows)))


async def list_deliveries(
    connection: Connection, workspace: str, trigger: str, verdict: str | None, limit: int, offset: int
) -> list[DeliveryRow]:
    """A page of the deliveries of a webhook, newest first."""
    wanted = {"workspace": workspace, "trigger": trigger, "verdict": verdict, "limit": limit, "offset": offset}
    return [DeliveryRow(**row) for row in await fetch_named(connection, _LIST, wanted)]


async def get_delivery(connection: Connection, number: int) -> tuple[DeliveryRow, Json] | None:
    """A delivery, and what a redelivery needs, which may be None; None for an unknown one."""
    rows = await fetch_named(connection, _GET, (number,))
    if not rows:
        return None
    fire: Json = rows[0].pop("fire")
    return DeliveryRow(**rows[0]), fire


async def trigger_of(connection: Connection, number: int) -> tuple[str, str] | None:
    """Workspace and trigger of a delivery; None for an unknown one."""
    rows = await fetch(connection, "SELECT workspace, trigger FROM hook_deliveries WHERE id = %s", (number,))
    return (rows[0][0], rows[0][1]) if rows else None


async def forget_old(connection: Connection, days: int, limit: int, skip: int) -> int:
    """Deletes up to `limit` deliveries older than `days`, after the first `skip`; returns their number."""
    return await execute(connection, _FORGET_OLD, {"days": days, "limit": limit, "skip": skip})


async def next_trigger(connection: Connection, behind: tuple[str, str]) -> tuple[str, str] | None:
    """The first workspace and trigger with deliveries, after another one."""
    rows = await fetch(connection, _NEXT_TRIGGER, {"workspace": behind[0], "trigger": behind[1]})
    return (rows[0][0], rows[0][1]) if rows else None


@attrs.frozen(kw_only=True)
class Surplus:
    """Deliveries of a webhook behind the newest `keep`: refused ones, or all others."""

    workspace: str
    trigger: str
    refused: bool
    keep: int


async def forget_surplus(connection: Connection, surplus: Surplus, limit: int, skip: int) -> int:
    """Deletes up to `limit` surplus deliveries, after the first `skip`; returns their number."""
    wanted: dict[str, Any] = attrs.asdict(surplus)
    return await execute(connection, _FORGET_SURPLUS, {**wanted, "limit": limit, "skip": skip})
