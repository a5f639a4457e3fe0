"""Sets of public keys at an address, fetched and kept for some minutes."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import aiohttp
import jwt

_FETCH_SECS = 5
_MOST_BYTES = 256 * 1024
_KEPT_SECS = 600
_PAUSE_SECS = 30
_MOST_SETS = 100


class KeysUnavailable(Exception):
    """The keys cannot be had now. The message gives the reason."""


Fetch = Callable[[str], Awaitable[bytes]]


class KeySets:
    """Sets of keys by address. Each is fetched again after ten minutes, and for an unknown key, at most twice a minute.

    An earlier set counts as long as a fetch fails.
    """

    def __init__(self, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._sets: dict[str, tuple[float, jwt.PyJWKSet]] = {}
        self._tried: dict[str, float] = {}
        self._fetching: dict[str, asyncio.Task[None]] = {}

    async def key(self, url: str, kid: str | None) -> jwt.PyJWK | None:
        """The key with this id, the only one for None; None if there is none. Raises `KeysUnavailable`."""
        now = self._clock()
        fetched_at, found = self._sets.get(url, (0.0, None))
        is_fresh = found is not None and now - fetched_at < _KEPT_SECS
        key = None if found is None else _key(found, kid)
        if (is_fresh and key is not None) or now - self._tried.get(url, -_PAUSE_SECS) < _PAUSE_SECS:
            if found is None:
                raise KeysUnavailable(f"the keys at {url} could not be fetched a moment ago")
            return key
        await self._refresh(url)
        found = self._sets[url][1] if url in self._sets else None
        if found is None:
            raise KeysUnavailable(f"the keys at {url} cannot be fetched")
        return _key(found, kid)

    async def _refresh(self, url: str) -> None:
        """Fetches a set; callers at the same time share one fetch."""
        task = self._fetching.get(url)
        if task is None or task.get_loop() is not asyncio.get_running_loop():
            task = asyncio.create_task(self._load(url))
            self._fetching[url] = task
            task.add_done_callback(lambda _: self._fetching.pop(url, None))
        await asyncio.shield(task)

    async def _load(self, url: str) -> None:
        try:
            found = jwt.PyJWKSet.from_json((await self._fetch(url)).decode())
        except (KeysUnavailable, aiohttp.ClientError, OSError, ValueError, TypeError, AttributeError, jwt.PyJWTError):
            self._tried[url] = self._clock()
            return
        if len(self._sets) >= _MOST_SETS and url not in self._sets:
            del self._sets[next(iter(self._sets))]
        self._tried[url] = self._clock()
        self._sets[url] = (self._clock(), found)


def _key(keys: jwt.PyJWKSet, kid: str | None) -> jwt.PyJWK | None:
    usable = [key for key in keys.keys if key.public_key_use in (None, "sig")]
    if kid is None:
        return usable[0] if len(usable) == 1 else None
    return next((key for key in usable if key.key_id == kid), None)


async def fetch_keys(url: str) -> bytes:
    """The body at an address: at most 256 KiB, within five seconds, without redirects."""
    async with (
        aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=_FETCH_SECS), cookie_jar=aiohttp.DummyCookieJar()
        ) as session,
        session.get(url, allow_redirects=False, headers={"Accept": "application/json"}) as response,
    ):
        if response.status != 200:
            raise KeysUnavailable(f"{url} answers {response.status}")
        body = await response.content.read(_MOST_BYTES + 1)
        while len(body) <= _MOST_BYTES and (more := await response.content.read(_MOST_BYTES)):
            body += more
        if len(body) > _MOST_BYTES:
            raise KeysUnavailable(f"{url} answers more than {_MOST_BYTES} bytes")
        return body


KEY_SETS = KeySets(fetch_keys)
"""The sets of this process."""
