"""Shutdown of long-running commands by SIGTERM and SIGINT, and SIGHUP."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from stroem.cli.output.output import echo


class StopRequest:
    """Shutdown request. The callbacks `on_forced_stop` run when a second signal ends the process."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.on_forced_stop: list[Callable[[], object]] = []

    def request(self, number: signal.Signals) -> None:
        """Requests the shutdown; the second request ends the process at once."""
        if self.event.is_set():
            for callback in self.on_forced_stop:
                callback()
            os._exit(128 + number)
        self.event.set()
        with suppress(OSError):  # the terminal is gone
            echo("Stopping. Once more ends it at once.", err=True)


@contextmanager
def stop_requested() -> Iterator[StopRequest]:
    """Turns SIGTERM, SIGINT and the end of the terminal into a shutdown request. `nohup` outlives its terminal."""
    loop, stop = asyncio.get_running_loop(), StopRequest()
    ends_with_terminal = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    numbers = (signal.SIGTERM, signal.SIGINT, *([signal.SIGHUP] if ends_with_terminal else ()))
    for number in numbers:
        loop.add_signal_handler(number, stop.request, number)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


@contextmanager
def on_hangup(callback: Callable[[], object]) -> Iterator[None]:
    """Calls `callback` on each SIGHUP instead of ending the process."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, callback)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
