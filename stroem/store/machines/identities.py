"""Rows of identities of workers, and of their tokens."""

import datetime
import uuid
from collections.abc import Sequence

import attrs

from stroem.store.statement import Connection, columns, execute, fetch, fetch_named


@attrs.frozen(kw_only=True)
class IdentityRow:
    """Row of an identity. `join_token` is the prefix of the token with which it has joined."""

    id: uuid.UUID
    name: str
    join_token: str
    joined_at: datetime.datetime
    workspaces: list[str]
    tags: list[str]
    abilities: list[str]
    revoked_at: datetime.datetime | None
    revoked_by: str | None


@attrs.frozen(kw_only=True)
class TokenRow:
    """Row of a token of an identity."""

    identity_id: uuid.UUID
    expires_at: datetime.datetime
    is_expired: bool
    used_at: datetime.datetime | None
    replaced_at: datetime.datetime | None


@attrs.frozen(kw_only=True)
class ListedIdentity(IdentityRow):
    """An identity with the end of its newest token, and when a worker of it was heard last."""

    expires_at: datetime.datetime | None
    last_heard_at: datetime.datetime | None


@attrs.frozen(kw_only=True)
class NewIdentity:
    """An identity to add."""

    id: uuid.UUID
    name: str
    join_token: str
    workspaces: Sequence[str] = ()
    tags: Sequence[str] = ()
    abilities: Sequence[str] = ()


_COLUMNS = columns(IdentityRow)
_OF_IDENTITY = ", ".join(f"i.{field.name}" for field in attrs.fields(IdentityRow))


async def add_identity(connection: Connection, identity: NewIdentity) -> None:
    """Adds an identity."""
    await execute(
        connection,
        "INSERT INTO worker_identities (id, name, join_token, workspaces, tags, abilities)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        [
            identity.id,
            identity.name,
            identity.join_token,
            list(identity.workspaces),
            list(identity.tags),
            list(identity.abilities),
        ],
    )


async def add_token(connection: Connection, identity_id: uuid.UUID, hash: bytes, days: int) -> bool:
    """Adds a token; False if there is one with this hash."""
    sql = (
        "INSERT INTO worker_tokens (hash, identity_id, expires_at) VALUES (%s, %s, now() + make_interval(days => %s))"
        " ON CONFLICT (hash) DO NOTHING"
    )
    return bool(await execute(connection, sql, [hash, identity_id, days]))


async def find_token(connection: Connection, hash: bytes) -> tuple[TokenRow, IdentityRow] | None:
    """A token by its hash, with its identity."""
    rows = await fetch_named(
        connection,
        f"SELECT {_OF_IDENTITY}, t.identity_id, t.expires_at, t.expires_at <= now() AS is_expired, t.used_at,"  # noqa: S608 - constants
        " t.replaced_at FROM worker_tokens t JOIN worker_identities i ON i.id = t.identity_id WHERE t.hash = %s",
        [hash],
    )
    if not rows:
        return None
    of_token = {field.name for field in attrs.fields(TokenRow)}
    token = {name: value for name, value in rows[0].items() if name in of_token}
    identity = {name: value for name, value in rows[0].items() if name not in of_token}
    return TokenRow(**token), IdentityRow(**identity)


async def note_first_use(connection: Connection, identity_id: uuid.UUID, hash: bytes) -> bool:
    """Notes the first use of a token, which replaces the others of the identity; False if it was used before."""
    rows = await fetch(
        connection,
        """
        WITH used AS (
            UPDATE worker_tokens SET used_at = now() WHERE hash = %(hash)s AND used_at IS NULL RETURNING hash
        ), replaced AS (
            UPDATE worker_tokens SET replaced_at = now()
            WHERE identity_id = %(identity)s AND hash <> %(hash)s AND replaced_at IS NULL
              AND EXISTS (SELECT FROM used)
        )
        SELECT FROM used
        """,
        {"hash": hash, "identity": identity_id},
    )
    return bool(rows)


async def drop_unused_tokens(connection: Connection, identity_id: uuid.UUID, but: bytes) -> None:
    """Deletes the tokens of an identity that were never used, but one."""
    sql = "DELETE FROM worker_tokens WHERE identity_id = %s AND used_at IS NULL AND replaced_at IS NULL AND hash <> %s"
    await execute(connection, sql, [identity_id, but])


async def list_identities(connection: Connection) -> list[ListedIdentity]:
    """The identities by name; also revoked ones, until they are pruned."""
    rows = await fetch_named(
        connection,
        f"SELECT {_OF_IDENTITY},"  # noqa: S608 - constants
        " (SELECT max(expires_at) FROM worker_tokens t WHERE t.identity_id = i.id AND t.replaced_at IS NULL)"
        " AS expires_at,"
        " (SELECT max(heartbeat_at) FROM workers w WHERE w.identity_id = i.id) AS last_heard_at"
        " FROM worker_identities i ORDER BY i.name, i.joined_at",
    )
    return [ListedIdentity(**row) for row in rows]


async def are_there(connection: Connection) -> bool:
    """Whether there are identities that were not revoked."""
    sql = "SELECT FROM worker_identities WHERE revoked_at IS NULL LIMIT 1"
    return bool(await fetch(connection, sql))


async def get_identity(connection: Connection, identity_id: uuid.UUID) -> IdentityRow | None:
    """An identity, locked until the end of the transaction."""
    sql = f"SELECT {_COLUMNS} FROM worker_identities WHERE id = %s FOR UPDATE"  # noqa: S608 - constants
    rows = await fetch_named(connection, sql, [identity_id])
    return IdentityRow(**rows[0]) if rows else None


async def revoke_identity(connection: Connection, identity_id: uuid.UUID, by: str) -> list[uuid.UUID]:
    """Revokes an identity and ends the leases of its workers; returns these."""
    await execute(
        connection,
        "UPDATE worker_identities SET revoked_at = now(), revoked_by = %s WHERE id = %s AND revoked_at IS NULL",
        [by, identity_id],
    )
    rows = await fetch(
        connection,
        "UPDATE workers SET active = false, lease_until = heartbeat_at WHERE identity_id = %s RETURNING id",
        [identity_id],
    )
    return [row[0] for row in rows]


async def forget_tokens(connection: Connection, days: int, limit: int, skip: int) -> int:
    """Deletes up to `limit` tokens of identities that expired more than `days` ago, after the first `skip`."""
    return await execute(
        connection,
        "DELETE FROM worker_tokens WHERE hash IN (SELECT hash FROM worker_tokens"
        " WHERE expires_at < now() - make_interval(days => %s) ORDER BY expires_at LIMIT %s OFFSET %s"
        " FOR UPDATE SKIP LOCKED)",
        [days, limit, skip],
    )


async def forget_identities(connection: Connection, limit: int, skip: int) -> int:
    """Deletes up to `limit` identities that have no token any more, after the first `skip`."""
    return await execute(
        connection,
        "DELETE FROM worker_identities WHERE id IN (SELECT id FROM worker_identities i"
        " WHERE NOT EXISTS (SELECT FROM worker_tokens t WHERE t.identity_id = i.id)"
        " ORDER BY joined_at, id LIMIT %s OFFSET %s FOR UPDATE SKIP LOCKED)",
        [limit, skip],
    )


async def installation_name(connection: Connection, proposed: str) -> str:
    """The name of this installation, which the first call sets."""
    await execute(connection, "INSERT INTO installation (name) VALUES (%s) ON CONFLICT DO NOTHING", [proposed])
    return str((await fetch(connection, "SELECT name FROM installation"))[0][0])
