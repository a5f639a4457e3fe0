"""Polls that this process wants at once, whether they are due or not."""

import asyncio
from collections.abc import Collection

import attrs

from stroem.store.workspaces.followed import Key


@attrs.frozen(kw_only=True)
class Request:
    """A wanted poll of a source. Without a `cause` it counts as a poll at intervals."""

    key: Key
    cause: str | None = None
    by: str | None = None


class PollRequests:
    """Requests by source, and the event that wakes the loop."""

    def __init__(self) -> None:
        self._requests: dict[Key, Request] = {}
        self._later: set[Key] = set()
        self.woken = asyncio.Event()

    def __contains__(self, key: Key) -> bool:
        return key in self._requests

    def add(self, key: Key, cause: str | None = None, by: str | None = None) -> None:
        """Requests a poll. A request with a cause replaces an earlier one of the source."""
        if cause or key not in self._requests:
            self._requests[key] = Request(key=key, cause=cause, by=by)
        self.woken.set()

    def add_later(self, secs: float, request: Request) -> None:
        """Requests a poll after some seconds, unless one of the source is requested for later already."""
        if request.key not in self._later:
            self._later.add(request.key)
            asyncio.get_running_loop().call_later(secs, self._add_now, request)

    def _add_now(self, request: Request) -> None:
        self._later.discard(request.key)
        self.add(request.key, request.cause, request.by)

    def take(self, under_way: Collection[Key]) -> list[Request]:
        """Removes and returns the requests of sources that are not polled now."""
        found = [request for key, request in self._requests.items() if key not in under_way]
        for request in found:
            del self._requests[request.key]
        return found
