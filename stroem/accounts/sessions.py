"""Sessions of people: an access token for requests, and a refresh token that is used once."""

import logging
import uuid

import attrs

from stroem.accounts.access_tokens import AccessToken, AccessTokens
from stroem.accounts.rates import SignInRates
from stroem.accounts.refresh_tokens import RefreshToken, RefreshTokens
from stroem.errors import NotFound, Unauthorized
from stroem.orchestrator.notifier import Notification, Notifier
from stroem.store.accounts import sessions
from stroem.store.accounts.accounts import AccountRow
from stroem.store.accounts.sessions import BY_PASSWORD, Client, SessionOrigin, SessionRow
from stroem.store.database import Database
from stroem.store.statement import Connection

_GRACE_SECS = 30.0
"""How long the former refresh token still gives the new one: to browser tabs that refresh at once, and to a client
whose answer was lost."""
_log = logging.getLogger(__name__)


class TokenReused(Unauthorized):
    """{message}"""


@attrs.frozen(kw_only=True)
class IssuedTokens:
    """The tokens of a session."""

    access_token: str = attrs.field(repr=False)
    refresh_token: str = attrs.field(repr=False)


class Sessions:
    """Begins, refreshes and ends sessions."""

    def __init__(
        self, database: Database, notifier: Notifier, rates: SignInRates, access: AccessTokens, refresh: RefreshTokens
    ) -> None:
        self._database = database
        self._notifier = notifier
        self._rates = rates
        self._access = access
        self._refresh = refresh

    async def begin(
        self, connection: Connection, account: AccountRow, client: Client, origin: SessionOrigin = BY_PASSWORD
    ) -> IssuedTokens:
        """Begins a session of a person who has signed in."""
        return self._issued(account, await sessions.add_session(connection, account.id, client, origin))

    async def refresh(self, text: str, client: Client) -> IssuedTokens:
        """New tokens for a refresh token. One that was used before ends its session. Raises `Unauthorized`."""
        token = self._refresh.read(text)
        if token is None:
            await self._rates.take_of_address(client.address)
            raise Unauthorized(message="Invalid refresh token")
        await self._rates.take_of_session(token.session_id)
        async with self._database.begin() as connection:
            rotation = await sessions.rotate(connection, token.session_id, token.generation, client)
            if rotation is None:
                raise Unauthorized(message="Refresh token expired")
            account = await sessions.owner_of_session(connection, token.session_id)
        if account is None:
            raise Unauthorized(message="Invalid refresh token")
        is_just_rotated = rotation.row.generation == token.generation + 1 and rotation.age <= _GRACE_SECS
        if not rotation.is_new and not is_just_rotated:
            await self._end_stolen(rotation.row, account, client)
            raise TokenReused(message="Invalid refresh token", name=account.name)
        return self._issued(account, rotation.row)

    async def owner(self, text: str) -> AccountRow | None:
        """The account of a refresh token whose session is there; None without one."""
        token = self._refresh.read(text)
        if token is None:
            return None
        async with self._database.read() as connection:
            return await sessions.owner_of_session(connection, token.session_id)

    async def end_by_token(self, text: str) -> SessionOrigin | None:
        """Ends the session of a refresh token, if there is one; returns how it began."""
        token = self._refresh.read(text)
        if token is None:
            return None
        async with self._database.begin() as connection:
            ended = await sessions.end_session(connection, token.session_id)
        if ended is None:
            return None
        self.tell(ended.account_id)
        return SessionOrigin(provider=ended.provider, logout_hint=ended.logout_hint)

    async def end(self, account_id: uuid.UUID, session_id: uuid.UUID) -> None:
        """Ends a session of an account. Raises `NotFound`."""
        async with self._database.begin() as connection:
            if not await sessions.end_session_of(connection, account_id, session_id):
                raise NotFound(kind="Session", name=session_id)
        self.tell(account_id)

    async def end_all(self, account_id: uuid.UUID, but: uuid.UUID | None = None) -> int:
        """Ends all sessions of an account but one; returns their number."""
        async with self._database.begin() as connection:
            count = await sessions.end_sessions(connection, account_id, but)
        self.tell(account_id)
        return count

    def tell(self, account_id: uuid.UUID) -> None:
        """Publishes that an account has changed, or its sessions or keys."""
        self._notifier.publish(Notification(accounts=frozenset({account_id})))

    async def _end_stolen(self, row: SessionRow, account: AccountRow, client: Client) -> None:
        _log.warning(
            "a refresh token of %s was used a second time, from %s: the session has ended, since one of the two has "
            "stolen it",
            account.name,
            client.address,
        )
        async with self._database.begin() as connection:
            await sessions.end_session(connection, row.id)
        self.tell(account.id)

    def _issued(self, account: AccountRow, row: SessionRow) -> IssuedTokens:
        access = AccessToken(account_id=account.id, session_id=row.id)
        return IssuedTokens(
            access_token=self._access.make(access, email=account.name, is_admin=account.is_admin),
            refresh_token=self._refresh.make(RefreshToken(row.id, row.generation)),
        )
