"""Events are recorded once, listed page by page, seen in an order that loses none, and forgotten in time."""

import asyncio
import contextlib
import random

import attrs
import orjson
import pytest

from stroem.records.event import Event, NewEvent
from stroem.store import statement
from stroem.store.database import Database
from stroem.store.events import bounds, deliveries, events
from stroem.store.events.events import EventFilter
from stroem.store.lists import event_list
from stroem.store.statement import Connection

ANY = EventFilter()


def event(message: str = "it happened", **more: object) -> NewEvent:
    return NewEvent(**{"kind": "failed", "workspace": "w", "message": message, **more})  # type: ignore[arg-type]


async def add(database: Database, *new: NewEvent, to: tuple[str, ...] = ()) -> list[Event]:
    async with database.begin() as connection:
        return await events.add_events(connection, new, lambda _: to)


async def add_and_roll_back(database: Database) -> None:
    with contextlib.suppress(ZeroDivisionError):
        async with database.begin() as connection:
            await events.add_events(connection, [event()], lambda _: ["sink"])
            _ = 1 // 0


async def messages(database: Database, wanted: EventFilter = ANY, **range_: int) -> list[str]:
    async with database.read() as connection:
        return [one.message for one in await event_list.list_events(connection, wanted, limit=100, **range_)]


async def settled(database: Database) -> int:
    async with database.read() as connection:
        return (await events.settled(connection)).id


async def fill(database: Database, count: int) -> None:
    """Many events of fifty workspaces, two in a hundred of the first errors."""
    async with database.read() as connection:
        await statement.execute(
            connection,
            """
            INSERT INTO events (kind, severity, message, workspace)
            SELECT CASE WHEN n %% 50 = 0 THEN 'failed' ELSE 'released' END,
                   CASE WHEN n %% 50 = 0 THEN 'error' ELSE 'info' END, 'event ' || n, 'w' || n %% 50
            FROM generate_series(1, %s) n
            """,
            (count,),
        )
        await statement.execute(connection, "ANALYZE events")


class TestRecording:
    async def test_all_facts_are_kept(self, database: Database) -> None:
        new = NewEvent(
            kind="released",
            message="Release 3",
            severity="warning",
            workspace="w",
            library="l",
            revision="abc",
            release=3,
            cause="push",
            by="Ada",
            origin="https://git.example.org/w",
            data={"tasks": ["a", {"b": 1.5}], "none": None},
        )
        (made,) = await add(database, new)
        async with database.read() as connection:
            (read,) = await event_list.list_events(connection, ANY, limit=10)
        assert read == made
        assert {name: getattr(read, name) for name in attrs.asdict(new)} == attrs.asdict(new)

    async def test_many_are_recorded_in_their_order(self, database: Database) -> None:
        made = await add(database, *(event(f"{number}") for number in range(50)))
        assert [one.message for one in made] == [f"{number}" for number in range(50)]
        assert [one.id for one in made] == list(range(made[0].id, made[0].id + 50))

    async def test_what_happens_again_is_counted(self, database: Database) -> None:
        (first,) = await add(database, event(), to=("sink",))
        (other,) = await add(database, event(workspace="other"))
        (again,) = await add(database, event(severity="error", data={"more": 1}), to=("sink",))
        assert (again.id, again.count, again.at) == (first.id, 2, first.at)
        assert again.last_at > first.last_at
        assert other.id != first.id
        async with database.read() as connection:
            assert [row.event_id for row in await deliveries.undelivered(connection, [first.id])] == [first.id]
            assert await statement.fetch(connection, "SELECT count(*) FROM event_deliveries") == [(1,)]

    @pytest.mark.parametrize(
        "change", [{"message": "x"}, {"kind": "rejected"}, {"revision": "r"}, {"by": "Ada"}, {"release": 2}]
    )
    async def test_what_differs_is_another_event(self, database: Database, change: dict[str, object]) -> None:
        await add(database, event())
        await add(database, event(**change))  # type: ignore[arg-type]
        assert len(await messages(database)) == 2

    async def test_only_the_newest_of_workspace_and_library_is_repeated(self, database: Database) -> None:
        await add(database, event("a"), event("b"), event("a"))
        assert await messages(database) == ["a", "b", "a"]
        await add(database, event("b"), event("a", library="l"), event("a", workspace=None, library="l"))
        assert len(await messages(database)) == 6
        await add(database, event("a", library="l"), event("b"), event("a", workspace=None, library="l"))
        assert len(await messages(database)) == 6

    async def test_a_transaction_that_fails_leaves_nothing(self, database: Database) -> None:
        await add_and_roll_back(database)
        assert await messages(database) == []

    async def test_no_text_is_too_long_or_too_strange(self, database: Database) -> None:
        strange = "a\0b\ud800"
        data = {"nul\0": ["\0", {"\ud800": strange}], "huge": "x" * 100_000, "last": 1}
        (made,) = await add(database, event(strange * 10_000, by=strange * 1000, revision="", data=data))
        async with database.read() as connection:
            (read,) = await event_list.list_events(connection, ANY, limit=1)
        assert read == made
        assert len(read.message) == bounds.MESSAGE_CHARS
        assert read.message.endswith("…")
        assert read.by is not None
        assert len(read.by) == bounds.FACT_CHARS
        assert set(read.data) == {"nul�", "last", "left_out"}
        assert read.data["left_out"] == ["huge"]

    async def test_facts_without_end_are_bounded(self, database: Database) -> None:
        (made,) = await add(database, event(data={f"key {number}": "x" * 100 for number in range(10_000)}))
        assert len(orjson.dumps(made.data)) < bounds.DATA_BYTES + 1000


