"""Rate limits of sign-in, which all servers of a database share."""

import hashlib

from stroem.accounts.sign_in_states import STATE_SECS
from stroem.conversion.network import network_of
from stroem.definitions.limit import Rate
from stroem.errors import TooManyRequests
from stroem.store.database import Database
from stroem.store.rates import take_of_rate

OF_ADDRESS = Rate(starts=20, secs=60)
"""Tries from one address, whoever signs in."""
OF_STRANGERS = Rate(starts=30, secs=3600)
"""Tries for one account from addresses that it has not signed in from. They cannot keep its owner out."""
OF_SESSION = Rate(starts=30, secs=60)
"""Refreshes of one session."""


OF_PROVIDERS = Rate(starts=60, secs=60)
"""Requests from one address that begin or end a sign-in by a provider: two for each."""
OF_DEVICES = Rate(starts=10, secs=60)
"""Programs of one address that begin to wait for a person."""
OF_CODES = Rate(starts=20, secs=60)
"""Codes of programs that one person types."""
_ONCE = Rate(starts=1, secs=STATE_SECS)


class SignInRates:
    """Counts tries. Each method raises `TooManyRequests` that says when to come back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_of_address(self, address: str) -> None:
        """Counts a try from an address."""
        await self._take("/sign-in from", network_of(address), OF_ADDRESS)

    async def take_of_strangers(self, email: str) -> None:
        """Counts a try for an account from an address that it has not signed in from; also if there is no account."""
        await self._take("/sign-in of", hashlib.sha256(email.encode()).hexdigest(), OF_STRANGERS)

    async def take_of_session(self, session_id: object) -> None:
        """Counts a refresh of a session."""
        await self._take("/refresh of", str(session_id), OF_SESSION)

    async def take_of_provider(self, address: str) -> None:
        """Counts a request from an address to sign in by a provider."""
        await self._take("/provider from", network_of(address), OF_PROVIDERS)

    async def take_of_device(self, address: str) -> None:
        """Counts a program of an address that begins to wait for a person."""
        await self._take("/device from", network_of(address), OF_DEVICES)

    async def take_of_codes(self, account_id: object) -> None:
        """Counts a code that a person types."""
        await self._take("/device codes of", str(account_id), OF_CODES)

    async def take_state(self, state: str) -> bool:
        """Uses up the state of a sign-in; False if it has been used before, on any server."""
        name = hashlib.sha256(state.encode()).hexdigest()
        async with self._database.read() as connection:
            return await take_of_rate(connection, "/sign-in state", name, _ONCE) is None

    async def _take(self, owner: str, name: str, rate: Rate) -> None:
        async with self._database.read() as connection:
            wait = await take_of_rate(connection, owner, name, rate)
        if wait is not None:
            raise TooManyRequests(message=f"Too many tries; come back in {wait} s", retry_after=wait)
