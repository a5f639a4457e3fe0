"""Admission limiter for requests whose bodies are being received."""

import asyncio
import contextlib
import ipaddress
from collections.abc import Iterator

from aiohttp import web

from stroem.errors import Unavailable

MAX_REQUESTS = 256
MAX_PER_ADDRESS = 64


class AdmissionLimiter:
    """Bounds concurrent requests, requests per address and total buffered bytes.

    Bytes are counted as they arrive, so a slow sender occupies only what it has sent; `free_bytes` is the rest. When
    all slots are taken, the oldest request whose body is still arriving is dropped: of the same address if that has
    used up its share, else of the address with the most. So slow senders keep nobody out.
    """

    def __init__(
        self, max_bytes: int, max_requests: int = MAX_REQUESTS, max_per_address: int = MAX_PER_ADDRESS
    ) -> None:
        self.free_bytes = max_bytes
        self._max_requests = max_requests
        self._max_per_address = max_per_address
        self._count = 0
        self._slots: dict[str, dict[Slot, None]] = {}

    @contextlib.contextmanager
    def slot(self, address: str) -> Iterator["Slot"]:
        """A slot for one request from an address, until the end of the block. Raises `Unavailable`."""
        network = _network(address)
        self._make_room(network)
        slot = Slot(self)
        own = self._slots.setdefault(network, {})
        own[slot] = None
        self._count += 1
        try:
            yield slot
        finally:
            self._count -= 1
            self.free_bytes += slot.bytes
            del own[slot]
            if not own:
                del self._slots[network]

    def _make_room(self, network: str) -> None:
        own = self._slots.get(network, {})
        if len(own) >= self._max_per_address:
            candidates = own
        elif self._count >= self._max_requests:
            candidates = max(self._slots.values(), key=len)
        else:
            return
        oldest = next((slot for slot in candidates if slot.is_receiving), None)
        if oldest is None:
            raise overloaded()
        oldest.drop()


class Slot:
    """The slot of one request. `deadline` is set while the body arrives; `bytes` counts what has arrived."""

    def __init__(self, limiter: AdmissionLimiter) -> None:
        self._limiter = limiter
        self.bytes = 0
        self.deadline: asyncio.Timeout | None = None
        self.is_dropped = False

    @property
    def is_receiving(self) -> bool:
        """True while the body arrives and the request may be dropped."""
        return self.deadline is not None and not self.is_dropped

    def take(self, size: int) -> None:
        """Counts further bytes. Raises `Unavailable` when too few are free."""
        if size > self._limiter.free_bytes:
            raise overloaded()
        self._limiter.free_bytes -= size
        self.bytes += size

    def drop(self) -> None:
        """Ends the receiving of the body."""
        self.is_dropped = True
        if self.deadline is not None:
            self.deadline.reschedule(0)


ANONYMOUS_BODIES = web.AppKey("anonymous_bodies", AdmissionLimiter)
"""Limiter for requests without a token."""

WORKER_BODIES = web.AppKey("worker_bodies", AdmissionLimiter)
"""Limiter for requests with the workers' token."""


def overloaded() -> Unavailable:
    """The error for a request that is not admitted."""
    return Unavailable(message="Too many such requests are under way; try again in a second", retry_after=1)


def _network(address: str) -> str:
    """The key of a sender: an IPv4 address, or the first 64 bits of an IPv6 address."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.IPv6Network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address
