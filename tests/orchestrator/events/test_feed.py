"""Whoever watches sees every event once, in order, whenever it was committed."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from stroem.orchestrator.events.feed import EventFeed, EventPage
from stroem.orchestrator.notifier import Notifier
from stroem.orchestrator.periodic import run_periodically
from stroem.records.event import NewEvent
from stroem.store.database import Database
from stroem.store.events import events
from stroem.store.events.events import EventFilter
from tests.support.wait import eventually

ANY = EventFilter()


def new(message: str, workspace: str = "w") -> NewEvent:
    return NewEvent(kind="released", message=message, workspace=workspace)


async def add(database: Database, *messages: str, workspace: str = "w") -> None:
    async with database.begin() as connection:
        await events.add_events(connection, [new(message, workspace) for message in messages])


async def some(pages: AsyncIterator[EventPage], count: int) -> list[str]:
    """The messages of so many events."""
    found: list[str] = []
    async with asyncio.timeout(60):
        while len(found) < count:
            found += [event.message for event in (await anext(pages)).events]
    return found


async def polled_in_vain(feed: EventFeed) -> None:
    """Waits until the feed has seen that a transaction is under way."""
    await eventually(lambda: feed._vain_polls, "the feed has looked in vain")


@pytest.fixture
async def feed(database: Database) -> AsyncIterator[EventFeed]:
    made = EventFeed(database, asyncio.Event(), Notifier())
    running = asyncio.create_task(run_periodically(made, made.woken))
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_is_there_then_what_comes(database: Database, feed: EventFeed) -> None:
    await add(database, *(f"{number}" for number in range(450)))
    pages = feed.follow(ANY, after=0)
    assert await anext(pages) == EventPage(events=(), next=0)
    assert await some(pages, 450) == [f"{number}" for number in range(450)]
    await add(database, "new")
    feed.wake()
    assert await some(pages, 1) == ["new"]


async def test_a_tail_and_nothing_old(database: Database, feed: EventFeed) -> None:
    await add(database, "a", "b", "c")
    await add(database, "x", workspace="other")
    tail, nothing = feed.follow(EventFilter(workspace="w"), tail=2), feed.follow(EventFilter(workspace="w"))
    assert (await anext(tail)).next == 1
    assert (await anext(nothing)).next == 4
    assert await some(tail, 2) == ["b", "c"]
    await add(database, "y", workspace="other")
    await add(database, "d")
    feed.wake()
    assert await some(tail, 1) == await some(nothing, 1) == ["d"]


async def test_going_on_behind_any_page_misses_nothing(database: Database, feed: EventFeed) -> None:
    await add(database, *(f"{number}" for number in range(500)))
    pages = feed.follow(ANY, after=0)
    await anext(pages)
    page = await anext(pages)
    again = feed.follow(ANY, after=page.next)
    seen = [event.message for event in page.events] + await some(again, 500 - len(page.events))
    assert seen == [f"{number}" for number in range(500)]


async def test_transactions_that_commit_in_reverse_order_are_seen_in_order(database: Database, feed: EventFeed) -> None:
    pages = feed.follow(ANY, after=0)
    await anext(pages)
    seeing = asyncio.create_task(some(pages, 3))
    async with database.begin() as first:
        await events.add_events(first, [new("first")])
        async with database.begin() as second:
            await events.add_events(second, [new("second", "other")])
            await add(database, "third", workspace="another")
            feed.wake()
        feed.wake()
        await polled_in_vain(feed)
        assert not seeing.done()
    feed.wake()
    assert await seeing == ["first", "second", "third"]


async def test_an_event_that_nobody_told_of_is_found(database: Database, feed: EventFeed) -> None:
    """A transaction was under way when the feed looked, and its end is not told: the feed looks again soon."""
    pages = feed.follow(ANY, after=0)
    await anext(pages)
    seeing = asyncio.create_task(some(pages, 1))
    async with database.begin() as connection:
        await events.add_events(connection, [new("a")])
        feed.wake()
        await polled_in_vain(feed)
    assert await seeing == ["a"]


async def test_nobody_looks_when_nobody_watches(database: Database) -> None:
    feed = EventFeed(database, asyncio.Event(), Notifier())
    pages = feed.follow(ANY)
    await anext(pages)
    assert len(feed._watchers) == 1
    await pages.aclose()  # type: ignore[attr-defined]
    assert not feed._watchers
    await database.close()
    assert await feed.run_once() is False


async def test_what_is_told_before_it_is_committed_is_delivered_then(database: Database) -> None:
    delivery = asyncio.Event()
    feed = EventFeed(database, delivery, Notifier())
    async with database.begin() as connection:
        await events.add_events(connection, [new("a")])
        feed.wake()
        assert delivery.is_set()
        delivery.clear()
        await feed.run_once()
        assert await feed.pause_secs() < 0.1
        assert not delivery.is_set()
    await feed.run_once()
    assert delivery.is_set()
    assert await feed.pause_secs() > 1
    await database.close()
    assert await feed.run_once() is False
