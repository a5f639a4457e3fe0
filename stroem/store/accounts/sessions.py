"""Rows of the sessions of people."""

import datetime
import uuid

import attrs

from stroem.store.accounts.accounts import AccountRow
from stroem.store.accounts.device_codes import drop_devices_of
from stroem.store.statement import Connection, columns, execute, fetch_named, storable

SESSION_DAYS = 30
"""How long a session lasts after its last refresh."""
_TEXT = 300


@attrs.frozen(kw_only=True)
class SessionRow:
    """Row of a session. `generation` is that of the refresh token that is good now."""

    id: uuid.UUID
    account_id: uuid.UUID
    generation: int
    created_at: datetime.datetime
    last_used_at: datetime.datetime
    expires_at: datetime.datetime
    address: str
    user_agent: str
    provider: str | None = None
    logout_hint: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class SessionOrigin:
    """By which provider a session begins, None for a password, and what that wants to see at its end."""

    provider: str | None = None
    logout_hint: str | None = attrs.field(default=None, repr=False)


BY_PASSWORD = SessionOrigin()


@attrs.frozen(kw_only=True)
class Client:
    """Where a request comes from: the address, and what the browser says of itself."""

    address: str
    user_agent: str = ""


@attrs.frozen(kw_only=True)
class Rotation:
    """What a refresh has found. `is_new` tells that it made this generation; `age` is that of it, in seconds."""

    row: SessionRow
    is_new: bool
    age: float


_COLUMNS = columns(SessionRow)
_ALIVE = "expires_at > now()"


async def add_session(
    connection: Connection, account_id: uuid.UUID, client: Client, origin: SessionOrigin = BY_PASSWORD
) -> SessionRow:
    """Begins a session."""
    agent = (storable(client.user_agent) or "")[:_TEXT]
    rows = await fetch_named(
        connection,
        "INSERT INTO sessions (id, account_id, expires_at, address, user_agent, provider, logout_hint)"  # noqa: S608 - constants
        f" VALUES (%s, %s, now() + make_interval(days => %s), %s, %s, %s, %s) RETURNING {_COLUMNS}",
        [uuid.uuid4(), account_id, SESSION_DAYS, client.address, agent, origin.provider, origin.logout_hint],
    )
    return SessionRow(**rows[0])


async def rotate(connection: Connection, session_id: uuid.UUID, generation: int, client: Client) -> Rotation | None:
    """Makes the next generation of a session that has this one; None if there is no session, or it has expired.

    Of refreshes at once, one makes the next generation; the others find it.
    """
    rows = await fetch_named(
        connection,
        "UPDATE sessions SET generation = generation + 1, rotated_at = now(), last_used_at = now(),"  # noqa: S608 - constants
        " expires_at = now() + make_interval(days => %s), address = %s, user_agent = %s"
        f" WHERE id = %s AND generation = %s AND {_ALIVE} RETURNING {_COLUMNS}",
        [SESSION_DAYS, client.address, (storable(client.user_agent) or "")[:_TEXT], session_id, generation],
    )
    if rows:
        return Rotation(row=SessionRow(**rows[0]), is_new=True, age=0.0)
    rows = await fetch_named(
        connection,
        f"SELECT {_COLUMNS}, extract(epoch FROM now() - rotated_at)::float8 AS age FROM sessions"  # noqa: S608 - constants
        f" WHERE id = %s AND {_ALIVE}",
        [session_id],
    )
    return Rotation(age=rows[0].pop("age"), row=SessionRow(**rows[0]), is_new=False) if rows else None


async def owner_of_session(connection: Connection, session_id: uuid.UUID) -> AccountRow | None:
    """The account of a session that has not ended; None for one that is disabled."""
    named = ", ".join(f"a.{field.name}" for field in attrs.fields(AccountRow))
    rows = await fetch_named(
        connection,
        f"SELECT {named} FROM sessions s JOIN accounts a ON a.id = s.account_id"  # noqa: S608 - constants
        " WHERE s.id = %s AND s.expires_at > now() AND NOT a.is_disabled",
        [session_id],
    )
    return AccountRow(**rows[0]) if rows else None


async def list_sessions(connection: Connection, account_id: uuid.UUID) -> list[SessionRow]:
    """The sessions of an account, the last used one first."""
    sql = f"SELECT {_COLUMNS} FROM sessions WHERE account_id = %s AND {_ALIVE} ORDER BY last_used_at DESC"  # noqa: S608 - constants
    return [SessionRow(**row) for row in await fetch_named(connection, sql, [account_id])]


async def end_session(connection: Connection, session_id: uuid.UUID) -> SessionRow | None:
    """Ends a session and returns it; None if there was no such session."""
    sql = f"DELETE FROM sessions WHERE id = %s RETURNING {_COLUMNS}"  # noqa: S608 - constants
    rows = await fetch_named(connection, sql, [session_id])
    return SessionRow(**rows[0]) if rows else None


async def end_session_of(connection: Connection, account_id: uuid.UUID, session_id: uuid.UUID) -> bool:
    """Ends a session of an account; False if it has no such session."""
    sql = "DELETE FROM sessions WHERE id = %s AND account_id = %s"
    return bool(await execute(connection, sql, [session_id, account_id]))


async def end_sessions(connection: Connection, account_id: uuid.UUID, but: uuid.UUID | None = None) -> int:
    """Ends all sessions of an account but one; returns their number. Programs that it has let in get none any more."""
    await drop_devices_of(connection, account_id)  # waits for one that begins its session just now
    sql = "DELETE FROM sessions WHERE account_id = %s AND id IS DISTINCT FROM %s"
    return await execute(connection, sql, [account_id, but])


async def forget_ended_sessions(connection: Connection, limit: int, skip: int) -> int:
    """Deletes up to `limit` sessions that have expired, after the first `skip`; returns their number."""
    ended = "SELECT id FROM sessions WHERE expires_at < now() ORDER BY expires_at LIMIT %s OFFSET %s"
    return await execute(connection, f"DELETE FROM sessions WHERE id IN ({ended})", [limit, skip])  # noqa: S608 - constants
