"""Rows that link accounts to people of providers."""

import uuid
from collections.abc import Sequence

import attrs

from stroem.store.accounts.accounts import AccountRow
from stroem.store.statement import Connection, execute, fetch, fetch_named


@attrs.frozen(kw_only=True)
class NewLink:
    """A person of a provider, by the issuer's name for them; `provider` is the id in the settings."""

    issuer: str
    subject: str
    provider: str


async def find_linked(connection: Connection, link: NewLink) -> AccountRow | None:
    """The account of a person; None without a link."""
    named = ", ".join(f"a.{field.name}" for field in attrs.fields(AccountRow))
    rows = await fetch_named(
        connection,
        f"SELECT {named} FROM account_links l JOIN accounts a ON a.id = l.account_id"  # noqa: S608 - constants
        " WHERE l.issuer = %s AND l.subject = %s",
        [link.issuer, link.subject],
    )
    return AccountRow(**rows[0]) if rows else None


async def add_link(connection: Connection, account_id: uuid.UUID, link: NewLink) -> bool:
    """Links an account to a person; False if the person has a link already."""
    return bool(
        await execute(
            connection,
            "INSERT INTO account_links (issuer, subject, account_id, provider) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (issuer, subject) DO NOTHING",
            [link.issuer, link.subject, account_id, link.provider],
        )
    )


async def note_provider(connection: Connection, link: NewLink) -> None:
    """Notes by which provider of the settings the person has come."""
    await execute(
        connection,
        "UPDATE account_links SET provider = %s WHERE issuer = %s AND subject = %s AND provider <> %s",
        [link.provider, link.issuer, link.subject, link.provider],
    )


async def issuers_of(connection: Connection, account_id: uuid.UUID) -> list[str]:
    """The issuers whose people an account is linked to."""
    sql = "SELECT DISTINCT issuer FROM account_links WHERE account_id = %s"
    return [issuer for (issuer,) in await fetch(connection, sql, [account_id])]


async def providers_of(connection: Connection, account_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """The providers by which accounts sign in, sorted; accounts without any are left out."""
    rows = await fetch(
        connection,
        "SELECT account_id, array_agg(DISTINCT provider ORDER BY provider) FROM account_links"
        " WHERE account_id = ANY(%s) GROUP BY account_id",
        [list(account_ids)],
    )
    return dict(rows)
