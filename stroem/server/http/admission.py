"""Admission limiter for requests whose bodies are being received."""

import asyncio
import contextlib
import ipaddress
from collections.abc import Iterator

from stroem.errors import Unavailable

AT_ONCE = 256
OF_ONE = 64


class Strangers:
    """Bounds the bodies that are in memory together, how many are received at once, and how many from one address.

    When the places are taken, the oldest body that is still on its way gives up its own: of the same address if that
    has its share, else of the address with the most. So slow senders keep nobody out. `free_bytes` is the room left.
    """

    def __init__(self, body_bytes: int, at_once: int = AT_ONCE, of_one: int = OF_ONE) -> None:
        self.free_bytes = body_bytes
        self._at_once = at_once
        self._of_one = of_one
        self._taken = 0
        self._places: dict[str, dict[Place, None]] = {}

    @contextlib.contextmanager
    def place(self, address: str) -> Iterator["Place"]:
        """A place for one request from an address, until the end of the block. Raises `Unavailable`."""
        network = _network(address)
        self._make_way(network)
        place = Place(self)
        own = self._places.setdefault(network, {})
        own[place] = None
        self._taken += 1
        try:
            yield place
        finally:
            self._taken -= 1
            self.free_bytes += place.bytes
            del own[place]
            if not own:
                del self._places[network]

    def _make_way(self, network: str) -> None:
        own = self._places.get(network, {})
        if len(own) >= self._of_one:
            crowd = own
        elif self._taken >= self._at_once:
            crowd = max(self._places.values(), key=len)
        else:
            return
        oldest = next((place for place in crowd if place.is_receiving), None)
        if oldest is None:
            raise full()
        oldest.give_way()


class Place:
    """The place of one request. `deadline` is set while its body is received, `bytes` is what it has taken."""

    def __init__(self, room: Strangers) -> None:
        self._room = room
        self.bytes = 0
        self.deadline: asyncio.Timeout | None = None
        self.gives_way = False

    @property
    def is_receiving(self) -> bool:
        """Whether the body is on its way, and may be given up."""
        return self.deadline is not None and not self.gives_way

    def take(self, size: int) -> None:
        """Takes room for so many bytes more. Raises `Unavailable`."""
        if size > self._room.free_bytes:
            raise full()
        self._room.free_bytes -= size
        self.bytes += size

    def give_way(self) -> None:
        """Ends the receiving of the body."""
        self.gives_way = True
        if self.deadline is not None:
            self.deadline.reschedule(0)


def full() -> Unavailable:
    """The answer when there is no room."""
    return Unavailable(message="Too many such requests are under way; try again in a second", retry_after=1)


def _network(address: str) -> str:
    """The key of a sender: an IPv4 address, or the first 64 bits of an IPv6 address."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.IPv6Network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address
