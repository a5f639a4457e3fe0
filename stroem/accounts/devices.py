"""Sign-in of programs by a person elsewhere, in the shape of RFC 8628."""

import secrets
import uuid
from collections.abc import Callable

import attrs

from stroem.accounts.random_tokens import hash_of, new_token
from stroem.accounts.rates import SignInRates
from stroem.accounts.sessions import IssuedTokens, Sessions
from stroem.conversion.network import network_of
from stroem.errors import BadRequest, NotFound
from stroem.store.accounts import accounts, device_codes
from stroem.store.accounts.device_codes import DeviceRow, NewDevice
from stroem.store.accounts.sessions import Client
from stroem.store.database import Database
from stroem.store.statement import storable

INTERVAL_SECS = 5
"""How long a program waits between two polls."""
_EARLY_SECS = 1.0
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""The letters of codes that people type: without vowels, so that no words come out."""
_HALF = 4
_LONGEST_NAME = 100


class AuthorizationPending(BadRequest):
    """authorization_pending"""


class SlowDown(BadRequest):
    """slow_down"""


class ExpiredToken(BadRequest):
    """expired_token"""


class AccessDenied(BadRequest):
    """access_denied"""


@attrs.frozen(kw_only=True)
class DeviceCodes:
    """What a program asks with, and what a person types."""

    device_code: str = attrs.field(repr=False)
    user_code: str = attrs.field(repr=False)


class Devices:
    """Lets programs in by the word of a person who has signed in."""

    def __init__(self, database: Database, sessions: Sessions, rates: SignInRates) -> None:
        self._database = database
        self._sessions = sessions
        self._rates = rates

    async def begin(self, name: str, client: Client) -> DeviceCodes:
        """The codes of a program that begins to wait. Raises `TooManyRequests`."""
        await self._rates.take_of_device(client.address)
        shown = " ".join((storable(name) or "").split())[:_LONGEST_NAME] or "a program"
        while True:
            letters = "".join(secrets.choice(_LETTERS) for _ in range(2 * _HALF))
            codes = DeviceCodes(device_code=new_token(), user_code=f"{letters[:_HALF]}-{letters[_HALF:]}")
            device = NewDevice(
                hash=hash_of(codes.device_code), code_hash=_hash(letters), name=shown, address=client.address
            )
            async with self._database.begin() as connection:
                if await device_codes.add_device(connection, device):
                    return codes

    async def find(self, user_code: str, by: uuid.UUID) -> DeviceRow:
        """The program that waits with a code, for a person. Raises `NotFound`, `TooManyRequests`."""
        await self._rates.take_of_codes(by)
        async with self._database.read() as connection:
            found = await device_codes.find_device(connection, _hash(user_code))
        if found is None:
            raise _unknown()
        return found

    async def decide(self, user_code: str, by: uuid.UUID, *, lets_in: bool) -> None:
        """Lets a program in as a person, or refuses it. Raises `NotFound`, `TooManyRequests`."""
        await self._rates.take_of_codes(by)
        state: device_codes.DeviceState = "approved" if lets_in else "denied"
        async with self._database.begin() as connection:
            if not await device_codes.decide_device(connection, _hash(user_code), state, by):
                raise _unknown()

    async def poll(self, device_code: str, client: Client, tell: Callable[[str], None]) -> IssuedTokens:
        """The tokens of a program that was let in, once. `tell` gets the name of the account before they are good.

        Raises `AuthorizationPending`, `SlowDown`, `ExpiredToken`, `AccessDenied`, `TooManyRequests`.
        """
        hash = hash_of(device_code)
        async with self._database.read() as connection:
            polled = await device_codes.poll_device(connection, hash)
        if polled is None:
            await self._rates.take_of_address(client.address)
            raise ExpiredToken
        row, since = polled
        if since is not None and since < INTERVAL_SECS - _EARLY_SECS:
            raise SlowDown
        if row.state == "pending":
            raise AuthorizationPending
        if row.state == "denied" or row.account_id is None:
            async with self._database.read() as connection:
                await device_codes.drop_device(connection, hash)
            raise AccessDenied
        async with self._database.begin() as connection:
            if not await device_codes.drop_device(connection, hash):
                raise ExpiredToken
            account = await accounts.lock_account(connection, row.account_id)
            if account is None or account.is_disabled:
                raise AccessDenied
            tell(account.name)
            await accounts.note_sign_in(connection, account.id, network_of(client.address))
            return await self._sessions.begin(connection, account, client)


def _hash(user_code: str) -> bytes:
    """The hash of a code, however it is typed."""
    return hash_of("".join(letter for letter in user_code[:_LONGEST_NAME].upper() if letter in _LETTERS))


def _unknown() -> NotFound:
    return NotFound(kind="Code", name="of a program", hint="It is mistyped, or too old: the program shows another one.")
