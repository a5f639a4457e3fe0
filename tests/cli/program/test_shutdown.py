"""Requests to end a program."""

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from stroem.cli.program.shutdown import stop_requested
from tests.support.wait import eventually


@pytest.fixture
def _kept_hangup() -> Iterator[None]:
    former = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, former)


@pytest.mark.usefixtures("_kept_hangup")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_and_the_end_of_the_terminal_are_requests_to_stop(number: int) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    with stop_requested() as stop:
        os.kill(os.getpid(), number)
        async with asyncio.timeout(30):
            await stop.event.wait()


@pytest.mark.usefixtures("_kept_hangup")
async def test_a_program_under_nohup_outlives_its_terminal() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with stop_requested() as stop:
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)
        await eventually(stop.event.is_set, "the stop is requested")
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
