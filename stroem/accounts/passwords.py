"""Passwords: their hashes by Argon2id (RFC 9106), and which are too easy to guess."""

import asyncio
import secrets
import unicodedata
from collections.abc import Sequence

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from stroem.errors import Unavailable

LEAST_LENGTH = 12
MOST_LENGTH = 128
_GUESSED_LENGTH = 64
_LEAST_SCORE = 3
"""Of zxcvbn's 0 to 4: 10^8 guesses or more."""
_AT_ONCE = 2
"""Hashes made at the same time; each takes 64 MiB."""
_MOST_WAITING = 100


class Passwords:
    """Hashes and verifies passwords in threads, a few at a time."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._nobodys_hash: str | None = None

    async def hashed(self, password: str) -> str:
        """The hash of a password. Raises `Unavailable` if too many wait."""
        return await self._in_thread(password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether it is the password. Without a hash the same time passes, and it is not.

        Raises `Unavailable` if too many wait.
        """
        if self._nobodys_hash is None:
            self._nobodys_hash = await self._in_thread(secrets.token_hex())
        matches = await self._in_thread(password, password_hash or self._nobodys_hash)
        return matches == password_hash

    def is_outdated(self, password_hash: str) -> bool:
        """Whether a hash was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(password_hash)

    async def _in_thread(self, password: str, password_hash: str | None = None) -> str:
        """A new hash, or the given one if it is that of the password, else nothing.

        Keyboards write the same letters in several ways; they are brought to one (NFKC, as RFC 8265 and NIST advise).
        """
        password = unicodedata.normalize("NFKC", password)
        if self._waiting >= _MOST_WAITING:
            raise Unavailable(message="Too many sign in at this moment; try again", retry_after=5)
        self._waiting += 1
        try:
            async with self._slots:
                if password_hash is None:
                    return await asyncio.to_thread(self._hasher.hash, password)
                return password_hash if await asyncio.to_thread(self._matches, password_hash, password) else ""
        finally:
            self._waiting -= 1

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def weakness(password: str, known: Sequence[str] = ()) -> str | None:
    """Why a password must not be used; `known` are words of its owner, such as the e-mail address. None for a good one.

    Guesses are counted by zxcvbn, which knows the 30,000 most frequent passwords of leaks, names, words and keyboard
    patterns.
    """
    if len(password) < LEAST_LENGTH:
        return f"The password is too short: it needs {LEAST_LENGTH} characters"
    if len(password) > MOST_LENGTH:
        return f"The password is too long: {MOST_LENGTH} characters are enough"
    from zxcvbn import zxcvbn  # 0.1 s and 20 MB, which most runs need not pay

    found = zxcvbn(password[:_GUESSED_LENGTH], user_inputs=[*known, "stroem", "strøm"])
    if found["score"] >= _LEAST_SCORE:
        return None
    if any(one.get("dictionary_name") == "passwords" and one["token"] == password for one in found["sequence"]):
        return "The password is one of those that leaks have made known. Choose another"
    hints = [found["feedback"]["warning"], *found["feedback"]["suggestions"]]
    told = " ".join(one if one.endswith(".") else f"{one}." for one in hints if one)
    return f"The password is too easy to guess. {told}".rstrip().removesuffix(".")
