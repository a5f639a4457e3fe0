"""Helper processes that do not answer, and their parts."""

import asyncio
import io
import os
import signal
import threading
import time

import attrs
import pytest

from stroem_git.helper.framing import read_frame, write_frame
from stroem_git.helper.host_threads import Turns
from stroem_git.helper.pool import Trust
from stroem_git.helper.process import HelperDied, HelperProcess, Silent
from stroem_git.remotes.ref_cache import Looks

ORDER = {
    "order": "read",
    "target": {
        "scheme": "file",
        "url": "/nowhere",
        "host": "",
        "port": None,
        "place": "/nowhere",
        "user": None,
        "auth": None,
        "insecure": False,
        "depth": 1,
        "timeout_secs": 1,
        "download_bytes": 1,
    },
    "revision": "f" * 40,
    "path": "",
    "files": [],
}


@pytest.fixture
def order(tmp_path):
    return ORDER | {"target": ORDER["target"] | {"clone": str(tmp_path / "clone")}}


@pytest.fixture
def helper():
    """One that gives up soon."""
    process = HelperProcess(attrs.asdict(Trust(timeout_secs=1)), grace_secs=0)
    yield process
    process.close()


async def test_one_that_is_silent_gets_no_more_orders_and_is_ended(helper, order):
    os.kill(helper.process_id, signal.SIGSTOP)
    with pytest.raises(Silent):
        await helper.ask(order, "")
    assert not helper.usable
    with pytest.raises(HelperDied):
        await helper.ask(order, "")


async def test_one_that_dies_says_so(helper, order):
    os.kill(helper.process_id, signal.SIGSTOP)
    asked = asyncio.create_task(helper.ask(order, ""))
    await asyncio.sleep(0)
    os.kill(helper.process_id, signal.SIGKILL)
    with pytest.raises(HelperDied):
        await asked


async def test_an_order_that_is_taken_back_does_not_disturb_others(order):
    helper = HelperProcess(attrs.asdict(Trust(timeout_secs=60)))
    try:
        asked = [asyncio.create_task(helper.ask(order, "")) for _ in range(20)]
        await asyncio.sleep(0)
        for task in asked[::2]:
            task.cancel()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(answer, asyncio.CancelledError) for answer in answers[::2])
        assert all("there is no folder" in answer[0]["failure"]["message"] for answer in answers[1::2])
    finally:
        helper.close()


def test_frames_that_break_off_are_an_end():
    stream = io.BytesIO()
    write_frame(stream, {"a": 1}, b"body")
    whole = stream.getvalue()
    assert read_frame(io.BytesIO(whole)) == ({"a": 1}, b"body")
    for length in range(len(whole)):
        assert read_frame(io.BytesIO(whole[:length])) is None


def test_turns_are_few_for_a_host_and_in_order():
    turns, gate, order, done = Turns(), threading.Event(), [], threading.Semaphore(0)

    def job(number):
        def run():
            gate.wait()
            order.append(number)
            done.release()

        return run

    for number in range(12):
        turns.add("slow", number, job(number))
    assert list(turns.waiting("slow")) == [8, 9, 10, 11]
    assert turns.drop("slow", 9)
    assert not turns.drop("slow", 0)
    other = threading.Event()
    turns.add("quick", 100, other.set)
    assert other.wait(10)
    gate.set()
    for _ in range(11):
        assert done.acquire(timeout=10)
    assert sorted(order) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11]
    assert list(turns.waiting("slow")) == []


def test_a_look_serves_those_who_asked_before_it_began():
    looks, made = Looks(), []

    def look():
        made.append(time.monotonic())
        return {"refs/heads/main": str(len(made))}

    early = time.monotonic()
    assert looks.heads("a", early, look) == {"refs/heads/main": "1"}
    assert looks.heads("a", early, look) == {"refs/heads/main": "1"}
    assert looks.heads("b", early, look) == {"refs/heads/main": "2"}
    assert looks.heads("a", time.monotonic(), look) == {"refs/heads/main": "3"}
    assert len(made) == 3
