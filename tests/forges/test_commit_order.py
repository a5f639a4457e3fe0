"""Order of the statuses of one commit."""

import asyncio

import pytest

from stroem.forges.commit_status_sink import CommitOrder


async def test_of_one_commit_one_speaks_at_a_time_and_none_after_a_newer_one() -> None:
    order, may_go_on, told = CommitOrder(), asyncio.Event(), []

    async def tell(commit: str, event_id: int) -> None:
        async with order.lock(commit, event_id) as is_newest:
            told.append((commit, event_id, is_newest))
            if event_id == 2:
                await may_go_on.wait()

    first = asyncio.create_task(tell("a", 2))
    late = asyncio.create_task(tell("a", 1))
    other = asyncio.create_task(tell("b", 1))
    await other
    assert told == [("a", 2, True), ("b", 1, True)]
    may_go_on.set()
    await asyncio.gather(first, late)
    await tell("a", 2)
    assert told[2:] == [("a", 1, False), ("a", 2, True)]


async def test_what_failed_was_not_told() -> None:
    order = CommitOrder()
    with pytest.raises(OSError, match="gone"):
        async with order.lock("a", 2):
            raise OSError("gone")
    async with order.lock("a", 1) as is_newest:
        assert is_newest


async def test_the_oldest_commits_are_forgotten() -> None:
    order = CommitOrder()
    for number in range(1001):
        async with order.lock(number, 5):
            pass
    async with order.lock(0, 1) as is_newest:
        assert is_newest
    async with order.lock(1000, 1) as is_newest:
        assert not is_newest
