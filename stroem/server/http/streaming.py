"""Streamed responses."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from typing import Any, TypeVar

from aiohttp import hdrs, web

from stroem.server.http.request_id import request_id

T = TypeVar("T")

CLOSING = web.AppKey("closing", asyncio.Event)
"""Set when the server is about to stop: streams and long polls end at once."""

LOGGER = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def closing(items: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """The items; their generator is closed at the end of the block."""
    try:
        yield items
    finally:
        if isinstance(items, AsyncGenerator):
            await items.aclose()


async def stream(
    request: web.Request, response: web.StreamResponse, pieces: AsyncIterator[bytes]
) -> web.StreamResponse:
    """Writes the pieces one after the other, with backpressure.

    An error before the first piece is an ordinary error. A later one aborts the connection, so that the client sees an
    incomplete response. For HEAD nothing is generated.
    """
    if request.method == hdrs.METH_HEAD:
        await response.prepare(request)
        return response
    async with closing(pieces):
        first = await anext(pieces, b"")
        await response.prepare(request)
        try:
            await response.write(first)
            async for piece in pieces:
                await response.write(piece)
            await response.write_eof()
        except ConnectionResetError:
            raise
        except Exception:
            LOGGER.exception(
                "%s %s failed in the middle of its response, request %s",
                request.method,
                request.path,
                request_id(request),
            )
            if request.transport is not None:
                request.transport.abort()
    return response


async def until_first_ends(*work: Coroutine[Any, Any, object]) -> None:
    """Runs all concurrently until one ends, then cancels the others. Raises that one's error."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
