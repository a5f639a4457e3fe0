"""The HTTP API as the commands use it."""

import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, Self
from urllib.parse import quote

import aiohttp
import attrs
import click
import orjson

from stroem.cli.client.refusal import fields_of, refusal
from stroem.cli.output.errors import ConnectionLost, Denied, Refused, TooSoon, Unreachable
from stroem.cli.output.output import one_line
from stroem.cli.output.suggestion import suggestion
from stroem.cli.program.answered_by import ANSWERED_BY
from stroem.cli.program.options import Address
from stroem.conversion.web_address import is_server_address
from stroem.definitions.version_header import VERSION_HEADER
from stroem.http_client.session import Redirected, open_session

Query = dict[str, str | int | None]

SOCKET_HEARTBEAT = 5.0
TIMEOUT = aiohttp.ClientTimeout(total=60, connect=10)
SHORTEST_PREFIX = 8
_PIECE = 1024 * 1024
FULL_ID = 36
LATEST = 5
"""Number of recent jobs listed in the error for an unknown job."""
DEFAULT_WORKSPACE = "default"


class Client:
    """HTTP client for one server. Every failure is one of `stroem.cli.output.errors` and advises what to do."""

    def __init__(self, address: Address) -> None:
        if not is_server_address(address.url):
            raise click.UsageError(f"{address.url!r} is no address of a server; one looks like http://localhost:8080")
        self.address = address
        self.session = open_session(address.token, timeout=TIMEOUT)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    async def get(self, *path: str, **query: str | int | None) -> Any:
        """The JSON at a path below `/api`. Path segments are quoted; query values of None are left out."""
        return await self._ask("GET", path, query)

    async def get_within(self, seconds: float, *path: str, **query: str | int | None) -> Any:
        """The JSON at a path, with a timeout of its own."""
        return await self._ask("GET", path, query, within=seconds)

    async def post(
        self, *path: str, body: object = None, within: float | None = None, **query: str | int | None
    ) -> Any:
        """The JSON answer to a POST; timeout `within` seconds, by default 60."""
        return await self._ask("POST", path, query, body, within)

    async def put(self, *path: str, body: object = None) -> Any:
        """The JSON answer to a PUT."""
        return await self._ask("PUT", path, {}, body)

    async def delete(self, *path: str) -> Any:
        """The JSON answer to a DELETE."""
        return await self._ask("DELETE", path, {})

    async def post_to_job(self, job: str, *path: str, body: object = None) -> dict[str, Any]:
        """The JSON answer to a POST about a job, with its `job_id`. `job` is its id or the beginning of one."""
        job_id = await self.job_id(job)
        return {"job_id": job_id, **await self.post("jobs", job_id, *path, body=body)}

    async def upload(
        self, path: tuple[str, ...], content: IO[bytes], query: Mapping[str, str], within: float
    ) -> dict[str, Any]:
        """The JSON answer to a POST of a gzipped tar, sent piece by piece."""
        headers = {"Content-Type": "application/gzip"}
        async with self._request("POST", path, query, within, data=content, headers=headers) as response:
            answer: dict[str, Any] = await self._answer(response)
            return answer

    async def download(self, path: tuple[str, ...], target: Path, within: float) -> None:
        """Writes the body of an answer to a file. A refusal leaves no file."""
        async with self._request("GET", path, {}, within) as response:
            if response.status != 200:
                await self._answer(response)
            with target.open("wb") as file:
                async for piece in response.content.iter_chunked(_PIECE):
                    file.write(piece)

    async def pieces(self, path: tuple[str, ...], query: Query, within: float) -> AsyncGenerator[bytes]:
        """The body of an answer, piece by piece."""
        async with self._request("GET", path, query, within) as response:
            if response.status != 200:
                await self._answer(response)
            async for piece in response.content.iter_chunked(_PIECE):
                yield piece

    async def workspace(self, named: str | None, where: str = " with --workspace") -> str:
        """Name of the workspace: as given, else `default`, else the server's only one.

        `where` is the way to name one, for the error.
        """
        if named is not None:
            return named
        names = sorted(each["name"] for each in await self.get("workspaces"))
        if DEFAULT_WORKSPACE in names or len(names) == 1:
            return DEFAULT_WORKSPACE if DEFAULT_WORKSPACE in names else str(names[0])
        there = f"Name one of these{where}: {', '.join(map(one_line, names))}" if names else "It has none."
        raise Refused(f"The server at {self.address.url} has no workspace {DEFAULT_WORKSPACE!r}. {there}")

    async def frames(self, *path: str, **query: str | int | None) -> AsyncIterator[dict[str, Any]]:
        """The JSON frames of a WebSocket. Raises `ConnectionLost` at its end or without a connection."""
        params = {key: str(value) for key, value in query.items() if value is not None}
        try:
            async with self.session.ws_connect(
                self.url(*path), params=params, heartbeat=SOCKET_HEARTBEAT, max_msg_size=0
            ) as socket:
                async for message in socket:
                    yield orjson.loads(message.data)
                raise ConnectionLost(f"closed by the server, code {socket.close_code}")
        except aiohttp.WSServerHandshakeError as error:
            if error.status < 500:
                raise await self._refusal_of_stream(path, query, error.status) from error
            raise ConnectionLost(f"the server answered {error.status}") from error
        except Redirected as error:
            raise Refused(f"{self.address.url} is not used: {error}") from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ConnectionLost(str(error) or type(error).__name__) from error

    async def _refusal_of_stream(self, path: tuple[str, ...], query: Query, status: int) -> Exception:
        """The refusal of a WebSocket, with the reason, which only an answer without one has."""
        try:
            await self._ask("GET", path, query)
        except Refused as refused:
            return refused
        except Unreachable as gone:
            return ConnectionLost(gone.message)
        return Refused(f"The server refused the stream: {status}")

    def url(self, *path: str) -> str:
        """URL of a path below `/api`."""
        return "/".join([self.address.url, "api", *(quote(part, safe="") for part in path)])

    async def _ask(
        self, method: str, path: tuple[str, ...], query: Query, body: object = None, within: float | None = None
    ) -> Any:
        async with self._request(method, path, query, within, json=body) as response:
            return await self._answer(response)

    @asynccontextmanager
    async def _request(
        self,
        method: str,
        path: tuple[str, ...],
        query: Mapping[str, str | int | None],
        within: float | None,
        **body: Any,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The response to a request. Failures of the connection become errors with advice."""
        params = {key: str(value) for key, value in query.items() if value is not None}
        timeout = TIMEOUT if within is None else attrs.evolve(TIMEOUT, total=within)
        try:
            async with self.session.request(
                method, self.url(*path), params=params, timeout=timeout, **body
            ) as response:
                yield response
        except Redirected as error:
            raise Refused(f"{self.address.url} is not used: {error}") from error
        except aiohttp.ClientConnectionError as error:
            raise unreachable(self.address.url, error) from error
        except TimeoutError as error:
            raise Unreachable(
                f"The server at {self.address.url} did not answer within {timeout.total:.3g} s. "
                "It may still do what it was asked for."
            ) from error
        except aiohttp.ClientError as error:
            raise Refused(f"{self.address.url} did not answer as a Strøm server does: {error}") from error

    async def _answer(self, response: aiohttp.ClientResponse) -> Any:
        if VERSION_HEADER not in response.headers or "json" not in response.content_type:
            raise Refused(
                f"{self.address.url} is no Strøm server: it answered {response.status} with {response.content_type}"
                f"{'' if VERSION_HEADER in response.headers else f', without the header {VERSION_HEADER}'}.\n"
                "Name the right one with --server or STROEM_URL."
            )
        if context := click.get_current_context(silent=True):
            context.meta[ANSWERED_BY] = (self.address.url, response.headers[VERSION_HEADER])
        document = await response.json()
        if response.status == 429 and (secs := response.headers.get("Retry-After", "")).isdecimal():
            raise TooSoon(refusal(self.address.url, response.status, document), float(secs))
        if response.status >= 400:
            kind = Denied if response.status == 403 else Refused
            raise kind(refusal(self.address.url, response.status, document), fields_of(document))
        return document

    async def _known_jobs(self, text: str) -> str:
        """Suggestion for an unknown job id: the nearest id, and the latest ones."""
        recent = (await self.get("jobs", limit=100))["items"]
        if not recent:
            return " There are no jobs."
        latest = ", ".join(job["job_id"][: max(len(text), SHORTEST_PREFIX)] for job in recent[:LATEST])
        return f"{suggestion(text.lower(), [job['job_id'][: len(text)] for job in recent])} The latest are: {latest}."

    async def job_id(self, text: str) -> str:
        """Full id of a job, from the id or a unique prefix of it."""
        if len(text) >= FULL_ID:
            return text
        if len(text) < SHORTEST_PREFIX:
            raise click.UsageError(
                f"{text!r} is no job id: give the whole id or at least its first {SHORTEST_PREFIX} characters"
            )
        page = await self.get("jobs", search=text, limit=100)
        found = [job["job_id"] for job in page["items"] if job["job_id"].startswith(text.lower())]
        if not found:
            raise Refused(f"No job whose id begins with {text!r}.{await self._known_jobs(text)} List: stroem jobs")
        if len(found) > 1:
            raise Refused(f"{len(found)} jobs have ids that begin with {text!r}; give more of it")
        return str(found[0])


def unreachable(url: str, error: BaseException) -> Unreachable:
    """Failure for a server that cannot be reached."""
    reason = str(error)
    if isinstance(error, TimeoutError):
        reason = "no answer in time"
    elif isinstance(error, OSError) and error.errno:
        reason = os.strerror(error.errno)
    return Unreachable(
        f"Cannot reach a server at {url} ({reason}).\n"
        "Start one with `stroem up`, or name another with --server or STROEM_URL."
    )
