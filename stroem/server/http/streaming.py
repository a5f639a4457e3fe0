"""Streamed responses."""

import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

from aiohttp import hdrs, web

T = TypeVar("T")

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
            LOGGER.exception("%s %s failed in the middle of its response", request.method, request.path)
            if request.transport is not None:
                request.transport.abort()
    return response
