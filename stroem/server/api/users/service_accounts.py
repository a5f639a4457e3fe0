"""Service accounts: owners of API keys that are no people."""

import datetime
import uuid
from collections.abc import Sequence

import attrs
from aiohttp import web

from stroem.accounts.keys import WantedKey
from stroem.errors import NotFound
from stroem.server.api.auth.api_keys import KeyItem, NewKey, key_item, new_key
from stroem.server.api.auth.common import Done, accounts_of, manager_of
from stroem.server.api.users.users import DisabledFlag, Groups
from stroem.server.http.audit.recording import note
from stroem.server.http.paging import Paging
from stroem.store.accounts import accounts
from stroem.store.accounts.accounts import AccountRow
from stroem.store.accounts.api_keys import ApiKeyRow, list_api_keys


@attrs.frozen(kw_only=True)
class ServiceAccountItem:
    """A service account with its API keys."""

    account_id: uuid.UUID
    name: str
    groups: tuple[str, ...]
    is_disabled: bool
    created_at: datetime.datetime
    keys: tuple[KeyItem, ...]


@attrs.frozen(kw_only=True)
class ServiceAccountsPage:
    """A page of service accounts, and their total number."""

    items: tuple[ServiceAccountItem, ...]
    total: int


@attrs.frozen(kw_only=True)
class NewServiceAccount:
    """A service account to add: 1 to 64 letters, digits, `_` and `-`."""

    name: str
    groups: tuple[str, ...] = ()


async def list_accounts(request: web.Request, query: Paging) -> ServiceAccountsPage:
    """Lists service accounts by name."""
    limit, offset = query.clamped(request)
    async with accounts_of(request).database.read() as connection:
        rows, total = await accounts.list_accounts(connection, "service", limit, offset)
        keys = await list_api_keys(connection, [row.id for row in rows])
    return ServiceAccountsPage(items=tuple(_item(row, keys) for row in rows), total=total)


async def create(request: web.Request, body: NewServiceAccount) -> ServiceAccountItem:
    """Adds a service account, which has no API key yet."""
    manager_of(request)
    note(request, object=("service-account", body.name), after={"groups": list(body.groups)})
    return _item(await accounts_of(request).people.add_service(body.name, body.groups), ())


async def delete(request: web.Request, name: str) -> Done:
    """Deletes a service account with its API keys."""
    account = await _account(request, name)
    await accounts_of(request).people.delete(account.id, "service", by=manager_of(request).id)
    return Done()


async def set_disabled(request: web.Request, name: str, body: DisabledFlag) -> Done:
    """Disables a service account, which stops its API keys, or enables it again."""
    account = await _account(request, name)
    note(request, before={"is_disabled": account.is_disabled}, after={"is_disabled": body.is_disabled})
    by = manager_of(request).id
    await accounts_of(request).people.set_disabled(account.id, is_disabled=body.is_disabled, by=by)
    return Done()


async def set_groups(request: web.Request, name: str, body: Groups) -> Done:
    """Replaces the groups of a service account."""
    manager_of(request)
    account = await _account(request, name)
    note(request, before={"groups": account.groups}, after={"groups": list(body.groups)})
    await accounts_of(request).people.set_groups(account.id, body.groups)
    return Done()


async def create_key(request: web.Request, name: str, body: WantedKey) -> NewKey:
    """Makes an API key for a service account."""
    manager_of(request)
    account = await _account(request, name)
    return await new_key(request, account.id, body, owner=("service-account", account.name))


async def delete_key(request: web.Request, name: str, prefix: str) -> Done:
    """Deletes an API key of a service account."""
    manager_of(request)
    await accounts_of(request).keys.delete((await _account(request, name)).id, prefix)
    return Done()


async def _account(request: web.Request, name: str) -> AccountRow:
    async with accounts_of(request).database.read() as connection:
        row = await accounts.find_account(connection, "service", name)
    if row is None:
        raise NotFound(kind="Service account", name=name)
    return row


def _item(row: AccountRow, keys: Sequence[ApiKeyRow]) -> ServiceAccountItem:
    return ServiceAccountItem(
        account_id=row.id,
        name=row.name,
        groups=tuple(row.groups),
        is_disabled=row.is_disabled,
        created_at=row.created_at,
        keys=tuple(key_item(key) for key in keys if key.account_id == row.id),
    )
