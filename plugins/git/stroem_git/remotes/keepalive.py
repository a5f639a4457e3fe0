"""Keepalive signals during long work on this machine."""

import contextlib
import threading
from collections.abc import Callable, Iterator

_INTERVAL_SECS = 1.0


@contextlib.contextmanager
def keepalive(report_alive: Callable[[], None]) -> Iterator[None]:
    """Calls `report_alive` every second meanwhile."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(_INTERVAL_SECS):
            report_alive()

    beating = threading.Thread(target=beat, daemon=True)
    beating.start()
    try:
        yield
    finally:
        done.set()
        beating.join()
