"""Answers that are written piece by piece."""

import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

from aiohttp import hdrs, web

T = TypeVar("T")

LOGGER = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def closing(items: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """The items; what produces them is closed at the end of the block, wherever it stands."""
    try:
        yield items
    finally:
        if isinstance(items, AsyncGenerator):
            await items.aclose()


async def stream(
    request: web.Request, response: web.StreamResponse, pieces: AsyncIterator[bytes]
) -> web.StreamResponse:
    """Writes the pieces, each when the one before is out.

    What fails before the first piece is an ordinary failure. What fails later cuts the connection, so that
    nobody takes a part for the whole. Of what is asked for its head alone nothing is produced.
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
            LOGGER.exception("%s %s failed in the middle of its answer", request.method, request.path)
            if request.transport is not None:
                request.transport.abort()
    return response
