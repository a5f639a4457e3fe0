"""API keys of one's own account."""

import datetime
import uuid

import attrs
from aiohttp import web

from stroem.accounts.keys import WantedKey
from stroem.conversion.unstructure import ABSENT
from stroem.errors import Forbidden
from stroem.server.api.auth.common import Done, accounts_of, check_no_key, identity_of
from stroem.server.http.audit.recording import note
from stroem.store.accounts.api_keys import ApiKeyRow, list_api_keys


@attrs.frozen(kw_only=True)
class NewKey:
    """A new API key, which is shown this once."""

    key: str
    name: str
    prefix: str
    expires_at: datetime.datetime | None


@attrs.frozen(kw_only=True)
class KeyItem:
    """An API key, named by its first characters. Empty lists do not narrow what its owner may do."""

    prefix: str
    name: str
    created_at: datetime.datetime
    expires_at: datetime.datetime | None = attrs.field(default=None, metadata=ABSENT)
    last_used_at: datetime.datetime | None = attrs.field(default=None, metadata=ABSENT)
    workspaces: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


async def create(request: web.Request, body: WantedKey) -> NewKey:
    """Makes an API key for oneself."""
    return await new_key(request, check_no_key(request).principal.id, body)


async def list_keys(request: web.Request) -> tuple[KeyItem, ...]:
    """Lists one's own API keys, the newest first."""
    account_id = check_no_key(request).principal.id
    async with accounts_of(request).database.read() as connection:
        rows = await list_api_keys(connection, [account_id]) if account_id is not None else []
    return tuple(key_item(row) for row in rows)


async def delete(request: web.Request, prefix: str) -> Done:
    """Deletes one of one's own API keys; it is refused from the next request on. A key may delete itself."""
    found = identity_of(request).principal
    if found.key is not None and found.key.prefix != prefix:
        raise Forbidden(message="An API key may delete itself only; sign in by password")
    if found.id is not None:
        await accounts_of(request).keys.delete(found.id, prefix)
    return Done()


async def new_key(
    request: web.Request, account_id: uuid.UUID | None, wanted: WantedKey, owner: tuple[str, str] | None = None
) -> NewKey:
    """Makes an API key for an account; `owner` is its kind and name, if it is not one's own."""
    if account_id is None:
        raise Forbidden(message="Only an account has API keys")
    facts = {name: value for name, value in attrs.asdict(wanted).items() if value}
    of_other = {owner[0]: owner[1]} if owner is not None else {}

    def tell(prefix: str) -> None:
        note(request, object=("api-key", prefix), after={**facts, **of_other})

    text, row = await accounts_of(request).keys.make(account_id, wanted, tell)
    return NewKey(key=text, name=row.name, prefix=row.prefix, expires_at=row.expires_at)


def key_item(row: ApiKeyRow) -> KeyItem:
    """An API key as lists show it."""
    return KeyItem(
        prefix=row.prefix,
        name=row.name,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        workspaces=tuple(row.workspaces),
        tasks=tuple(row.tasks),
        verbs=tuple(row.verbs),
        addresses=tuple(row.addresses),
    )
