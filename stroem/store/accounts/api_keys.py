"""Rows of API keys."""

import datetime
import uuid
from collections.abc import Sequence

import attrs

from stroem.store.accounts.accounts import AccountRow
from stroem.store.statement import Connection, columns, execute, fetch, fetch_named


@attrs.frozen(kw_only=True)
class ApiKeyRow:
    """Row of an API key. Empty lists do not narrow what its owner may do."""

    prefix: str
    account_id: uuid.UUID
    name: str
    created_at: datetime.datetime
    expires_at: datetime.datetime | None
    last_used_at: datetime.datetime | None
    workspaces: list[str]
    tasks: list[str]
    verbs: list[str]
    addresses: list[str]

    @property
    def is_expired(self) -> bool:
        """Whether it may not be used any more."""
        return self.expires_at is not None and self.expires_at <= datetime.datetime.now(datetime.UTC)


@attrs.frozen(kw_only=True)
class NewApiKey:
    """An API key to add. `hash` is the SHA-256 of the key."""

    prefix: str
    hash: bytes = attrs.field(repr=False)
    name: str
    expires_in_days: int | None = None
    workspaces: Sequence[str] = ()
    tasks: Sequence[str] = ()
    verbs: Sequence[str] = ()
    addresses: Sequence[str] = ()


_COLUMNS = columns(ApiKeyRow)
_NOTED_SECS = 60
"""The last use of a key is written this often at most."""


async def add_api_key(connection: Connection, account_id: uuid.UUID, key: NewApiKey) -> ApiKeyRow | None:
    """Adds an API key; None if another one has the prefix."""
    rows = await fetch_named(
        connection,
        "INSERT INTO api_keys (prefix, account_id, hash, name, expires_at, workspaces, tasks, verbs, addresses)"  # noqa: S608 - constants
        " VALUES (%s, %s, %s, %s, now() + make_interval(days => %s), %s, %s, %s, %s)"
        f" ON CONFLICT (prefix) DO NOTHING RETURNING {_COLUMNS}",
        [
            key.prefix,
            account_id,
            key.hash,
            key.name,
            key.expires_in_days,
            list(key.workspaces),
            list(key.tasks),
            list(key.verbs),
            list(key.addresses),
        ],
    )
    return ApiKeyRow(**rows[0]) if rows else None


async def count_api_keys(connection: Connection, account_id: uuid.UUID) -> int:
    """The number of API keys of an account."""
    rows = await fetch(connection, "SELECT count(*) FROM api_keys WHERE account_id = %s", [account_id])
    return int(rows[0][0])


async def find_api_key(connection: Connection, hash: bytes) -> tuple[ApiKeyRow, AccountRow] | None:
    """An API key by its hash, with its owner; None if there is none, or the owner is disabled."""
    of_key = ", ".join(f"k.{field.name}" for field in attrs.fields(ApiKeyRow))
    of_owner = ", ".join(f"a.{field.name} AS owner_{field.name}" for field in attrs.fields(AccountRow))
    rows = await fetch_named(
        connection,
        f"SELECT {of_key}, {of_owner} FROM api_keys k JOIN accounts a ON a.id = k.account_id"  # noqa: S608 - constants
        " WHERE k.hash = %s AND NOT a.is_disabled",
        [hash],
    )
    if not rows:
        return None
    owner = {name.removeprefix("owner_"): value for name, value in rows[0].items() if name.startswith("owner_")}
    key = {name: value for name, value in rows[0].items() if not name.startswith("owner_")}
    return ApiKeyRow(**key), AccountRow(**owner)


async def list_api_keys(connection: Connection, accounts: Sequence[uuid.UUID]) -> list[ApiKeyRow]:
    """The API keys of accounts, the newest first."""
    sql = f"SELECT {_COLUMNS} FROM api_keys WHERE account_id = ANY(%s) ORDER BY created_at DESC, prefix"  # noqa: S608 - constants
    return [ApiKeyRow(**row) for row in await fetch_named(connection, sql, [list(accounts)])]


async def note_use(connection: Connection, prefix: str) -> None:
    """Notes that a key is used; once a minute at most."""
    sql = (
        "UPDATE api_keys SET last_used_at = now() WHERE prefix = %s"
        " AND (last_used_at IS NULL OR last_used_at < now() - make_interval(secs => %s))"
    )
    await execute(connection, sql, [prefix, _NOTED_SECS])


async def delete_api_key(connection: Connection, account_id: uuid.UUID, prefix: str) -> bool:
    """Deletes a key of an account; False if it has no such key."""
    sql = "DELETE FROM api_keys WHERE account_id = %s AND prefix = %s"
    return bool(await execute(connection, sql, [account_id, prefix]))
