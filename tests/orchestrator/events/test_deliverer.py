"""Every event reaches every sink that wants it, in order, whatever sinks and servers do."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest

from stroem.interfaces.event_sink import DeliveryFailed, DeliveryRefused
from stroem.orchestrator.events.deliverer import DeliveryLimits, EventDeliverer
from stroem.orchestrator.events.sinks import EventSinks
from stroem.records.event import NewEvent
from stroem.settings.server import PluginSettings
from stroem.store import statement
from stroem.store.database import Database
from stroem.store.events import deliveries, events
from stroem.store.lists import event_list
from tests.orchestrator.events.bell_sink import BELL, OTHER_BELL, BellSink
from tests.support.wait import eventually


@attrs.frozen
class Site:
    """A server's part in delivering."""

    database: Database
    sinks: EventSinks
    deliverer: EventDeliverer

    def bell(self, key: str = "bell") -> BellSink:
        sink = self.sinks.get(key)
        assert isinstance(sink, BellSink)
        return sink

    async def add(self, *messages: str, workspace: str | None = "w") -> None:
        new = [NewEvent(kind="failed", severity="error", workspace=workspace, message=each) for each in messages]
        async with self.database.begin() as connection:
            await events.add_events(connection, new, self.sinks.wanted_by)

    async def work(self) -> None:
        """Everything that can be done now."""
        while await self.deliverer.run_once() or self.deliverer._tasks:
            await asyncio.gather(*self.deliverer._tasks)

    async def make_due(self) -> None:
        async with self.database.read() as connection:
            await statement.execute(connection, "UPDATE event_deliveries SET due_at = now()")

    async def left(self) -> list[dict[str, Any]]:
        async with self.database.read() as connection:
            return await statement.fetch_named(connection, "SELECT * FROM event_deliveries ORDER BY event_id, sink")


async def make_site(database: Database, limits: DeliveryLimits | None = None, **settings: PluginSettings) -> Site:
    sinks = EventSinks({"bell": BellSink})
    await sinks.replace(settings or {"bell": BELL})
    return Site(database, sinks, EventDeliverer(database, sinks, asyncio.Event(), limits or DeliveryLimits()))


@pytest.fixture
async def site(database: Database) -> AsyncIterator[Site]:
    made = await make_site(database)
    yield made
    for task in made.deliverer._tasks:
        task.cancel()
    await asyncio.gather(*made.deliverer._tasks, return_exceptions=True)


async def test_events_come_in_order_and_once(site: Site) -> None:
    await site.add("a", "b", "c")
    await site.work()
    assert site.bell().messages() == ["a", "b", "c"]
    assert await site.left() == []
    await site.work()
    assert len(site.bell().got) == 3


async def test_the_event_is_whole(site: Site) -> None:
    await site.add("a")
    await site.work()
    async with site.database.read() as connection:
        assert site.bell().got == await event_list.list_events(connection, events.EventFilter(), limit=10)


async def test_what_fails_is_tried_again_and_not_overtaken(site: Site) -> None:
    bell = site.bell()
    bell.answers = lambda event: DeliveryFailed("no route") if event.message == "a" else None
    await site.add("a", "b")
    await site.add("x", workspace="other")
    await site.add("l", workspace=None)
    await site.work()
    assert sorted(bell.messages()) == ["l", "x"]
    first, second = await site.left()
    assert (first["attempts"], first["error"], first["given_up_at"]) == (1, "no route", None)
    assert second["attempts"] == 0
    await site.work()
    assert (await site.left())[0]["attempts"] == 1
    bell.answers = lambda _: None
    await site.make_due()
    await site.work()
    assert bell.messages()[2:] == ["a", "b"]
    assert await site.left() == []


def test_pauses_grow_and_are_spread() -> None:
    pauses = [DeliveryLimits().backoff.secs(attempt) for attempt in range(1, 60)]
    assert 4 <= pauses[0] <= 6
    assert 8 <= pauses[1] <= 12
    assert all(2880 <= pause <= 4320 for pause in pauses[12:])
    assert len(set(pauses)) == len(pauses)


