"""SIGTERM and SIGINT for the programs that stay."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def stop_requested() -> Iterator[asyncio.Event]:
    """An event that the first SIGTERM or SIGINT sets; the second ends the process at once."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def heard(number: signal.Signals) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()
        click.echo("Stopping. Once more ends it at once.", err=True)

    numbers = (signal.SIGTERM, signal.SIGINT)
    for number in numbers:
        loop.add_signal_handler(number, heard, number)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
