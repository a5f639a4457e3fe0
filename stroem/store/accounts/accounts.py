"""Rows of people and service accounts."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Literal

import attrs

from stroem.store.statement import Connection, columns, execute, fetch, fetch_named

AccountKind = Literal["user", "service"]


@attrs.frozen(kw_only=True)
class AccountRow:
    """Row of an account. `name` is a person's e-mail address in lower case, or the name of a service account."""

    id: uuid.UUID
    kind: AccountKind
    name: str
    display_name: str | None
    is_admin: bool
    is_disabled: bool
    groups: list[str]
    password_hash: str | None = attrs.field(repr=False)
    created_at: datetime.datetime
    last_login_at: datetime.datetime | None


@attrs.frozen(kw_only=True)
class NewAccount:
    """An account to add."""

    kind: AccountKind
    name: str
    display_name: str | None = None
    is_admin: bool = False
    groups: Sequence[str] = ()
    password_hash: str | None = attrs.field(default=None, repr=False)


_COLUMNS = columns(AccountRow)
_ADMIN_LOCK = 0x61646D696E73
"""Advisory lock of changes that may take the rights of the last administrator."""


async def add_account(connection: Connection, account: NewAccount) -> AccountRow | None:
    """Adds an account; None if there is one of this kind and name."""
    rows = await fetch_named(
        connection,
        "INSERT INTO accounts (id, kind, name, display_name, is_admin, groups, password_hash)"  # noqa: S608 - constants
        " VALUES (%s, %s, %s, %s, %s, %s, %s)"
        f" ON CONFLICT (kind, name) DO NOTHING RETURNING {_COLUMNS}",
        [
            uuid.uuid4(),
            account.kind,
            account.name,
            account.display_name,
            account.is_admin,
            sorted(set(account.groups)),
            account.password_hash,
        ],
    )
    return AccountRow(**rows[0]) if rows else None


async def get_account(connection: Connection, account_id: uuid.UUID) -> AccountRow | None:
    """An account by its id."""
    rows = await fetch_named(connection, f"SELECT {_COLUMNS} FROM accounts WHERE id = %s", [account_id])  # noqa: S608 - constants
    return AccountRow(**rows[0]) if rows else None


async def find_account(connection: Connection, kind: AccountKind, name: str) -> AccountRow | None:
    """An account by its kind and name."""
    sql = f"SELECT {_COLUMNS} FROM accounts WHERE kind = %s AND name = %s"  # noqa: S608 - constants
    rows = await fetch_named(connection, sql, [kind, name])
    return AccountRow(**rows[0]) if rows else None


async def list_accounts(
    connection: Connection, kind: AccountKind, limit: int, offset: int
) -> tuple[list[AccountRow], int]:
    """A page of the accounts of a kind by name, and the total."""
    sql = f"SELECT {_COLUMNS} FROM accounts WHERE kind = %s ORDER BY name LIMIT %s OFFSET %s"  # noqa: S608 - constants
    rows = await fetch_named(connection, sql, [kind, limit, offset])
    counted = await fetch(connection, "SELECT count(*) FROM accounts WHERE kind = %s", [kind])
    return [AccountRow(**row) for row in rows], counted[0][0]


async def list_groups(connection: Connection) -> list[str]:
    """The groups of all accounts, by name."""
    rows = await fetch(connection, "SELECT DISTINCT unnest(groups) AS name FROM accounts ORDER BY name")
    return [name for (name,) in rows]


async def has_people(connection: Connection) -> bool:
    """Whether there is any account of a person."""
    return bool((await fetch(connection, "SELECT EXISTS (SELECT FROM accounts WHERE kind = 'user')"))[0][0])


async def set_groups(connection: Connection, account_id: uuid.UUID, groups: Sequence[str]) -> bool:
    """Replaces the groups; False if there is no such account."""
    sql = "UPDATE accounts SET groups = %s WHERE id = %s"
    return bool(await execute(connection, sql, [sorted(set(groups)), account_id]))


async def set_admin(connection: Connection, account_id: uuid.UUID, *, is_admin: bool) -> bool:
    """Sets whether an account is an administrator; False if there is no such account."""
    return bool(await execute(connection, "UPDATE accounts SET is_admin = %s WHERE id = %s", [is_admin, account_id]))


async def set_disabled(connection: Connection, account_id: uuid.UUID, *, is_disabled: bool) -> bool:
    """Sets whether an account may not sign in; False if there is no such account."""
    sql = "UPDATE accounts SET is_disabled = %s WHERE id = %s"
    return bool(await execute(connection, sql, [is_disabled, account_id]))


async def set_password(connection: Connection, account_id: uuid.UUID, password_hash: str) -> None:
    """Replaces the hash of the password."""
    await execute(connection, "UPDATE accounts SET password_hash = %s WHERE id = %s", [password_hash, account_id])


async def delete_account(connection: Connection, account_id: uuid.UUID) -> bool:
    """Deletes an account with its sessions and keys; False if there is none."""
    return bool(await execute(connection, "DELETE FROM accounts WHERE id = %s", [account_id]))


async def lock_admins(connection: Connection) -> list[uuid.UUID]:
    """Locks the set of administrators to the end of the transaction; the ids of people who are, and not disabled."""
    await fetch(connection, "SELECT pg_advisory_xact_lock(%s)", [_ADMIN_LOCK])
    sql = "SELECT id FROM accounts WHERE kind = 'user' AND is_admin AND NOT is_disabled"
    return [account_id for (account_id,) in await fetch(connection, sql)]


async def lock_account(connection: Connection, account_id: uuid.UUID) -> AccountRow | None:
    """An account as it is now, and stays to the end of the transaction."""
    rows = await fetch_named(
        connection,
        f"SELECT {_COLUMNS} FROM accounts WHERE id = %s FOR UPDATE",  # noqa: S608 - constants
        [account_id],
    )
    return AccountRow(**rows[0]) if rows else None


async def note_sign_in(connection: Connection, account_id: uuid.UUID, address: str) -> None:
    """Notes when and from which address a person has signed in."""
    await execute(connection, "UPDATE accounts SET last_login_at = now() WHERE id = %s", [account_id])
    await note_address(connection, account_id, address)


async def note_address(connection: Connection, account_id: uuid.UUID, address: str) -> None:
    """Notes that an address is that of the account's owner."""
    await execute(
        connection,
        "INSERT INTO known_addresses (account_id, address) VALUES (%s, %s)"
        " ON CONFLICT (account_id, address) DO UPDATE SET seen_at = now()",
        [account_id, address],
    )


async def is_known_address(connection: Connection, account_id: uuid.UUID, address: str) -> bool:
    """Whether the account has signed in from this address before."""
    sql = "SELECT EXISTS (SELECT FROM known_addresses WHERE account_id = %s AND address = %s)"
    return bool((await fetch(connection, sql, [account_id, address]))[0][0])


async def forget_addresses(connection: Connection, days: int, limit: int, skip: int) -> int:
    """Deletes up to `limit` known addresses not seen for `days`, after the first `skip`; returns their number."""
    old = (
        "SELECT account_id, address FROM known_addresses WHERE seen_at < now() - make_interval(days => %s)"
        " ORDER BY seen_at LIMIT %s OFFSET %s"
    )
    sql = f"DELETE FROM known_addresses WHERE (account_id, address) IN ({old})"  # noqa: S608 - constants
    return await execute(connection, sql, [days, limit, skip])
