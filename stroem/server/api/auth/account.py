"""One's own account: who one is, and one's password."""

import datetime
import uuid
from collections.abc import Mapping, Sequence

import attrs
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.errors import Unauthorized
from stroem.server.api.auth.api_keys import KeyItem, key_item
from stroem.server.api.auth.common import Done, accounts_of, check_no_key, client_of, identity_of
from stroem.server.http.audit.recording import note
from stroem.store.accounts.accounts import AccountKind, AccountRow, get_account
from stroem.store.accounts.api_keys import list_api_keys
from stroem.store.accounts.links import providers_of


@attrs.frozen(kw_only=True)
class Me:
    """Who has signed in. Of a service account, `email` is its name.

    `auth_methods` are the ways in which the account signs in: `password`, or the id of a provider. `key` is the API key
    of the request.
    """

    user_id: uuid.UUID
    kind: AccountKind
    name: str | None = attrs.field(default=None, metadata=ABSENT)
    email: str
    is_admin: bool
    groups: tuple[str, ...]
    auth_methods: tuple[str, ...]
    created_at: datetime.datetime
    key: KeyItem | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class PasswordChange:
    """The password of now, and the new one."""

    current_password: str = attrs.field(repr=False)
    new_password: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class PasswordReset:
    """The secret part of a link for setting a password, and the new password."""

    token: str = attrs.field(repr=False)
    new_password: str = attrs.field(repr=False)


async def me(request: web.Request) -> Me:
    """Who makes this request."""
    principal = identity_of(request).principal
    accounts = accounts_of(request)
    async with accounts.database.read() as connection:
        row = await get_account(connection, principal.id) if principal.id else None
        providers = await providers_of(connection, [row.id]) if row is not None else {}
        keys = await list_api_keys(connection, [row.id]) if row is not None and principal.key is not None else []
    if row is None:
        raise Unauthorized(message="The session has ended; sign in again")
    return Me(
        user_id=row.id,
        kind=row.kind,
        name=row.display_name,
        email=row.name,
        is_admin=row.is_admin,
        groups=tuple(row.groups),
        auth_methods=methods_of(row, providers),
        created_at=row.created_at,
        key=next((key_item(one) for one in keys if principal.key and one.prefix == principal.key.prefix), None),
    )


async def change_password(request: web.Request, body: PasswordChange) -> Done:
    """Changes one's password, and ends one's other sessions."""
    found = check_no_key(request)
    if found.principal.id is not None:
        await accounts_of(request).sign_in.change_password(
            found.principal.id, found.session_id, body.current_password, body.new_password, client_of(request)
        )
    return Done()


async def reset_password(request: web.Request, body: PasswordReset) -> Done:
    """Sets a password by an administrator's link, and ends all sessions of the account."""
    own, client = accounts_of(request).sign_in, client_of(request)
    account = await own.account_of_link(body.token, client)
    note(request, actor=("user", account.name), object=("user", account.name))
    await own.reset_password(account, body.token, body.new_password, client)
    return Done()


def methods_of(row: AccountRow, providers: Mapping[uuid.UUID, Sequence[str]]) -> tuple[str, ...]:
    """The ways in which an account signs in; `providers` are those of accounts by id."""
    return (*(("password",) if row.password_hash else ()), *providers.get(row.id, ()))
