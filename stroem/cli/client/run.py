"""Entry of a command into asyncio, with a client."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from stroem.cli.output.errors import TimedOut
from stroem.cli.program.options import Address

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

T = TypeVar("T")


def run_with_client(address: Address, call: Callable[["Client"], Awaitable[T]], *, within: float | None = None) -> T:
    """Runs `call` with a client of the server. Raises `TimedOut` after `within` seconds."""
    from stroem.cli.client.client import Client  # aiohttp costs 300 ms: help and completion do without it

    async def run() -> T:
        async with Client(address) as client:
            try:
                async with asyncio.timeout(within) as limit:
                    return await call(client)
            except TimeoutError as error:
                if not limit.expired():
                    raise
                raise TimedOut(f"Not done within {within:g} s (--timeout); the server is {address.url}") from error

    return asyncio.run(run())
