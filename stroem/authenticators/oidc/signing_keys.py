"""Public keys of a provider (RFC 7517), which change while the server runs."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jwt

from stroem.authenticators.oidc.web_client import WebClient
from stroem.interfaces.authenticator import SignInRefused, SignInUnavailable

ALGORITHMS: Mapping[str, tuple[str, str | None]] = {
    **{f"{family}{size}": ("RSA", None) for family in ("RS", "PS") for size in (256, 384, 512)},
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
}
"""Algorithms of signatures that are accepted, with type and curve of their keys. All are asymmetric."""

_FRESH_SECS = 3600.0
_PAUSE_SECS = 10.0
"""Shortest time between two requests for keys, however many tokens name unknown ones."""
_MOST_KEYS = 100


class SigningKeys:
    """The keys at one address, cached for an hour; fetched again for a key id that is not among them."""

    def __init__(self, client: WebClient, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._url = url
        self._clock = clock
        self._keys: Sequence[Mapping[str, Any]] = ()
        self._fetched_at: float | None = None
        self._asked_at: float | None = None
        self._lock = asyncio.Lock()

    async def find(self, key_id: str | None, algorithm: str) -> jwt.PyJWK:
        """The key of a token's header. Raises `SignInRefused`, `SignInUnavailable`."""
        if self._fetched_at is None or self._clock() - self._fetched_at > _FRESH_SECS:
            await self._fetch()
        found = self._fitting(key_id, algorithm)
        if not found:
            await self._fetch()
            found = self._fitting(key_id, algorithm)
        if len(found) != 1:
            many = "no key" if not found else "several keys"
            raise SignInRefused(f"the provider has {many} for the id token's kid {str(key_id)[:80]!r} and {algorithm}")
        try:
            return jwt.PyJWK(dict(found[0]), algorithm)
        except jwt.PyJWTError:
            raise SignInRefused(f"the provider's key {str(key_id)[:80]!r} cannot be read") from None

    def _fitting(self, key_id: str | None, algorithm: str) -> list[Mapping[str, Any]]:
        kind, curve = ALGORITHMS[algorithm]
        return [
            key
            for key in self._keys
            if key.get("kty") == kind
            and (curve is None or key.get("crv") == curve)
            and key.get("use") in (None, "sig")
            and key.get("alg") in (None, algorithm)
            and (key_id is None or key.get("kid") == key_id)
        ]

    def _may_ask(self) -> bool:
        return self._asked_at is None or self._clock() - self._asked_at >= _PAUSE_SECS

    async def _fetch(self) -> None:
        """Fetches the keys, unless that was done a moment ago; who comes meanwhile waits for it."""
        async with self._lock:
            if self._may_ask():
                self._asked_at = self._clock()
                await self._ask()
            elif self._fetched_at is None:
                raise SignInUnavailable("the provider's keys could not be fetched a moment ago")

    async def _ask(self) -> None:
        try:
            answer = await self._client.get(self._url)
            keys = answer.members.get("keys")
            if answer.status != 200 or not isinstance(keys, list):
                raise SignInUnavailable(f"the provider's keys are answered with status {answer.status}")
        except SignInUnavailable:
            if self._fetched_at is None:
                raise
            return  # those of before are better than none; an unknown one is refused
        self._keys = [key for key in keys[:_MOST_KEYS] if isinstance(key, dict)]
        self._fetched_at = self._clock()
