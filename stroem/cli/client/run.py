"""Running a command's coroutine with a client."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from stroem.cli.program.errors import TimedOut
from stroem.cli.program.options import Address

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

T = TypeVar("T")


def ask(address: Address, question: Callable[["Client"], Awaitable[T]], *, within: float | None = None) -> T:
    """Runs a coroutine against the server at an address. Raises `TimedOut` after `within` seconds."""
    from stroem.cli.client.client import Client  # aiohttp costs 300 ms: help and completion do without it

    async def run() -> T:
        async with Client(address) as client:
            try:
                async with asyncio.timeout(within) as limit:
                    return await question(client)
            except TimeoutError as error:
                if not limit.expired():
                    raise
                raise TimedOut(f"Not done within {within:g} s (--timeout); the server is {address.url}") from error

    return asyncio.run(run())
