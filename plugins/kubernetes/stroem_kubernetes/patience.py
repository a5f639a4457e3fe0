"""Requests that are sent again while the API server is away."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from stroem.definitions.backoff import Backoff
from stroem_kubernetes.cluster import REFUSED_SECS, ClusterAway, ClusterRefused

T = TypeVar("T")
PAUSES = Backoff(first_secs=0.1, longest_secs=3)


async def patient(request: Callable[[], Awaitable[T]], most_secs: float) -> T:
    """Sends a request until there is an answer. Raises `ClusterAway` after `most_secs`, and `ClusterRefused`."""
    clock = asyncio.get_running_loop().time
    until, failures, refused_since = clock() + most_secs, 0, None
    while True:
        try:
            return await request()
        except (ClusterAway, ClusterRefused) as error:
            failures += 1
            if isinstance(error, ClusterRefused):
                refused_since = clock() if refused_since is None else refused_since
                if not error.may_pass or clock() - refused_since > REFUSED_SECS:
                    raise
            if clock() > until:
                raise
        await asyncio.sleep(PAUSES.secs(failures))