async def test_what_is_refused_is_given_up_at_once_and_said(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.bell().answers = lambda event: DeliveryRefused("the token\0 is wrong") if event.message == "a" else None
    await site.add("a", "b")
    await site.work()
    assert site.bell().messages() == ["b"]
    assert "is given up: the token" in caplog.text
    async with site.database.read() as connection:
        (left,) = await deliveries.undelivered(connection, [1, 2])
    assert (left.sink, left.attempts, left.error, left.next_try) == ("bell", 1, "the token� is wrong", None)


@pytest.mark.parametrize(
    "aged", ["UPDATE event_deliveries SET attempts = 39", "UPDATE events SET at = at - interval '1 day'"]
)
async def test_what_fails_too_long_is_given_up(site: Site, aged: str) -> None:
    site.bell().answers = lambda event: DeliveryFailed("no") if event.message == "a" else None
    await site.add("a", "b")
    async with site.database.read() as connection:
        await statement.execute(connection, aged)
    await site.work()
    assert site.bell().messages() == ["b"]
    (left,) = await site.left()
    assert left["given_up_at"] is not None


async def test_a_sink_that_breaks_its_promise_says_nothing_secret(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.bell().answers = lambda _: KeyError("a")
    await site.add("a")
    await site.work()
    assert (await site.left())[0]["error"] == "KeyError (see the server's log)"
    assert "unexpected error" in caplog.text


async def test_a_sink_that_hangs_holds_up_no_other(database: Database) -> None:
    limits = DeliveryLimits(timeout_secs=0.2)
    site = await make_site(database, limits, bell=BELL, hangs=OTHER_BELL)
    site.bell("hangs").open.clear()
    for number in range(20):
        await site.add("a", workspace=f"w{number}")

    async def others_are_told() -> bool:
        await site.deliverer.run_once()
        return len(site.bell().got) == 20

    await eventually(others_are_told, "the other sink has everything")
    assert site.bell("hangs").most_at_once == limits.per_sink
    await site.work()
    assert {row["error"] for row in await site.left()} == {"No end within 0 seconds"}
    assert site.bell("hangs").most_at_once == limits.per_sink


async def test_no_more_than_a_bound_are_under_way(database: Database) -> None:
    keys = {f"bell{number}": BELL for number in range(5)}
    site = await make_site(database, DeliveryLimits(per_sink=2, total=3), **keys)
    for key in keys:
        site.bell(key).open.clear()
    for number in range(4):
        await site.add("a", workspace=f"w{number}")
    while await site.deliverer.run_once():
        pass
    assert len(site.deliverer._tasks) == 3
    for key in keys:
        site.bell(key).open.set()
    await site.work()
    assert [len(site.bell(key).got) for key in keys] == [4] * 5


async def test_deliveries_to_strange_sinks_are_left_to_others(database: Database) -> None:
    theirs, ours = await make_site(database, old=BELL, bell=BELL), await make_site(database)
    for number in range(30):
        await theirs.add(f"{number}", workspace=f"w{number}")
    await ours.work()
    assert len(ours.bell().got) == 30
    assert {row["sink"] for row in await ours.left()} == {"old"}
    await theirs.work()
    assert len(theirs.bell("old").got) == 30
    assert theirs.bell().got == []


async def test_two_servers_deliver_each_event_once(database: Database) -> None:
    sites = [await make_site(database), await make_site(database)]
    for number in range(20):
        await sites[0].add(*(f"{each}" for each in range(10)), workspace=f"w{number}")
    await asyncio.gather(*(site.work() for site in sites))
    assert await sites[0].left() == []
    got = [event for site in sites for event in site.bell().got]
    assert len(got) == len({event.id for event in got}) == 200
    assert all(site.bell().got for site in sites)
    for number in range(20):
        own = [[one.id for one in site.bell().got if one.workspace == f"w{number}"] for site in sites]
        assert all(ids == sorted(ids) for ids in own)


async def test_a_server_that_stops_ends_what_is_under_way(site: Site) -> None:
    site.bell().open.clear()
    await site.add("a", "b")
    running = asyncio.create_task(site.deliverer.run())
    await site.bell().begun.wait()
    running.cancel()
    site.bell().open.set()
    await asyncio.gather(running, return_exceptions=True)
    assert site.bell().messages() == ["a"]
    assert [row["event_id"] for row in await site.left()] == [2]


async def test_a_server_that_is_cut_off_leaves_its_delivery_to_others(site: Site) -> None:
    bell = site.bell()
    bell.open.clear()
    await site.add("a", "b")
    await site.deliverer.run_once()
    await bell.begun.wait()
    (task,) = site.deliverer._tasks
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    bell.open.set()
    await site.work()
    assert bell.got == []
    await site.make_due()
    await site.work()
    assert bell.messages() == ["a", "b"]


async def test_an_outcome_that_comes_late_changes_nothing(database: Database) -> None:
    slow, quick = await make_site(database), await make_site(database)
    slow.bell().open.clear()
    slow.bell().answers = lambda _: DeliveryRefused("too late")
    await slow.add("a")
    await slow.deliverer.run_once()
    await slow.bell().begun.wait()
    await slow.make_due()
    quick.bell().answers = lambda _: DeliveryFailed("not yet")
    await quick.work()
    slow.bell().open.set()
    await slow.work()
    (left,) = await slow.left()
    assert (left["attempts"], left["error"], left["given_up_at"]) == (2, "not yet", None)


KILLED = """
import asyncio, os, signal, sys
from typing import ClassVar
import attrs
from stroem.orchestrator.events.deliverer import EventDeliverer
from stroem.orchestrator.events.sinks import EventSinks
from stroem.settings.server import PluginSettings
from stroem.store.database import Database

@attrs.frozen(kw_only=True)
class DeadlySink:
    name: ClassVar[str] = "bell"
    def wants(self, event): return True
    async def deliver(self, event):
        print("delivered", event.id, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    async def close(self): ...

async def main():
    sinks = EventSinks({"bell": DeadlySink})
    await sinks.replace({"bell": PluginSettings(type="bell")})
    await EventDeliverer(await Database.open(sys.argv[1]), sinks, asyncio.Event()).run()

asyncio.run(main())
"""


async def test_an_event_outlives_a_server_that_is_killed_behind_its_delivery(site: Site, database_url: str) -> None:
    await site.add("a", "b")
    killed = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", KILLED, database_url], capture_output=True, text=True, timeout=60
    )
    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, "delivered 1\n"), killed.stderr
    await site.work()
    assert site.bell().got == []
    await site.make_due()
    await site.work()
    assert site.bell().messages() == ["a", "b"]


async def test_a_look_at_many_long_lanes_reads_only_their_heads(site: Site) -> None:
    async with site.database.begin() as connection:
        await statement.execute(
            connection,
            "INSERT INTO events (kind, severity, message) SELECT 'failed', 'error', '' FROM generate_series(1, 10000)",
        )
        await statement.execute(
            connection,
            "INSERT INTO event_deliveries (event_id, sink, workspace, due_at)"
            " SELECT id, 'bell', 'w' || id % 10, now() + interval '1 hour' FROM events",
        )
    async with site.database.begin() as connection:
        reads = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'event_deliveries'"
        heads = await deliveries.due_heads(connection, ["bell"], behind=deliveries.FIRST_LANE, limit=64)
        assert heads == []
        assert (await statement.fetch(connection, reads))[0][0] <= 20
