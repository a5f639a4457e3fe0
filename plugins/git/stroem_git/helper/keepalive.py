"""A sign of life at intervals, for work on this machine that takes its time."""

import contextlib
import threading
from collections.abc import Callable, Iterator

_INTERVAL_SECS = 1.0


@contextlib.contextmanager
def pulse(sign: Callable[[], None]) -> Iterator[None]:
    """Calls `sign` every second meanwhile."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(_INTERVAL_SECS):
            sign()

    beating = threading.Thread(target=beat, daemon=True)
    beating.start()
    try:
        yield
    finally:
        done.set()
        beating.join()
