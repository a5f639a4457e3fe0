"""Authentication by access token, API key or ticket."""

import datetime
import ipaddress
import uuid
from collections.abc import Hashable

import attrs
from cachetools import TTLCache

from stroem.accounts.access_tokens import AccessTokens
from stroem.accounts.random_tokens import API_KEY, hash_of, new_token
from stroem.conversion.network import is_in
from stroem.errors import Unauthorized
from stroem.orchestrator.notifier import Notification, Notifier
from stroem.protocol.api_token import API_TOKEN, ApiGrant, api_grant_of
from stroem.records.principal import KeyScope, Principal
from stroem.store.accounts import api_keys, one_time_tokens, sessions
from stroem.store.accounts.accounts import AccountRow, get_account
from stroem.store.accounts.api_keys import ApiKeyRow
from stroem.store.accounts.one_time_tokens import Bearer
from stroem.store.database import Database
from stroem.store.jobs.worker_steps import running_attempts
from stroem.store.statement import Connection

_CACHED = 10_000
_CACHED_SECS = 5.0
"""How long a change of another server may be unknown here, if its notification is lost."""
_LONGEST = 4096
_TICKET_SECS = 30


@attrs.frozen(kw_only=True)
class Identity:
    """Authenticated client of a request: its principal, and its session or step if it has one."""

    principal: Principal
    session_id: uuid.UUID | None = None
    addresses: tuple[str, ...] = ()
    step: ApiGrant | None = None

    @property
    def bearer(self) -> Bearer | None:
        """For whom tickets are made."""
        if self.principal.id is None:
            return None
        prefix = self.principal.key.prefix if self.principal.key else None
        return Bearer(account_id=self.principal.id, session_id=self.session_id, key_prefix=prefix)


