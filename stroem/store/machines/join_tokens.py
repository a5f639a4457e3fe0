"""Rows of join tokens."""

import datetime
from collections.abc import Sequence

import attrs

from stroem.store.statement import Connection, columns, execute, fetch_named


@attrs.frozen(kw_only=True)
class JoinTokenRow:
    """Row of a join token. `uses_left` is None without a limit. Empty lists do not narrow."""

    prefix: str
    name: str
    created_at: datetime.datetime
    created_by: str
    expires_at: datetime.datetime
    uses: int
    uses_left: int | None
    workspaces: list[str]
    tags: list[str]
    abilities: list[str]


@attrs.frozen(kw_only=True)
class NewJoinToken:
    """A join token to add. `hash` is the SHA-256 of the token."""

    prefix: str
    hash: bytes = attrs.field(repr=False)
    name: str
    created_by: str
    expires_in_secs: int
    uses: int | None = None
    workspaces: Sequence[str] = ()
    tags: Sequence[str] = ()
    abilities: Sequence[str] = ()


_COLUMNS = columns(JoinTokenRow)


async def add_join_token(connection: Connection, token: NewJoinToken) -> JoinTokenRow | None:
    """Adds a join token; None if another one has the prefix."""
    rows = await fetch_named(
        connection,
        "INSERT INTO join_tokens (prefix, hash, name, created_by, expires_at, uses_left, workspaces, tags, abilities)"  # noqa: S608 - constants
        " VALUES (%s, %s, %s, %s, now() + make_interval(secs => %s), %s, %s, %s, %s)"
        f" ON CONFLICT (prefix) DO NOTHING RETURNING {_COLUMNS}",
        [
            token.prefix,
            token.hash,
            token.name,
            token.created_by,
            token.expires_in_secs,
            token.uses,
            list(token.workspaces),
            list(token.tags),
            list(token.abilities),
        ],
    )
    return JoinTokenRow(**rows[0]) if rows else None


async def list_join_tokens(connection: Connection) -> list[JoinTokenRow]:
    """The join tokens, the newest first; also those that are used up or have expired, until they are pruned."""
    sql = f"SELECT {_COLUMNS} FROM join_tokens ORDER BY created_at DESC, prefix"  # noqa: S608 - constants
    return [JoinTokenRow(**row) for row in await fetch_named(connection, sql)]


async def find_join_token(connection: Connection, hash: bytes) -> JoinTokenRow | None:
    """A join token by its hash, locked until the end of the transaction."""
    sql = f"SELECT {_COLUMNS} FROM join_tokens WHERE hash = %s FOR UPDATE"  # noqa: S608 - constants
    rows = await fetch_named(connection, sql, [hash])
    return JoinTokenRow(**rows[0]) if rows else None


async def use_join_token(connection: Connection, prefix: str) -> bool:
    """Counts a use; False if the token has expired or is used up."""
    sql = (
        "UPDATE join_tokens SET uses = uses + 1, uses_left = uses_left - 1"
        " WHERE prefix = %s AND expires_at > now() AND (uses_left IS NULL OR uses_left > 0)"
    )
    return bool(await execute(connection, sql, [prefix]))


async def delete_join_token(connection: Connection, prefix: str) -> bool:
    """Deletes a join token; False if there is none."""
    return bool(await execute(connection, "DELETE FROM join_tokens WHERE prefix = %s", [prefix]))


async def forget_join_tokens(connection: Connection, days: int, limit: int, skip: int) -> int:
    """Deletes up to `limit` join tokens that expired more than `days` ago, after the first `skip`."""
    return await execute(
        connection,
        "DELETE FROM join_tokens WHERE prefix IN (SELECT prefix FROM join_tokens"
        " WHERE expires_at < now() - make_interval(days => %s) ORDER BY expires_at LIMIT %s OFFSET %s"
        " FOR UPDATE SKIP LOCKED)",
        [days, limit, skip],
    )
