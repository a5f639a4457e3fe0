"""Requests to an API server, tried again while it is away."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp

AWAY_PAUSE_SECS = 0.2


class Api:
    """A client with a token. A missing object is `LookupError`, another refusal `AssertionError`."""

    def __init__(self, url: str, ca: str, token: str) -> None:
        self._url = url
        connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=ca), limit=0)
        headers = {"Authorization": f"Bearer {token}"}
        self._session = aiohttp.ClientSession(connector=connector, headers=headers, read_bufsize=2**20)

    async def close(self) -> None:
        """Closes the connections."""
        await self._session.close()

    async def get(self, path: str) -> Any:
        """An object or a list."""
        return await self._send("GET", path)

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Makes an object; one that is there already stays."""
        return await self._send("POST", path, body)

    async def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """Changes an object."""
        return await self._send("PATCH", path, body, "application/merge-patch+json")

    async def delete(self, path: str, grace_secs: int = 0) -> None:
        """Removes an object; one that is not there is gone already."""
        try:
            await self._send("DELETE", path, {"gracePeriodSeconds": grace_secs})
        except LookupError:
            return

    async def watch(self, path: str, version: str) -> AsyncIterator[Any]:
        """Events since a version; ends with the connection."""
        query = f"{path}?watch=true&resourceVersion={version}"
        try:
            timeout = aiohttp.ClientTimeout(total=None)
            async with self._session.get(self._url + query, timeout=timeout) as response:
                async for line in response.content:
                    yield json.loads(line)
        except (aiohttp.ClientError, OSError):
            return

    async def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, kind: str = "application/json"
    ) -> Any:
        while True:
            try:
                async with self._session.request(
                    method, self._url + path, data=json.dumps(body) if body else None, headers={"Content-Type": kind}
                ) as response:
                    text = await response.text()
                    if response.status == 404 and method != "POST":
                        raise LookupError(path)
                    if response.status < 300 or response.status == 409:
                        return json.loads(text)
                    if response.status < 500 and response.status not in (401, 403, 404, 429):
                        raise AssertionError(f"{method} {path}: {response.status} {text}")
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(AWAY_PAUSE_SECS)  # it is away, or just starts
