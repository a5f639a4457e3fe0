"""The worker's HTTP client: one connection pool, and whether the server can be reached."""

import io
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import IO, Any, Self

import aiohttp
import attrs
import orjson

from stroem.conversion.unstructure import encode
from stroem.http_client.session import open_session
from stroem.settings.worker import WorkerSettings

TRANSIENT = frozenset({408, 425, 429})
UNREACHABLE = frozenset({502, 503, 504})
"""Statuses of a server or proxy that is away or restarts."""
TARBALL_SECS = 600
LARGE_BYTES = 1024 * 1024
HEARTBEAT = "/worker/heartbeat"
_GZIP = MappingProxyType({"Content-Type": "application/gzip"})
logger = logging.getLogger(__name__)


class ServerAway(Exception):
    """No answer, or a temporary failure. Whether the request took effect is not known."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status

    @property
    def may_concern_body(self) -> bool:
        """Whether the request's body may be the cause: an answer 5xx of a server that is up."""
        return self.status is not None and self.status >= 500 and self.status not in UNREACHABLE


class Refused(Exception):
    """A permanent refusal by the server, with the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{message} ({status})")
        self.status = status


class ServerClient:
    """Sends the worker's requests; notifies listeners when the server goes or comes back.

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
        self._heard_at = time.monotonic()
        self.successes = 0
        """The number of requests that succeeded; heartbeats do not count, since the server stores nothing for them."""

    async def __aenter__(self) -> Self:
        self._session = open_session(None, connector=aiohttp.TCPConnector(limit=0))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    def bear(self, token: str) -> None:
        """Bears another token from now on."""
        self._token = token

    def on_change(self, listener: Callable[[], None]) -> None:
        """Calls the listener whenever the server goes away or comes back."""
        self._listeners.append(listener)

    @property
    def silent_secs(self) -> float:
        """Seconds since the last answer of the server."""
        return time.monotonic() - self._heard_at

    async def get(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Reads a JSON object."""
        timeout = aiohttp.ClientTimeout(total=self._request_secs, sock_connect=self._connect_secs)
        token = self._token
        try:
            async with self._open.get(
                self._url + path, params=params, headers=_bearing(token), timeout=timeout
            ) as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise self._unreachable(error) from error
        if response.status != 200:
            raise self._failure(response.status, body, token)
        self._set_away(False)
        return _object(body)

    async def post(self, path: str, message: attrs.AttrsInstance, *, wait_secs: float = 0) -> dict[str, Any]:
        """Sends a message and returns the JSON object of the answer, which may take `wait_secs` longer."""
        headers = {"Content-Type": "application/json"}
        try:
            data = encode(message, type(message))
        except TypeError as error:
            raise Refused(400, f"it cannot be written as JSON: {error}") from error
        return _object(await self._post(path, data, headers=headers, total=self._request_secs + wait_secs))

    async def post_lines(self, path: str, params: Mapping[str, str], data: bytes) -> None:
        """Sends lines of a log."""
        headers = {"Content-Type": "application/x-ndjson"}
        await self._post(path, data, headers=headers, total=self._request_secs, params=params)

    async def upload(
        self, path: str, params: Mapping[str, str], file: Path, headers: Mapping[str, str] = _GZIP
    ) -> dict[str, Any]:
        """Sends a file piece by piece; returns the JSON object of the answer."""
        with file.open("rb") as content:
            return _object(await self._post(path, content, headers=headers, total=TARBALL_SECS, params=params))

    @asynccontextmanager
    async def download(
        self, path: str, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer with its body unread: the whole (200), a part (206), or no such part (416)."""
        timeout = aiohttp.ClientTimeout(total=TARBALL_SECS, sock_connect=self._connect_secs)
        token = self._token
        headers = {"Accept-Encoding": "identity", **headers, **_bearing(token)}
        try:
            async with self._open.get(self._url + path, params=params, headers=headers, timeout=timeout) as response:
                if response.status not in (200, 206, 416):
                    raise self._failure(response.status, await response.read(), token)
                yield response
                self._set_away(False)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise self._unreachable(error) from error

    async def _post(
        self,
        path: str,
        data: bytes | IO[bytes],
        *,
        headers: Mapping[str, str],
        total: float,
        params: Mapping[str, str] | None = None,
    ) -> bytes:
        timeout = aiohttp.ClientTimeout(total=total, sock_connect=self._connect_secs)
        url, token = self._url + path, self._token
        headers = {**headers, **_bearing(token)}
        try:
            sent = io.BytesIO(data) if isinstance(data, bytes) and len(data) > LARGE_BYTES else data  # piece by piece
            async with self._open.post(url, data=sent, headers=headers, params=params, timeout=timeout) as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise self._unreachable(error) from error
        if response.status not in (200, 201):
            raise self._failure(response.status, body, token)
        self._set_away(False)
        self.successes += path != HEARTBEAT
        return body

    @property
    def _open(self) -> aiohttp.ClientSession:
        assert self._session is not None, "the client is used outside of `async with`"
        return self._session

    def _unreachable(self, error: Exception) -> ServerAway:
        reason = f"{self._url} cannot be reached: {error or type(error).__name__}"
        self._set_away(True, reason)
        return ServerAway(reason)

    def _failure(self, status: int, body: bytes, token: str | None) -> Exception:
        message = _message(body)
        if status == 401 and token != self._token:
            return ServerAway("the token was replaced during the request")
        if status >= 500 or status in TRANSIENT:
            reason = f"{self._url} answered {status}: {message}"
            self._set_away(True, reason)
            return ServerAway(reason, status)
        self._set_away(False)
        return Refused(status, message)

    def _set_away(self, away: bool, reason: str = "") -> None:
        if not away:
            self._heard_at = time.monotonic()
        if away == self.away:
            return
        self.away = away
        now = time.monotonic()
        if away:
            self._away_since = now
            logger.warning("%s; steps continue, their logs and outcomes are kept", reason)
        else:
            logger.warning("%s is back after %.0f s", self._url, now - self._away_since)
        for listener in self._listeners:
            listener()


def _bearing(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


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
