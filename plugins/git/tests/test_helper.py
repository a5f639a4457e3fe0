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
from stroem_git.helper.host_threads import HostThreads
from stroem_git.helper.pool import Trust
from stroem_git.helper.process import HelperDied, HelperProcess, Silent
from stroem_git.remotes.ref_cache import RefCache

REQUEST = {
    "request": "read",
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
def read_request(tmp_path):
    return REQUEST | {"target": REQUEST["target"] | {"clone": str(tmp_path / "clone")}}


@pytest.fixture
def helper():
    """One that gives up soon."""
    process = HelperProcess(attrs.asdict(Trust(timeout_secs=1)), grace_secs=0)
    yield process
    process.close()


@pytest.mark.slow("waits for a timeout or a retry")
async def test_one_that_is_silent_gets_no_more_requests_and_is_ended(helper, read_request):
    os.kill(helper.process_id, signal.SIGSTOP)
    with pytest.raises(Silent):
        await helper.ask(read_request, "")
    assert not helper.usable
    with pytest.raises(HelperDied):
        await helper.ask(read_request, "")


async def test_one_that_dies_says_so(helper, read_request):
    os.kill(helper.process_id, signal.SIGSTOP)
    asked = asyncio.create_task(helper.ask(read_request, ""))
    await asyncio.sleep(0)
    os.kill(helper.process_id, signal.SIGKILL)
    with pytest.raises(HelperDied):
        await asked


async def test_a_request_that_is_taken_back_does_not_disturb_others(read_request):
    helper = HelperProcess(attrs.asdict(Trust(timeout_secs=60)))
    try:
        asked = [asyncio.create_task(helper.ask(read_request, "")) for _ in range(20)]
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
    threads, gate, started, done = HostThreads(), threading.Event(), [], threading.Semaphore(0)

    def job(number):
        def run():
            gate.wait()
            started.append(number)
            done.release()

        return run

    for number in range(12):
        threads.add("slow", number, job(number))
    assert list(threads.waiting("slow")) == [8, 9, 10, 11]
    assert threads.drop("slow", 9)
    assert not threads.drop("slow", 0)
    other = threading.Event()
    threads.add("quick", 100, other.set)
    assert other.wait(60)
    gate.set()
    for _ in range(11):
        assert done.acquire(timeout=60)
    assert sorted(started) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11]
    assert list(threads.waiting("slow")) == []


def test_a_look_serves_those_who_asked_before_it_began():
    cache, made = RefCache(), []

    def list_refs():
        made.append(time.monotonic())
        return {"refs/heads/main": str(len(made))}

    early = time.monotonic()
    assert cache.heads("a", early, list_refs) == {"refs/heads/main": "1"}
    assert cache.heads("a", early, list_refs) == {"refs/heads/main": "1"}
    assert cache.heads("b", early, list_refs) == {"refs/heads/main": "2"}
    assert cache.heads("a", time.monotonic(), list_refs) == {"refs/heads/main": "3"}
    assert len(made) == 3