class TestListing:
    async def test_filters_and_pages(self, database: Database) -> None:
        await fill(database, 250)
        wanted = EventFilter(workspace="w0", severity="error", kind="failed")
        assert await messages(database, wanted) == [f"event {number}" for number in (250, 200, 150, 100, 50)]
        seen: list[str] = []
        before = None
        while page := await self.page(database, before):
            seen += [one.message for one in page]
            before = page[-1].id
            await add(database, event(f"new {before}"))
        assert seen == [f"event {number}" for number in range(250, 0, -1)]
        assert (await messages(database, after=250))[-1].startswith("new ")
        assert await messages(database, EventFilter(library="l")) == []

    @staticmethod
    async def page(database: Database, before: int | None) -> list[Event]:
        async with database.read() as connection:
            return await event_list.list_events(connection, ANY, limit=30, before=before)

    @pytest.mark.parametrize(
        "wanted",
        [
            ANY,
            EventFilter(workspace="w1"),
            EventFilter(kind="failed"),
            EventFilter(severity="error"),
            EventFilter(workspace="absent"),
            EventFilter(library="absent"),
        ],
        ids=str,
    )
    async def test_a_page_reads_a_page(self, database: Database, wanted: EventFilter) -> None:
        await fill(database, 10_000)
        async with database.begin() as connection:
            before = await rows_read(connection)
            found = await event_list.list_events(connection, wanted, limit=20, before=5000)
            found += await event_list.events_after(connection, wanted, after=5000, up_to=10_000, limit=20)
            assert await rows_read(connection) - before <= len(found) + 1

    async def test_recording_reads_one_event(self, database: Database) -> None:
        await fill(database, 10_000)
        async with database.begin() as connection:
            before = await rows_read(connection)
            await events.add_events(connection, [event(workspace="w1")])
            assert await rows_read(connection) - before <= 2


async def rows_read(connection: Connection) -> int:
    rows = await statement.fetch(
        connection,
        "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'events'",
    )
    return int(rows[0][0])


class TestSettling:
    async def test_nothing_is_settled_before_there_is_anything(self, database: Database) -> None:
        assert await settled(database) == 0
        await add(database, event())
        assert await settled(database) == 1

    async def test_events_that_commit_in_reverse_order_are_waited_for(self, database: Database) -> None:
        await add(database, event("before"))
        async with database.begin() as late:
            (first,) = await events.add_events(late, [event("late")])
            (second,) = await add(database, event("early", workspace="other"))
            assert second.id > first.id
            assert await messages(database) == ["early", "before"]
            assert await settled(database) < first.id
        assert await settled(database) == second.id

    async def test_a_transaction_that_is_rolled_back_holds_up_nobody(self, database: Database) -> None:
        await add_and_roll_back(database)
        (made,) = await add(database, event())
        assert await settled(database) == made.id == 2

    async def test_a_reader_behind_many_writers_misses_nothing(self, database: Database) -> None:
        dice = random.Random(3)
        done = asyncio.Event()

        async def write(writer: int) -> None:
            for number in range(40):
                async with database.begin() as connection:
                    batch = [event(f"{writer}/{number}/{n}", workspace=f"{writer}") for n in range(dice.randint(1, 3))]
                    await events.add_events(connection, batch)
                    for _ in range(dice.randint(0, 3)):
                        await statement.fetch(connection, "SELECT 1")

        async def read() -> list[int]:
            seen: list[int] = []
            while True:
                last_look = done.is_set()
                up_to, after = await settled(database), seen[-1] if seen else 0
                async with database.read() as connection:
                    page = await event_list.events_after(connection, ANY, after=after, up_to=up_to, limit=1000)
                seen += [one.id for one in page]
                if last_look:
                    return seen

        reading = [asyncio.create_task(read()) for _ in range(2)]
        await asyncio.gather(*map(write, range(6)))
        done.set()
        async with database.read() as connection:
            written = [row[0] for row in await statement.fetch(connection, "SELECT id FROM events ORDER BY id")]
        for seen in await asyncio.gather(*reading):
            assert seen == written

    async def test_the_tail(self, database: Database) -> None:
        await fill(database, 100)
        async with database.read() as connection:
            assert await event_list.tail_start(connection, ANY, up_to=90, tail=10) == 80
            assert await event_list.tail_start(connection, EventFilter(severity="error"), up_to=100, tail=1) == 50
            assert await event_list.tail_start(connection, ANY, up_to=90, tail=0) == 90
            assert await event_list.tail_start(connection, ANY, up_to=90, tail=500) == 0
