"""Room for requests of people who have yet to show who they are."""

import contextlib
from collections.abc import Callable, Iterator

from stroem.errors import Unavailable

AT_ONCE = 256

Take = Callable[[int], None]


class Strangers:
    """Lets so many such requests in at once, whose bodies together take so many bytes of memory at most. Who sends
    slowly keeps others out only as far as bytes have come. `free_bytes` is the room that is left.
    """

    def __init__(self, body_bytes: int, at_once: int = AT_ONCE) -> None:
        self.free_bytes = body_bytes
        self._free_places = at_once

    @contextlib.contextmanager
    def place(self) -> Iterator[Take]:
        """A place for one request; what it is given takes room for so many bytes more, until the end of the block.
        Raises `Unavailable`, as does the block itself when nothing is free.
        """
        if not self._free_places:
            raise _full()
        self._free_places -= 1
        taken = 0

        def take(size: int) -> None:
            nonlocal taken
            if size > self.free_bytes:
                raise _full()
            self.free_bytes -= size
            taken += size

        try:
            yield take
        finally:
            self._free_places += 1
            self.free_bytes += taken


def _full() -> Unavailable:
    return Unavailable(message="Too many such requests are under way; try again in a second", retry_after=1)
