"""Sign-in of people whom a provider knows: their accounts, groups and rights."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from stroem.accounts.people import MOST_GROUPS, email_address
from stroem.accounts.sessions import IssuedTokens, Sessions
from stroem.conversion.network import network_of
from stroem.interfaces.authenticator import ExternalIdentity, SignInRefused
from stroem.registry.providers import Provider
from stroem.settings.access import GROUP_NAME
from stroem.store.accounts import accounts, links, one_time_tokens
from stroem.store.accounts.accounts import AccountRow, NewAccount
from stroem.store.accounts.links import NewLink
from stroem.store.accounts.sessions import Client, SessionOrigin
from stroem.store.database import Database
from stroem.store.statement import Connection, storable

_log = logging.getLogger(__name__)

Tell = Callable[[str, dict[str, Any]], None]
"""Gets the name of the account, and what has changed, before it is committed."""


class AccountRefused(SignInRefused):
    """The provider knows the person, but there is no account for them, or it may not be used."""


@attrs.frozen
class _Arrival:
    """A person who comes from a provider."""

    provider: Provider
    identity: ExternalIdentity
    link: NewLink

    @property
    def groups(self) -> list[str] | None:
        """Names of groups here; None if the provider tells none."""
        told, settings = self.identity.groups, self.provider.settings
        if told is None:
            return None
        mapped = [settings.group_map[name] for name in told if name in settings.group_map]
        own = mapped if settings.group_map else [name for name in told if GROUP_NAME.fullmatch(name)]
        return sorted({*own, *settings.default_groups})[:MOST_GROUPS]

    @property
    def is_admin(self) -> bool | None:
        """Whether the provider makes the person an administrator; None if that is not for it to say."""
        wanted = self.provider.settings.admin_groups
        return bool({*wanted} & {*(self.identity.groups or ())}) if wanted else None


class ProviderSignIn:
    """Signs people in whom a provider has identified."""

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions

    async def begin(self, provider: Provider, identity: ExternalIdentity, client: Client, tell: Tell) -> IssuedTokens:
        """Begins a session of a person: of the account that is linked to them, one of their address, or a new one.

        Raises `AccountRefused`.
        """
        if not identity.subject or storable(identity.subject) != identity.subject:
            raise AccountRefused("the provider names nobody")
        link = NewLink(
            issuer=identity.issuer or f"provider:{provider.id}", subject=identity.subject, provider=provider.id
        )
        arrival = _Arrival(provider, identity, link)
        facts: dict[str, Any] = {"provider": provider.id}
        async with self._database.begin() as connection:
            known = await links.find_linked(connection, link)
            admins = await accounts.lock_admins(connection) if known is None or arrival.is_admin is not None else ()
            if known is None:
                known = await links.find_linked(connection, link) or await _first_time(connection, arrival, facts)
            account = await accounts.lock_account(connection, known.id)
            if account is None or account.is_disabled:
                raise AccountRefused(f"the account {known.name} is disabled")
            account = await _synchronized(connection, arrival, account, admins, facts)
            await links.note_provider(connection, link)
            await accounts.note_sign_in(connection, account.id, network_of(client.address))
            tell(account.name, facts)
            origin = SessionOrigin(provider=provider.id, logout_hint=identity.logout_hint)
            tokens = await self._sessions.begin(connection, account, client, origin)
        self._sessions.tell(account.id)
        return tokens


async def _first_time(connection: Connection, arrival: _Arrival, facts: dict[str, Any]) -> AccountRow:
    """The account of a person who comes for the first time, linked. Administrators are locked."""
    settings, identity = arrival.provider.settings, arrival.identity
    email = email_address(identity.email or "")
    if email is None:
        raise AccountRefused("the provider tells no e-mail address of the person")
    if not identity.is_email_verified:
        raise AccountRefused(f"the provider does not say that it has verified the address {email}")
    found = await accounts.find_account(connection, "user", email)
    if found is not None:
        await _check_link(connection, arrival, found)
        facts["linked"] = True
    elif not settings.create_users:
        raise AccountRefused(f"there is no account {email}, and `create_users` is false")
    else:
        is_first = settings.first_user_admin and not await accounts.has_people(connection)
        new = NewAccount(
            kind="user",
            name=email,
            display_name=storable(identity.name or "") or None,
            is_admin=is_first,
            groups=settings.default_groups,
        )
        found = await accounts.add_account(connection, new)
        if found is None:  # an administrator has added it just now
            raise AccountRefused(f"the account {email} has been added meanwhile; sign in again")
        facts |= {"created": True, "groups": list(settings.default_groups)}
        if is_first:
            facts["is_admin"] = True
    await links.add_link(connection, found.id, arrival.link)
    return found


async def _check_link(connection: Connection, arrival: _Arrival, found: AccountRow) -> None:
    """Raises `AccountRefused` unless an account may be linked to the person, because it has their address."""
    issuers = await links.issuers_of(connection, found.id)
    if arrival.link.issuer in issuers:
        raise AccountRefused(f"the account {found.name} is that of another person of the provider with this address")
    if (found.password_hash is not None or issuers) and not arrival.provider.settings.link_accounts:
        raise AccountRefused(
            f"the account {found.name} has another way to sign in; set `link_accounts` of the provider to add this one"
        )


async def _synchronized(
    connection: Connection, arrival: _Arrival, account: AccountRow, admins: Sequence[Any], facts: dict[str, Any]
) -> AccountRow:
    """The account with the groups and the rights that the provider gives it now."""
    groups = arrival.groups
    if groups is not None and groups != sorted(account.groups):
        await accounts.set_groups(connection, account.id, groups)
        account = attrs.evolve(account, groups=groups)
        facts["groups"] = groups
    wanted = arrival.is_admin
    if wanted is None or wanted == account.is_admin:
        return account
    if not wanted and list(admins) == [account.id]:
        _log.warning("%s stays an administrator, as the last one, though in none of `admin_groups`", account.name)
        return account
    await accounts.set_admin(connection, account.id, is_admin=wanted)
    await one_time_tokens.drop_tokens(connection, "password", account.id)
    facts["is_admin"] = wanted
    return attrs.evolve(account, is_admin=wanted)
