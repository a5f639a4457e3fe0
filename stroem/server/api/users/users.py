"""People who may sign in."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from urllib.parse import quote

import attrs
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.errors import Forbidden, NotFound
from stroem.server.api.auth.account import methods_of
from stroem.server.api.auth.common import Done, accounts_of, check_no_key, manager_of
from stroem.server.api.auth.sessions import EndedSessions, SessionList, sessions_of
from stroem.server.http.audit.recording import note
from stroem.server.http.paging import Paging
from stroem.server.keys import SETTINGS
from stroem.store.accounts import accounts
from stroem.store.accounts.accounts import AccountRow
from stroem.store.accounts.links import providers_of


@attrs.frozen(kw_only=True)
class UserItem:
    """A person who may sign in, unless disabled. Without `auth_methods` nobody signs in with this account yet.

    These are `password`, or ids of providers.
    """

    user_id: uuid.UUID
    name: str | None = attrs.field(default=None, metadata=ABSENT)
    email: str
    is_admin: bool
    is_disabled: bool
    groups: tuple[str, ...]
    auth_methods: tuple[str, ...]
    created_at: datetime.datetime
    last_login_at: datetime.datetime | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class UsersPage:
    """A page of people, and their total number."""

    items: tuple[UserItem, ...]
    total: int


@attrs.frozen(kw_only=True)
class NewUser:
    """A person to add. A link for setting the password is made by `reset-link`."""

    email: str
    name: str | None = None
    groups: tuple[str, ...] = ()
    is_admin: bool = False


@attrs.frozen(kw_only=True)
class AdminFlag:
    """Whether the person is an administrator."""

    is_admin: bool


@attrs.frozen(kw_only=True)
class DisabledFlag:
    """Whether the account may not be used."""

    is_disabled: bool


@attrs.frozen(kw_only=True)
class Groups:
    """Names of groups: 1 to 64 letters, digits, `_` and `-`."""

    groups: tuple[str, ...]


@attrs.frozen(kw_only=True)
class PasswordLink:
    """A link for setting a password, good once."""

    url: str
    expires_at: datetime.datetime


async def list_users(request: web.Request, query: Paging) -> UsersPage:
    """Lists people by e-mail address."""
    limit, offset = query.clamped(request)
    async with accounts_of(request).database.read() as connection:
        rows, total = await accounts.list_accounts(connection, "user", limit, offset)
        providers = await providers_of(connection, [row.id for row in rows])
    return UsersPage(items=tuple(_item(row, providers) for row in rows), total=total)


async def create(request: web.Request, body: NewUser) -> UserItem:
    """Adds a person, who has no password yet."""
    people = accounts_of(request).people
    note(request, object=("user", body.email), after={"groups": list(body.groups), "is_admin": body.is_admin})
    _check_admin(request, concerns_admin=body.is_admin)
    return _item(await people.add_user(body.email, body.name, body.groups, is_admin=body.is_admin), {})


async def get(request: web.Request, user_id: uuid.UUID) -> UserItem:
    """A person."""
    row = await _user(request, user_id)
    async with accounts_of(request).database.read() as connection:
        return _item(row, await providers_of(connection, [row.id]))


async def delete(request: web.Request, user_id: uuid.UUID) -> Done:
    """Deletes a person with all sessions and API keys."""
    await _touched(request, user_id)
    await accounts_of(request).people.delete(user_id, "user", by=manager_of(request).id)
    return Done()


async def set_admin(request: web.Request, user_id: uuid.UUID, body: AdminFlag) -> Done:
    """Makes a person an administrator, or no longer one."""
    by = _check_admin(request, concerns_admin=True)
    account = await _touched(request, user_id)
    note(request, before={"is_admin": account.is_admin}, after={"is_admin": body.is_admin})
    await accounts_of(request).people.set_admin(user_id, is_admin=body.is_admin, by=by)
    return Done()


async def set_disabled(request: web.Request, user_id: uuid.UUID, body: DisabledFlag) -> Done:
    """Disables an account, which ends its sessions and stops its API keys, or enables it again."""
    account = await _touched(request, user_id)
    note(request, before={"is_disabled": account.is_disabled}, after={"is_disabled": body.is_disabled})
    by = manager_of(request).id
    await accounts_of(request).people.set_disabled(user_id, is_disabled=body.is_disabled, by=by)
    return Done()


async def get_groups(request: web.Request, user_id: uuid.UUID) -> Groups:
    """The groups of a person."""
    return Groups(groups=tuple((await _user(request, user_id)).groups))


async def set_groups(request: web.Request, user_id: uuid.UUID, body: Groups) -> Done:
    """Replaces the groups of a person."""
    account = await _touched(request, user_id)
    note(request, before={"groups": account.groups}, after={"groups": list(body.groups)})
    await accounts_of(request).people.set_groups(user_id, body.groups)
    return Done()


async def list_groups(request: web.Request) -> Groups:
    """The groups of all accounts."""
    async with accounts_of(request).database.read() as connection:
        return Groups(groups=tuple(await accounts.list_groups(connection)))


async def make_link(request: web.Request, user_id: uuid.UUID) -> PasswordLink:
    """Makes a link with which the person sets a password, good once and for a day.

    403 for an API key of that person: it may not change the password.
    """
    if manager_of(request).id == user_id:
        check_no_key(request)
    await _touched(request, user_id)
    link = await accounts_of(request).sign_in.make_link(user_id)
    base = next(iter(request.app[SETTINGS].browser_urls), None) or str(request.url.origin())
    return PasswordLink(url=f"{base.rstrip('/')}/reset#token={quote(link.token)}", expires_at=link.expires_at)


async def list_sessions(request: web.Request, user_id: uuid.UUID) -> SessionList:
    """Lists the sessions of a person."""
    return await sessions_of(accounts_of(request).database, (await _user(request, user_id)).id)


async def end_sessions(request: web.Request, user_id: uuid.UUID) -> EndedSessions:
    """Ends all sessions of a person."""
    account = await _touched(request, user_id)
    return EndedSessions(ended=await accounts_of(request).sessions.end_all(account.id))


async def _touched(request: web.Request, user_id: uuid.UUID) -> AccountRow:
    """A person whose account is changed. Raises `NotFound`, `Forbidden`."""
    row = await _user(request, user_id)
    note(request, object=("user", row.name))
    _check_admin(request, concerns_admin=row.is_admin)
    return row


def _check_admin(request: web.Request, *, concerns_admin: bool) -> uuid.UUID | None:
    """Raises `Forbidden` if it concerns administrators, unless one asks; returns the id of who asks.

    Who merely manages accounts does not take over that of an administrator.
    """
    principal = manager_of(request)
    if concerns_admin and not principal.is_admin:
        raise Forbidden(message="Only administrators make administrators, and change their accounts")
    return principal.id


async def _user(request: web.Request, user_id: uuid.UUID) -> AccountRow:
    async with accounts_of(request).database.read() as connection:
        row = await accounts.get_account(connection, user_id)
    if row is None or row.kind != "user":
        raise NotFound(kind="User", name=user_id)
    return row


def _item(row: AccountRow, providers: Mapping[uuid.UUID, Sequence[str]]) -> UserItem:
    return UserItem(
        user_id=row.id,
        name=row.display_name,
        email=row.name,
        is_admin=row.is_admin,
        is_disabled=row.is_disabled,
        groups=tuple(row.groups),
        auth_methods=methods_of(row, providers),
        created_at=row.created_at,
        last_login_at=row.last_login_at,
    )
