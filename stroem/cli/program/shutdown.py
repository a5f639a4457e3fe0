"""SIGTERM and SIGINT for the programs that stay."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from stroem.cli.output.output import echo


class StopRequest:
    """Somebody wants the program to stop. `at_force` is done when they lose their patience with it."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.at_force: list[Callable[[], object]] = []

    def heard(self, number: signal.Signals) -> None:
        """Asks for the stop; the second time ends the process at once."""
        if self.event.is_set():
            for act in self.at_force:
                act()
            os._exit(128 + number)
        self.event.set()
        echo("Stopping. Once more ends it at once.", err=True)


@contextmanager
def stop_requested() -> Iterator[StopRequest]:
    """What the first SIGTERM or SIGINT asks for."""
    loop, stop = asyncio.get_running_loop(), StopRequest()
    numbers = (signal.SIGTERM, signal.SIGINT)
    for number in numbers:
        loop.add_signal_handler(number, stop.heard, number)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


@contextmanager
def hang_up_heard(act: Callable[[], object]) -> Iterator[None]:
    """Acts on each SIGHUP, which then ends nothing."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, act)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
