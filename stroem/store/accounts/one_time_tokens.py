"""Rows of tokens that are good once."""

import datetime
import uuid
from typing import Literal

import attrs

from stroem.store.statement import Connection, execute, fetch, fetch_named

Purpose = Literal["ticket", "password"]


@attrs.frozen(kw_only=True)
class Bearer:
    """For whom a token was made, and by which session or API key if by one."""

    account_id: uuid.UUID
    session_id: uuid.UUID | None = None
    key_prefix: str | None = None


async def add_token(
    connection: Connection, hash: bytes, purpose: Purpose, bearer: Bearer, secs: int
) -> datetime.datetime:
    """Adds a token by its SHA-256; returns when it expires."""
    rows = await fetch(
        connection,
        "INSERT INTO one_time_tokens (hash, purpose, account_id, session_id, key_prefix, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, now() + make_interval(secs => %s)) RETURNING expires_at",
        [hash, purpose, bearer.account_id, bearer.session_id, bearer.key_prefix, secs],
    )
    expires_at: datetime.datetime = rows[0][0]
    return expires_at


async def find_token(connection: Connection, hash: bytes, purpose: Purpose) -> Bearer | None:
    """For whom a token is; None if there is none for this purpose, or it has expired."""
    rows = await fetch_named(
        connection,
        "SELECT account_id, session_id, key_prefix FROM one_time_tokens"
        " WHERE hash = %s AND purpose = %s AND expires_at > now()",
        [hash, purpose],
    )
    return Bearer(**rows[0]) if rows else None


async def take_token(connection: Connection, hash: bytes, purpose: Purpose) -> Bearer | None:
    """Uses a token up; None if there is none for this purpose, or it has expired."""
    rows = await fetch_named(
        connection,
        "DELETE FROM one_time_tokens WHERE hash = %s AND purpose = %s AND expires_at > now()"
        " RETURNING account_id, session_id, key_prefix",
        [hash, purpose],
    )
    return Bearer(**rows[0]) if rows else None


async def drop_tokens(connection: Connection, purpose: Purpose, account_id: uuid.UUID) -> None:
    """Deletes the tokens of an account for this purpose."""
    await execute(
        connection, "DELETE FROM one_time_tokens WHERE account_id = %s AND purpose = %s", [account_id, purpose]
    )


async def forget_ended_tokens(connection: Connection, limit: int, skip: int) -> int:
    """Deletes up to `limit` tokens that have expired, after the first `skip`; returns their number."""
    ended = "SELECT hash FROM one_time_tokens WHERE expires_at < now() ORDER BY expires_at LIMIT %s OFFSET %s"
    return await execute(connection, f"DELETE FROM one_time_tokens WHERE hash IN ({ended})", [limit, skip])  # noqa: S608 - constants
