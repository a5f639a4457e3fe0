"""Requests for polls."""

import asyncio

from stroem.reconciler.following.requests import PollRequests, Request


async def test_a_source_is_requested_for_later_once_at_a_time() -> None:
    requests = PollRequests()
    request = Request(key=("workspace", "a"), cause="push", by="ada")
    for _ in range(3):
        requests.add_later(0, request)
    async with asyncio.timeout(60):
        await requests.woken.wait()
    assert requests.take(()) == [request]
    requests.woken.clear()
    requests.add_later(0, request)
    async with asyncio.timeout(60):
        await requests.woken.wait()
    assert requests.take(()) == [request]
    assert requests.take(()) == []
