"""Sign-in by password, and passwords of accounts."""

import asyncio
import re
import uuid

from stroem.accounts.passwords import MOST_LENGTH, Passwords, weakness
from stroem.accounts.random_tokens import hash_of, new_token
from stroem.accounts.rates import SignInRates
from stroem.accounts.sessions import IssuedTokens, Sessions
from stroem.conversion.network import network_of
from stroem.errors import BadRequest, NotFound, Unauthorized
from stroem.records.reset_link import ResetLink
from stroem.store.accounts import accounts, one_time_tokens, sessions
from stroem.store.accounts.accounts import AccountRow
from stroem.store.accounts.one_time_tokens import Bearer
from stroem.store.accounts.sessions import Client
from stroem.store.database import Database

_LONGEST_EMAIL = 320
_LINK_SECS = 24 * 3600
_NOBODY = uuid.UUID(int=0)
_BAD_LINK = "This link is not good any more; ask for another one"
_WORDS = re.compile(r"[^a-z0-9]+")


class SignIn:
    """Signs people in by their passwords, and replaces these."""

    def __init__(self, database: Database, passwords: Passwords, rates: SignInRates, own: Sessions) -> None:
        self._database = database
        self._passwords = passwords
        self._rates = rates
        self._sessions = own

    async def check_password(self, email: str, password: str, client: Client) -> AccountRow:
        """The account of an e-mail address and a password.

        Raises `Unauthorized`, which does not tell whether there is such an account, and `TooManyRequests`.
        """
        account = await self.take_try(email, client)
        password_hash = account.password_hash if account is not None else None
        matches = await self._passwords.verify(password_hash, password[: MOST_LENGTH + 1])
        if account is None or password_hash is None or not matches or account.is_disabled:
            raise Unauthorized(message="Invalid email or password")
        return account

    async def take_try(self, email: str, client: Client) -> AccountRow | None:
        """Counts a try to sign in to an account, which is returned if there is one. Raises `TooManyRequests`."""
        await self._rates.take_of_address(client.address)
        name = email.strip().lower()[:_LONGEST_EMAIL]
        network = network_of(client.address)
        async with self._database.read() as connection:
            account = await accounts.find_account(connection, "user", name)
            is_known = await accounts.is_known_address(connection, account.id if account else _NOBODY, network)
        if not is_known:
            await self._rates.take_of_strangers(name)
        return account

    async def begin(self, account: AccountRow, password: str, client: Client) -> IssuedTokens:
        """Begins a session of an account whose password was checked. Raises `Unauthorized` if it has changed since."""
        former = account.password_hash or ""
        newer = await self._passwords.hashed(password) if self._passwords.is_outdated(former) else None
        async with self._database.begin() as connection:
            now = await accounts.lock_account(connection, account.id)
            if now is None or now.is_disabled or now.password_hash != former:
                raise Unauthorized(message="Invalid email or password")
            if newer is not None:
                await accounts.set_password(connection, account.id, newer)
            await accounts.note_sign_in(connection, account.id, network_of(client.address))
            return await self._sessions.begin(connection, account, client)

    async def change_password(
        self, account_id: uuid.UUID, session_id: uuid.UUID | None, former: str, password: str, client: Client
    ) -> None:
        """Replaces a password by its owner, and ends the other sessions. Raises `BadRequest`, `TooManyRequests`."""
        await self._rates.take_of_address(client.address)
        async with self._database.read() as connection:
            account = await accounts.get_account(connection, account_id)
        if account is None or account.password_hash is None:
            raise BadRequest(message="This account has no password; an administrator can make a link to set one")
        if not await self._passwords.verify(account.password_hash, former[: MOST_LENGTH + 1]):
            raise BadRequest(message="The current password is not this one")
        await self._set_password(account, password, but=session_id)

    async def make_link(self, account_id: uuid.UUID) -> ResetLink:
        """A link for setting a password, good once and for a day. It takes the place of a former one."""
        token = new_token()
        async with self._database.begin() as connection:
            account = await accounts.get_account(connection, account_id)
            if account is None or account.kind != "user":
                raise NotFound(kind="User", name=account_id)
            await one_time_tokens.drop_tokens(connection, "password", account_id)
            expires_at = await one_time_tokens.add_token(
                connection, hash_of(token), "password", Bearer(account_id=account_id), _LINK_SECS
            )
        return ResetLink(token=token, expires_at=expires_at)

    async def account_of_link(self, token: str, client: Client) -> AccountRow:
        """The account of a link for setting a password. Raises `BadRequest`, `TooManyRequests`."""
        await self._rates.take_of_address(client.address)
        async with self._database.read() as connection:
            bearer = await one_time_tokens.find_token(connection, hash_of(token), "password")
            account = await accounts.get_account(connection, bearer.account_id) if bearer else None
        if account is None or account.is_disabled:
            raise BadRequest(message=_BAD_LINK)
        return account

    async def reset_password(self, account: AccountRow, token: str, password: str, client: Client) -> None:
        """Sets the password of an account by a link, and ends all sessions. Raises `BadRequest`."""
        await self._set_password(account, password, token=token, address=network_of(client.address))

    async def _set_password(
        self,
        account: AccountRow,
        password: str,
        *,
        but: uuid.UUID | None = None,
        token: str | None = None,
        address: str | None = None,
    ) -> None:
        if reason := await asyncio.to_thread(weakness, password, [account.name, *_WORDS.split(account.name)]):
            raise BadRequest(message=reason)
        password_hash = await self._passwords.hashed(password)
        async with self._database.begin() as connection:
            if token is not None and not await one_time_tokens.take_token(connection, hash_of(token), "password"):
                raise BadRequest(message=_BAD_LINK)
            await one_time_tokens.drop_tokens(connection, "password", account.id)
            await accounts.set_password(connection, account.id, password_hash)
            if address is not None:  # whoever had the link is the owner
                await accounts.note_address(connection, account.id, address)
            await sessions.end_sessions(connection, account.id, but)
        self._sessions.tell(account.id)
