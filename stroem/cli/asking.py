"""Running a command's coroutine with a client."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from stroem.cli.options import Address

if TYPE_CHECKING:
    from stroem.cli.client import Client

T = TypeVar("T")


def ask(address: Address, question: Callable[["Client"], Awaitable[T]]) -> T:
    """What a coroutine finds out from the server at an address."""
    from stroem.cli.client import Client  # aiohttp costs 300 ms: help and completion do without it

    async def run() -> T:
        async with Client(address) as client:
            return await question(client)

    return asyncio.run(run())
