"""Events are kept so long and so many; deliveries go with them."""

from stroem.orchestrator.retention.event_pruner import EventPruner
from stroem.records.event import NewEvent
from stroem.store import statement
from stroem.store.database import Database
from stroem.store.events import events
from stroem.store.lists import event_list


async def fill(database: Database, count: int, *, workspace: str | None = None, library: str | None = None) -> None:
    async with database.begin() as connection:
        facts = [
            NewEvent(kind="released", message=f"{number}", workspace=workspace, library=library)
            for number in range(count)
        ]
        await events.add_events(connection, facts, lambda _: ["bell"])


async def execute(database: Database, sql: str) -> None:
    async with database.read() as connection:
        await statement.execute(connection, sql)


async def counts(database: Database, table: str = "events") -> dict[tuple[str | None, str | None], int]:
    join = "" if table == "events" else "JOIN events ON events.id = event_id"
    async with database.read() as connection:
        rows = await statement.fetch(
            connection,
            f"SELECT events.workspace, library, count(*) FROM {table} {join} GROUP BY events.workspace, library",
        )
    return {(row[0], row[1]): row[2] for row in rows}


async def test_old_events_go_with_their_deliveries(database: Database) -> None:
    await fill(database, 2500, workspace="w")
    await execute(database, "UPDATE events SET at = at - interval '90 days', last_at = last_at - interval '90 days'")
    await execute(database, "UPDATE events SET last_at = now() WHERE id = 7")
    await fill(database, 3, workspace="x")
    assert await EventPruner(database, days=90, interval_secs=60).run_once() is False
    assert await counts(database) == {("w", None): 1, ("x", None): 3}
    assert await counts(database, "event_deliveries") == {("w", None): 1, ("x", None): 3}


async def test_the_newest_of_each_workspace_and_library_are_kept(database: Database) -> None:
    await fill(database, 1500, workspace="many")
    await fill(database, 5, workspace="few")
    await fill(database, 30, workspace="many", library="l")
    await fill(database, 30, library="l")
    await fill(database, 30)
    await EventPruner(database, days=90, interval_secs=60, keep=20).run_once()
    assert await counts(database) == {
        ("many", None): 20,
        ("few", None): 5,
        ("many", "l"): 20,
        (None, "l"): 20,
        (None, None): 20,
    }
    async with database.read() as connection:
        kept = await event_list.list_events(connection, events.EventFilter(workspace="many"), limit=100)
    assert [event.message for event in kept if event.library is None] == [str(n) for n in range(1499, 1479, -1)]


async def test_what_is_left_of_old_deliveries_goes(database: Database) -> None:
    await fill(database, 10, workspace="w")
    await execute(database, "UPDATE events SET at = at - interval '8 days', last_at = last_at - interval '8 days'")
    await fill(database, 2, workspace="x")
    await EventPruner(database, days=90, interval_secs=60).run_once()
    assert await counts(database) == {("w", None): 10, ("x", None): 2}
    assert await counts(database, "event_deliveries") == {("x", None): 2}
