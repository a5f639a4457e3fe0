"""What the worker says to the server, over HTTP."""

import io
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

from stroem.interfaces.redirects import refuse_redirects
from stroem.settings.worker import WorkerSettings

TRANSIENT = frozenset({408, 425, 429})
TARBALL_SECS = 600
HEARTBEAT = "/worker/heartbeat"
logger = logging.getLogger(__name__)
LARGE_BYTES = 1024 * 1024


class ServerAway(Exception):
    """There was no answer, or one that says `later`. Whether the request counted is not known."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Refused(Exception):
    """The server answered that it will never do this."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{message} ({status})")
        self.status = status


class ServerClient:
    """One connection pool to the server; knows whether the server is away.

    Every method raises `ServerAway` or `Refused`.
    """

    def __init__(self, settings: WorkerSettings) -> None:
        self._url = settings.server_url.rstrip("/")
        self._token = settings.worker_token
        self._connect_secs = settings.connect_timeout_secs
        self._request_secs = settings.request_timeout_secs
        self._session: aiohttp.ClientSession | None = None
        self._listeners: list[Callable[[], None]] = []
        self.away = False
        self._away_since = 0.0
        self.kept = 0
        """How many requests have succeeded, heartbeats apart: those say nothing of what the server can store."""

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self._token}"},
            connector=aiohttp.TCPConnector(limit=0),
            middlewares=(refuse_redirects,),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Calls the listener whenever the server goes away or comes back."""
        self._listeners.append(listener)

    async def post(self, path: str, body: Mapping[str, object], *, wait_secs: float = 0) -> dict[str, Any]:
        """Sends JSON and returns the JSON object of the answer, which the server may hold for `wait_secs`."""
        headers = {"Content-Type": "application/json"}
        try:
            data = orjson.dumps(body)
        except TypeError as error:
            raise Refused(400, f"it cannot be written as JSON: {error}") from error
        return _object(await self._post(path, data, headers=headers, total=self._request_secs + wait_secs))

    async def post_lines(self, path: str, params: Mapping[str, str], data: bytes) -> None:
        """Sends lines of a log."""
        headers = {"Content-Type": "application/x-ndjson"}
        await self._post(path, data, headers=headers, total=self._request_secs, params=params)

    @asynccontextmanager
    async def download(
        self, path: str, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer whose body is read inside of the block: the whole (200), a part (206), or none since there is no
        such part (416).
        """
        timeout = aiohttp.ClientTimeout(total=TARBALL_SECS, sock_connect=self._connect_secs)
        headers = {"Accept-Encoding": "identity", **headers}
        try:
            async with self._open.get(self._url + path, params=params, headers=headers, timeout=timeout) as response:
                if response.status not in (200, 206, 416):
                    raise self._failure(response.status, await response.read())
                yield response
                self._set_away(False)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise self._unreachable(error) from error

    async def _post(
        self,
        path: str,
        data: bytes,
        *,
        headers: Mapping[str, str],
        total: float,
        params: Mapping[str, str] | None = None,
    ) -> bytes:
        timeout = aiohttp.ClientTimeout(total=total, sock_connect=self._connect_secs)
        url = self._url + path
        try:
            sent = data if len(data) <= LARGE_BYTES else io.BytesIO(data)  # sent piece by piece
            async with self._open.post(url, data=sent, headers=headers, params=params, timeout=timeout) as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise self._unreachable(error) from error
        if response.status != 200:
            raise self._failure(response.status, body)
        self._set_away(False)
        self.kept += path != HEARTBEAT
        return body

    @property
    def _open(self) -> aiohttp.ClientSession:
        assert self._session is not None, "the client is used outside of `async with`"
        return self._session

    def _unreachable(self, error: Exception) -> ServerAway:
        why = f"{self._url} cannot be reached: {error or type(error).__name__}"
        self._set_away(True, why)
        return ServerAway(why)

    def _failure(self, status: int, body: bytes) -> Exception:
        message = _message(body)
        if status >= 500 or status in TRANSIENT:
            why = f"{self._url} answered {status}: {message}"
            self._set_away(True, why)
            return ServerAway(why, status)
        self._set_away(False)
        return Refused(status, message)

    def _set_away(self, away: bool, why: str = "") -> None:
        if away == self.away:
            return
        self.away = away
        now = time.monotonic()
        if away:
            self._away_since = now
            logger.warning("%s; steps go on, what they say is kept", why)
        else:
            logger.warning("%s is back after %.0f s", self._url, now - self._away_since)
        for listener in self._listeners:
            listener()


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ServerAway("the answer is not JSON: is this the address of a Strøm server?") from error
    return document if isinstance(document, dict) else {}


def _message(body: bytes) -> str:
    try:
        return str(orjson.loads(body)["error"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return body[:200].decode("utf-8", "replace")
