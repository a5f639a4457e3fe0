"""A bound on the time of each test of a suite."""

import signal
import threading
from collections.abc import Iterator
from types import FrameType

import pytest

TEST_SECS = 180


class BoundedTests:
    """Fails each test that takes longer than `TEST_SECS`, wherever it hangs: in a wait, in a loop, in a system call."""

    @pytest.fixture(autouse=True)
    def bounded(self) -> Iterator[None]:
        """Raises in the main thread when the time is up."""
        if threading.current_thread() is not threading.main_thread():
            yield  # signals go to the main thread only
            return
        before = signal.signal(signal.SIGALRM, _fail)
        signal.setitimer(signal.ITIMER_REAL, TEST_SECS)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def _fail(number: int, frame: FrameType | None) -> None:
    pytest.fail(f"The test took longer than {TEST_SECS} s: what it tests hangs.")
