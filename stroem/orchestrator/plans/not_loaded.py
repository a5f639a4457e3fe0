"""Data that a transaction needs and that is not in memory."""

from collections.abc import Awaitable, Callable, Sequence


class NotLoaded(Exception):
    """Definitions or values are not in memory: load them outside of the transaction, and run it again."""

    def __init__(self, loads: Sequence[Callable[[], Awaitable[None]]]) -> None:
        super().__init__("definitions or values of a release are not in memory")
        self.loads = loads