class Authenticator:
    """Finds out who bears a token.

    What it has found holds for five seconds, unless accounts change. Changes on this server are seen at once, those
    of others when their notification comes.
    """

    def __init__(self, database: Database, notifier: Notifier, tokens: AccessTokens, step_secret: bytes) -> None:
        """`step_secret` is that of tokens of steps."""
        self._database = database
        self._tokens = tokens
        self._step_secret = step_secret
        self._found: TTLCache[Hashable, Identity] = TTLCache(_CACHED, _CACHED_SECS)
        self._version = 0
        notifier.on_publish(self._hear)
        notifier.on_receive(self._hear)

    async def identity(self, token: str, address: str) -> Identity:
        """Authenticates a client by its access token or API key, and its address. Raises `Unauthorized`."""
        if len(token) > _LONGEST:
            raise Unauthorized(message="Invalid or expired token")
        if token.startswith(API_TOKEN):
            return await self._of_step(api_grant_of(token, self._step_secret))
        found = await (self._of_key(token) if token.startswith(API_KEY) else self._of_access_token(token))
        _check_address(found, address)
        return found

    async def make_ticket(self, identity: Identity) -> tuple[str, datetime.datetime]:
        """A ticket for somebody, good once, and when it expires. Raises `Unauthorized`."""
        if identity.bearer is None:
            raise Unauthorized(message="Authentication required")
        text = new_token()
        async with self._database.begin() as connection:
            return text, await one_time_tokens.add_token(
                connection, hash_of(text), "ticket", identity.bearer, _TICKET_SECS
            )

    async def by_ticket(self, ticket: str, address: str) -> Identity:
        """Authenticates a client by a ticket, and consumes the ticket. Raises `Unauthorized`."""
        async with self._database.read() as connection:
            bearer = await one_time_tokens.take_token(connection, hash_of(ticket), "ticket")
            if bearer is None:
                raise Unauthorized(message="The ticket is not good any more")
            found = await self._of_bearer(connection, bearer)
        _check_address(found, address)
        return found

    async def again(self, identity: Identity) -> Identity:
        """Authenticates the client of an open stream again. Raises `Unauthorized` once its account or token is gone."""
        if identity.step is not None:
            return await self._of_step(identity.step)
        bearer = identity.bearer
        if bearer is None:
            return identity
        async with self._database.read() as connection:
            if bearer.session_id is not None and await sessions.owner_of_session(connection, bearer.session_id) is None:
                raise Unauthorized(message="The session has ended; sign in again")
            return await self._of_bearer(connection, bearer)

    def bears_ours(self, token: str) -> bool:
        """Whether a token has been made here, as far as can be told without the database."""
        return token.startswith((API_KEY, API_TOKEN)) or self._tokens.read(token) is not None

    async def _of_access_token(self, text: str) -> Identity:
        token = self._tokens.read(text)
        if token is None:
            raise Unauthorized(message="Invalid or expired token")
        if (known := self._found.get(token.session_id)) is not None:
            return known
        version = self._version
        async with self._database.read() as connection:
            row = await sessions.owner_of_session(connection, token.session_id)
        if row is None or row.id != token.account_id:
            raise Unauthorized(message="The session has ended; sign in again")
        return self._keep(token.session_id, Identity(principal=principal_of(row), session_id=token.session_id), version)

    async def _of_key(self, text: str) -> Identity:
        digest = hash_of(text)
        if (known := self._found.get(digest)) is not None:
            return known
        version = self._version
        async with self._database.read() as connection:
            found = await api_keys.find_api_key(connection, digest)
            if found is None:
                raise Unauthorized(message="Invalid API key")
            if found[0].is_expired:
                raise Unauthorized(message="API key expired")
            await api_keys.note_use(connection, found[0].prefix)
        return self._keep(digest, _by_key(*found), version)

    async def _of_step(self, grant: ApiGrant | None) -> Identity:
        """Identity of a step. It is looked for at each request: its token ends with it."""
        if grant is None:
            raise Unauthorized(message="Invalid or expired token")
        attempt = ((grant.job_id, grant.step_id), grant.attempt)
        async with self._database.read() as connection:
            if not await running_attempts(connection, {attempt}):
                raise Unauthorized(message="The step of this token does not run")
        scope = KeyScope(prefix=None, workspaces=(grant.workspace,), verbs=grant.verbs, is_bounded=True)
        name = f"{grant.job_id}/{grant.step_name}"
        return Identity(principal=Principal(kind="step", name=name, key=scope), step=grant)

    async def _of_bearer(self, connection: Connection, bearer: Bearer) -> Identity:
        """Identity of the account that requested a ticket. A ticket is deleted with its session or API key."""
        row = await get_account(connection, bearer.account_id)
        if row is None or row.is_disabled:
            raise Unauthorized(message="The ticket is not good any more")
        if bearer.key_prefix is None:
            return Identity(principal=principal_of(row), session_id=bearer.session_id)
        keys = [one for one in await api_keys.list_api_keys(connection, [row.id]) if one.prefix == bearer.key_prefix]
        if not keys or keys[0].is_expired:
            raise Unauthorized(message="API key expired")
        return _by_key(keys[0], row)

    def _keep(self, key: Hashable, found: Identity, version: int) -> Identity:
        if version == self._version:
            self._found[key] = found
        return found

    def _hear(self, notification: Notification) -> None:
        if notification.accounts or notification.is_cut:
            self._version += 1
            self._found.clear()


def principal_of(row: AccountRow, key: KeyScope | None = None) -> Principal:
    """The principal of an account."""
    return Principal(
        kind=row.kind, name=row.name, id=row.id, groups=frozenset(row.groups), is_admin=row.is_admin, key=key
    )


def _by_key(key: ApiKeyRow, owner: AccountRow) -> Identity:
    scope = KeyScope(
        prefix=key.prefix,
        workspaces=tuple(key.workspaces),
        tasks=tuple(key.tasks),
        verbs=tuple(key.verbs),
        is_bounded=bool(key.workspaces or key.tasks or key.verbs or key.addresses or key.expires_at),
    )
    return Identity(principal=principal_of(owner, scope), addresses=tuple(key.addresses))


def _check_address(found: Identity, address: str) -> None:
    if found.addresses and not is_in(address, map(ipaddress.ip_network, found.addresses)):
        raise Unauthorized(message="This API key may not be used from this address")
