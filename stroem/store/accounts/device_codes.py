"""Rows of programs that wait for a person to let them in."""

import datetime
import uuid
from typing import Literal

import attrs

from stroem.store.statement import Connection, columns, execute, fetch_named

DeviceState = Literal["pending", "approved", "denied"]
DEVICE_SECS = 600
"""How long a program waits at most."""


@attrs.frozen(kw_only=True)
class NewDevice:
    """A program that begins to wait: the SHA-256 of both codes, its name, and where it is."""

    hash: bytes = attrs.field(repr=False)
    code_hash: bytes = attrs.field(repr=False)
    name: str
    address: str


@attrs.frozen(kw_only=True)
class DeviceRow:
    """Row of a program that waits. `state` is what a person has said; `account_id` is who has let it in."""

    state: DeviceState
    account_id: uuid.UUID | None
    name: str
    address: str
    created_at: datetime.datetime
    expires_at: datetime.datetime


_COLUMNS = columns(DeviceRow)


async def add_device(connection: Connection, device: NewDevice) -> bool:
    """Adds a program that waits; False if another one has one of its codes."""
    return bool(
        await execute(
            connection,
            "INSERT INTO device_codes (hash, code_hash, name, address, expires_at)"
            " VALUES (%s, %s, %s, %s, now() + make_interval(secs => %s)) ON CONFLICT DO NOTHING",
            [device.hash, device.code_hash, device.name, device.address, DEVICE_SECS],
        )
    )


async def find_device(connection: Connection, code_hash: bytes) -> DeviceRow | None:
    """The program that waits with this code for a person; None if none does any more."""
    rows = await fetch_named(
        connection,
        f"SELECT {_COLUMNS} FROM device_codes"  # noqa: S608 - constants
        " WHERE code_hash = %s AND state = 'pending' AND expires_at > now()",
        [code_hash],
    )
    return DeviceRow(**rows[0]) if rows else None


async def decide_device(connection: Connection, code_hash: bytes, state: DeviceState, account_id: uuid.UUID) -> bool:
    """Says whether a program that waits is let in, by an account; False if it does not wait any more."""
    return bool(
        await execute(
            connection,
            "UPDATE device_codes SET state = %s, account_id = %s"
            " WHERE code_hash = %s AND state = 'pending' AND expires_at > now()",
            [state, account_id, code_hash],
        )
    )


async def poll_device(connection: Connection, hash: bytes) -> tuple[DeviceRow, float | None] | None:
    """The row of a program that asks, and the seconds since it asked before; None if it does not wait any more."""
    rows = await fetch_named(
        connection,
        "WITH before AS (SELECT hash, polled_at FROM device_codes WHERE hash = %s FOR UPDATE)"  # noqa: S608 - constants
        " UPDATE device_codes own SET polled_at = clock_timestamp() FROM before"
        " WHERE own.hash = before.hash AND own.expires_at > now()"
        " RETURNING extract(epoch FROM clock_timestamp() - before.polled_at)::float8 AS since,"
        f" {', '.join(f'own.{name.strip()}' for name in _COLUMNS.split(','))}",
        [hash],
    )
    if not rows:
        return None
    since = rows[0].pop("since")
    return DeviceRow(**rows[0]), since


async def drop_device(connection: Connection, hash: bytes) -> bool:
    """Ends the wait of a program; False if it had ended."""
    return bool(await execute(connection, "DELETE FROM device_codes WHERE hash = %s", [hash]))


async def drop_devices_of(connection: Connection, account_id: uuid.UUID) -> None:
    """Ends the waits of the programs that an account has let in and that have not come yet."""
    await execute(connection, "DELETE FROM device_codes WHERE account_id = %s", [account_id])


async def forget_ended_devices(connection: Connection, limit: int, skip: int) -> int:
    """Deletes up to `limit` programs that do not wait any more, after the first `skip`; returns their number."""
    ended = "SELECT hash FROM device_codes WHERE expires_at < now() ORDER BY expires_at LIMIT %s OFFSET %s"
    return await execute(connection, f"DELETE FROM device_codes WHERE hash IN ({ended})", [limit, skip])  # noqa: S608 - constants
