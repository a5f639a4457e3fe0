"""One job that the database will not touch, and its neighbours, in each loop and each batch of the services."""

import asyncio
import logging
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest

from stroem.blobs import manifest
from stroem.blobs.blob_store import BlobStore
from stroem.definitions.action import Action
from stroem.definitions.backoff import Backoff
from stroem.definitions.task import Step, Task
from stroem.definitions.workspace import Definitions
from stroem.errors import Unavailable
from stroem.orchestrator.events.deliverer import EventDeliverer
from stroem.orchestrator.events.sinks import EventSinks
from stroem.orchestrator.jobs.job_loop import JobLoop
from stroem.orchestrator.jobs.rescuer import Rescuer
from stroem.orchestrator.notifier import Notification
from stroem.orchestrator.retention.event_pruner import EventPruner
from stroem.orchestrator.retention.release_pruner import ReleasePruner
from stroem.orchestrator.service_loops import run_services
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.services import Services, build_services
from stroem.protocol.registration import Registration
from stroem.records.event import NewEvent
from stroem.store import blob_garbage, servers, statement
from stroem.store.batch_isolation import isolate, remove_all
from stroem.store.database import Database
from stroem.store.deferred_keys import Deferred
from stroem.store.events import events
from stroem.store.workspaces import libraries
from tests.orchestrator.conftest import (
    HandWorker,
    chain,
    done,
    error_of,
    execute,
    job_of,
    printed,
    start,
    statuses,
    workspace,
)
from tests.orchestrator.events.bell_sink import BELL, BellSink
from tests.orchestrator.retention.release_rows import kept, release
from tests.support.wait import eventually

_REFUSAL = """
    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'this row is cursed'; END $$
    """
_POISON = """
    CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {name}()
    """
ENDS = "NEW.status IN ('completed', 'failed', 'cancelled', 'skipped')"


async def poison(services: Services, table: str, condition: str, when: str = "INSERT OR UPDATE") -> str:
    """Makes the database refuse changes of rows that meet a condition, as it refuses values it cannot store; the name
    of the trigger that does.
    """
    name = f"curse_{uuid.uuid4().hex[:8]}"
    await execute(services, _REFUSAL.format(name=name))
    await execute(services, _POISON.format(name=name, table=table, when=when, condition=condition))
    return name


async def three(services: Services, definitions: Definitions | None = None) -> tuple[uuid.UUID, uuid.UUID, uuid.UUID]:
    """A job, the one to be poisoned, and another one, each with the step `a` and `b` after it."""
    found = [await start(services, definitions or workspace(chain("a", "b"))) for _ in range(3)]
    return found[0], found[1], found[2]


async def log_of(services: Services, job_id: uuid.UUID) -> list[str]:
    page = await services.logs.read(job_id)
    return [orjson.loads(line)["line"] for line in page.data.splitlines()]


# Claims.


async def test_a_step_that_cannot_be_claimed_fails_and_the_others_are_handed_out(
    services: Services, worker: HandWorker
) -> None:
    first, bad, last = await three(services)
    await poison(services, "steps", f"NEW.job_id = '{bad}' AND NEW.status = 'running'")
    offers = (await worker.exchange()).steps
    assert {offer.job_id for offer in offers} == {first, last}
    assert await statuses(services, bad) == {"a": "failed", "b": "skipped"}
    assert await error_of(services, bad) == "The step could not be handed out: this row is cursed"


async def test_a_step_whose_input_cannot_be_stored_fails_and_the_others_are_handed_out(
    services: Services, worker: HandWorker
) -> None:
    action = Action(type="script", script="true")
    task = Task(flow={"a": Step(action="true", input={"x": "1"})})
    first, bad, last = await three(services, workspace(task, true=action))
    await poison(services, "steps", f"NEW.job_id = '{bad}' AND NEW.input IS NOT NULL")
    offers = (await worker.exchange()).steps
    assert {offer.job_id for offer in offers} == {first, last}
    assert await error_of(services, bad) == "The step could not be handed out: this row is cursed"


async def test_a_job_whose_plan_cannot_be_read_fails_and_the_others_are_handed_out(
    services: Services, worker: HandWorker
) -> None:
    first, _, last = await three(services)
    bad = await start(services, workspace(chain("x")))
    await execute(services, f"UPDATE plans SET body = 'junk' WHERE digest = (SELECT plan FROM jobs WHERE id = '{bad}')")
    services.plan_cache._by_digest.pop((await job_of(services, bad)).plan)
    offers = (await worker.exchange()).steps
    assert {offer.job_id for offer in offers} >= {first, last}
    assert bad not in {offer.job_id for offer in offers}
    job = await job_of(services, bad)
    assert job.status == "failed"
    assert job.error is not None
    assert "could not be handed out" in job.error


async def test_a_job_that_cannot_even_be_failed_is_left_alone_and_the_others_go_on(
    services: Services, worker: HandWorker
) -> None:
    first, bad, last = await three(services)
    await poison(services, "steps", f"NEW.job_id = '{bad}'", "UPDATE")
    offers = {offer.job_id: offer for offer in (await worker.exchange()).steps}
    assert set(offers) == {first, last}
    assert services.rescuer._failer.deferred.current() == [bad]
    following = (await worker.exchange(done(offers[first]), done(offers[last]))).steps
    assert {(offer.job_id, offer.step_name) for offer in following} == {(first, "b"), (last, "b")}


async def test_a_step_handed_out_again_that_cannot_be_fails_and_the_others_come(
    services: Services, worker: HandWorker
) -> None:
    task = Task(flow={"a": Step(action="true", input={"x": "1"})})
    first, bad, last = await three(services, workspace(task))
    await worker.take()
    await poison(services, "steps", f"NEW.job_id = '{bad}' AND NEW.status = 'running'")
    offers = (await worker.exchange(holding=[])).steps
    assert {offer.job_id for offer in offers} == {first, last}
    assert await statuses(services, bad) == {"a": "failed"}


async def test_an_outage_condemns_no_step(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(chain("a")))
    await execute(services, "REVOKE ALL ON steps FROM CURRENT_USER; ALTER TABLE steps RENAME TO elsewhere")
    with pytest.raises(Exception, match="steps"):
        await worker.exchange()
    await execute(services, "ALTER TABLE elsewhere RENAME TO steps")
    assert await statuses(services, job_id) == {"a": "ready"}


# Outcomes and lines.


async def outcomes_of_three(services: Services, worker: HandWorker, condition: str) -> dict[str, Any]:
    """The jobs, once all three have told an output and a line in one request, and the second was refused so."""
    first, bad, last = await three(services)
    offers = {offer.job_id: offer for offer in (await worker.exchange()).steps}
    await poison(services, "steps", condition.format(bad=bad))
    answer = await worker.exchange(
        *(done(offer, {"v": 1}) for offer in offers.values()), lines=[printed(one, 0, "hi") for one in offers.values()]
    )
    assert {(offer.job_id, offer.step_name) for offer in answer.steps} == {(first, "b"), (last, "b")}
    assert [await log_of(services, job_id) for job_id in (first, last)] == [["hi"], ["hi"]]
    return {"bad": bad, "answer": answer}


async def test_an_output_that_cannot_be_stored_fails_its_step(services: Services, worker: HandWorker) -> None:
    found = await outcomes_of_three(services, worker, "NEW.job_id = '{bad}' AND NEW.output IS NOT NULL")
    assert await statuses(services, found["bad"]) == {"a": "failed", "b": "skipped"}
    assert await error_of(services, found["bad"]) == "The outcome could not be recorded: this row is cursed"
    assert (await job_of(services, found["bad"])).status == "failed"
    assert "hi" in await log_of(services, found["bad"])


async def test_what_depends_on_an_output_that_cannot_be_settled_ends_with_its_job(
    services: Services, worker: HandWorker
) -> None:
    found = await outcomes_of_three(
        services,
        worker,
        "NEW.job_id = '{bad}' AND NEW.node = 1 AND NEW.error LIKE 'Skipped%' OR "
        "NEW.job_id = '{bad}' AND NEW.node = 1 AND NEW.status = 'ready'",
    )
    assert await statuses(services, found["bad"]) == {"a": "failed", "b": "skipped"}
    job = await job_of(services, found["bad"])
    assert (job.status, job.error) == ("failed", "The outcome of step 'a' cannot be recorded: this row is cursed")


async def test_an_outcome_that_cannot_be_recorded_at_all_costs_the_others_nothing(
    services: Services, worker: HandWorker
) -> None:
    await outcomes_of_three(services, worker, "NEW.job_id = '{bad}'")


async def test_an_outcome_that_cannot_be_recorded_is_tried_again_until_its_step_ends(
    services: Services, worker: HandWorker
) -> None:
    services.rescuer._failer.deferred = Deferred(Backoff(first_secs=0, longest_secs=600))  # tried again at once
    first, bad, _ = await three(services)
    offers = {offer.job_id: offer for offer in (await worker.exchange()).steps}
    curse = await poison(services, "steps", f"NEW.job_id = '{bad}'")
    await worker.exchange(done(offers[bad]), done(offers[first]))
    await services.rescuer.run_once()
    assert await statuses(services, bad) == {"a": "running", "b": "pending"}
    await execute(services, f"DROP TRIGGER {curse} ON steps")
    await services.rescuer.run_once()
    assert await statuses(services, bad) == {"a": "failed", "b": "skipped"}
    job = await job_of(services, bad)
    assert (job.status, job.error) == ("failed", "The outcome of step 'a' cannot be recorded: this row is cursed")
    assert (await statuses(services, first))["a"] == "completed"


async def test_a_ready_step_that_could_not_be_failed_runs_once_it_can(services: Services, worker: HandWorker) -> None:
    services.rescuer._failer.deferred = Deferred(Backoff(first_secs=0, longest_secs=600))
    job_id = await start(services, workspace(chain("a", "b")))
    curse = await poison(services, "steps", f"NEW.job_id = '{job_id}'", "UPDATE")
    assert (await worker.exchange()).steps == ()
    await execute(services, f"DROP TRIGGER {curse} ON steps")
    await services.rescuer.run_once()
    assert [offer.step_name for offer in (await worker.exchange()).steps] == ["a"]


async def test_lines_that_cannot_be_stored_are_replaced_by_a_notice(services: Services, worker: HandWorker) -> None:
    first, bad, last = await three(services)
    offers = {offer.job_id: offer for offer in (await worker.exchange()).steps}
    await poison(services, "log_chunks", f"NEW.job_id = '{bad}' AND NEW.lines = 2")
    await worker.exchange(lines=[printed(one, 0, "x", "y") for one in offers.values()])
    await worker.exchange(*map(done, offers.values()), lines=[printed(one, 1, "z") for one in offers.values()])
    notice = "2 lines are missing here, they could not be stored: this row is cursed"
    assert await log_of(services, bad) == [notice, "z"]
    assert [await log_of(services, job_id) for job_id in (first, last)] == [["x", "y", "z"]] * 2
    assert (await statuses(services, bad))["a"] == "completed"


async def test_the_outcome_of_an_older_worker_that_cannot_be_stored_fails_its_step(
    services: Services, worker: HandWorker
) -> None:
    job_id = await start(services, workspace(chain("a")))
    offer = (await worker.take())["a"]
    await poison(services, "steps", "NEW.output IS NOT NULL")
    await services.legacy.finish(done(offer, 1))
    assert await error_of(services, job_id) == "The outcome could not be recorded: this row is cursed"


async def test_a_plan_that_cannot_be_read_stops_no_answer(services: Services, worker: HandWorker) -> None:
    kept = await start(services, workspace(chain("a")))
    bad = await start(services, workspace(chain("x")))
    offers = await worker.take()
    await services.canceller.cancel(kept)
    await execute(services, f"UPDATE steps SET cancel_requested = true WHERE job_id = '{bad}'")
    await execute(services, f"UPDATE plans SET body = 'junk' WHERE digest = (SELECT plan FROM jobs WHERE id = '{bad}')")
    services.plan_cache._by_digest.pop((await job_of(services, bad)).plan)
    assert await services.inventory.cancellations(worker.id) == (offers["a"].step,)
    assert (await job_of(services, bad)).status == "failed"


# The rescuer and the job loop.

RESCUES = {
    "lost worker": ("rescuer", "UPDATE workers SET lease_until = now()", "failed"),
    "overdue step": ("job_loop", "UPDATE steps SET due_at = now() WHERE status = 'running'", "failed"),
    "unmatched step": (
        "rescuer",
        "UPDATE steps SET ready_at = now() - interval '1 hour' WHERE status = 'ready'",
        "failed",
    ),
    "overdue job": ("job_loop", "UPDATE jobs SET deadline_at = now()", "cancelled"),
}


@pytest.mark.parametrize("is_cursed_for_good", [False, True])
@pytest.mark.parametrize("kind", RESCUES)
async def test_a_job_that_cannot_be_rescued_stops_no_other_rescue(
    services: Services, worker: HandWorker, kind: str, is_cursed_for_good: bool
) -> None:
    action = "boxed" if kind in ("unmatched step", "overdue job") else "true"
    task = Task(flow={"a": Step(action=action), "b": Step(action=action, depends_on=("a",))})
    first, bad, last = await three(services, workspace(task, boxed=Action(type="docker", image="busybox")))
    await worker.take()
    await services.rescuer.run_once()
    table, column, ordinary = (
        ("jobs", "id", "NEW.cancel_reason IS NOT NULL")
        if kind == "overdue job"
        else ("steps", "job_id", "NEW.error NOT SIMILAR TO '%cannot be (recorded|decided)%'")
    )
    await poison(services, table, f"NEW.{column} = '{bad}' AND ({is_cursed_for_good} OR {ordinary})", "UPDATE")
    name, due, status = RESCUES[kind]
    loop: Rescuer | JobLoop = getattr(services, name)
    await execute(services, f"SET LOCAL session_replication_role = replica; {due}")
    await loop.run_once()
    assert [(await statuses(services, job_id))["a"] for job_id in (first, last)] == [status, status]
    if is_cursed_for_good:
        assert services.rescuer._failer.deferred.current() == [bad]
        assert await loop.pause_secs() > 1
        assert not await loop.run_once()
    else:
        job = await job_of(services, bad)
        assert job.status == "failed"
        assert "this row is cursed" in (job.error or "")


# The helper itself.


async def test_a_batch_is_done_at_once_and_split_only_when_it_fails() -> None:
    asked: list[list[int]] = []
    bad: list[int] = []

    async def work(items: Sequence[int]) -> int:
        asked.append(list(items))
        if 3 in items:
            raise ValueError
        return len(items)

    async def poisoned(item: int, _: Exception) -> None:
        bad.append(item)

    assert await isolate([1, 2], work, poisoned) == [2]
    assert asked == [[1, 2]]
    assert await isolate([1, 2, 3, 4], work, poisoned) == [2, 1]
    assert bad == [3]
    assert await isolate([], work, poisoned) == []


async def test_an_outage_is_nobodys_fault() -> None:
    async def work(_: Sequence[int]) -> None:
        raise Unavailable(message="away")

    async def poisoned(item: int, _: Exception) -> None:
        pytest.fail(f"{item} is blamed")

    with pytest.raises(Unavailable):
        await isolate([1, 2], work, poisoned)


async def test_what_cannot_be_removed_is_skipped() -> None:
    rows = list(range(20))

    async def remove(limit: int, skip: int) -> int:
        chosen = rows[skip : skip + limit]
        if {3, 11} & set(chosen):
            raise ValueError
        for row in chosen:
            rows.remove(row)
        return len(chosen)

    assert await remove_all(remove, 8) == 2
    assert rows == [3, 11]


# The other loops.


async def sealed_steps(services: Services) -> set[uuid.UUID]:
    async with services.database.read() as connection:
        return {row[0] for row in await statement.fetch(connection, "SELECT job_id FROM log_segments")}


async def test_a_log_that_cannot_be_sealed_stays_readable_and_the_others_are_sealed(
    services: Services, worker: HandWorker
) -> None:
    first, bad, last = await three(services)
    offers = (await worker.exchange()).steps
    await worker.exchange(*map(done, offers), lines=[printed(offer, 0, "hi") for offer in offers], take=0)
    await execute(services, "UPDATE log_heads SET seal_due_at = now()")
    await poison(services, "log_segments", f"NEW.job_id = '{bad}'", "INSERT")
    await services.sealer.run_once()
    assert await sealed_steps(services) == {first, last}
    assert [await log_of(services, job_id) for job_id in (first, bad, last)] == [["hi"]] * 3
    assert not await services.sealer.run_once()


async def record(database: Database, *workspaces: str) -> None:
    async with database.begin() as connection:
        facts = [NewEvent(kind="released", message=name, workspace=name) for name in workspaces]
        await events.add_events(connection, facts, lambda _: ["bell"])


async def test_a_delivery_that_cannot_be_begun_holds_up_its_own_workspace_alone(services: Services) -> None:
    await record(services.database, "a", "bad", "c")
    await poison(services, "event_deliveries", "NEW.workspace = 'bad'", "UPDATE")
    sinks = EventSinks({"bell": BellSink})
    await sinks.replace({"bell": BELL})
    woken = asyncio.Event()
    deliverer = EventDeliverer(services.database, sinks, woken)
    assert await deliverer.run_once()
    await asyncio.gather(*deliverer._tasks)
    assert not await deliverer.run_once()
    async with services.database.read() as connection:
        rows = await statement.fetch(connection, "SELECT workspace, attempts FROM event_deliveries")
    assert rows == [("bad", 0)]


async def test_events_that_cannot_be_removed_stay_and_the_others_go(services: Services) -> None:
    await record(services.database, *(f"w{number:02}" for number in range(20)))
    await execute(services, "UPDATE events SET last_at = now() - interval '1 year'")
    await poison(services, "events", "OLD.workspace IN ('w03', 'w11')", "DELETE")
    await EventPruner(services.database, days=90, interval_secs=60).run_once()
    async with services.database.read() as connection:
        assert await statement.fetch(connection, "SELECT workspace FROM events ORDER BY 1") == [("w03",), ("w11",)]


async def test_surplus_events_of_one_workspace_that_stay_keep_no_other_workspaces(services: Services) -> None:
    await record(services.database, *["bad"] * 5, *["good"] * 5)
    await execute(services, "UPDATE events SET message = id::text")
    await poison(services, "events", "OLD.workspace = 'bad'", "DELETE")
    await record(services.database, *(["bad", "good"] * 3))
    await EventPruner(services.database, days=90, interval_secs=60, keep=1).run_once()
    async with services.database.read() as connection:
        rows = await statement.fetch(connection, "SELECT workspace, count(*) FROM events GROUP BY 1 ORDER BY 1")
    assert rows[1] == ("good", 1)


async def test_a_release_that_cannot_be_dropped_stays_and_the_others_go(services: Services) -> None:
    made = [await release(services.database) for _ in range(8)]
    await poison(services, "releases", f"OLD.id = {made[2]}", "DELETE")
    await ReleasePruner(services.database, kept=2, interval_secs=60).run_once()
    assert await kept(services.database) == [made[2], *made[-2:]]


async def test_a_library_that_cannot_be_forgotten_stays_and_the_others_go(services: Services) -> None:
    async with services.database.begin() as connection:
        for key in ("a", "bad", "c"):
            await libraries.add_library(connection, key, "origin", None, interval=30)
    await execute(services, "UPDATE followed SET due_at = now() - interval '60 days'")
    await poison(services, "libraries", "OLD.key = 'bad'", "DELETE")
    await ReleasePruner(services.database, kept=2, interval_secs=60).run_once()
    async with services.database.read() as connection:
        assert set(await libraries.list_libraries(connection, ["a", "bad", "c"])) == {"bad"}


async def test_a_worker_that_cannot_be_removed_stays_and_the_others_go(services: Services) -> None:
    for name in ("a", "bad", "c"):
        await services.leases.register(Registration(name=name, capabilities=("script",)))
    await execute(services, "UPDATE workers SET active = false, heartbeat_at = now() - interval '60 days'")
    await poison(services, "workers", "OLD.name = 'bad'", "DELETE")
    await services.worker_pruner.run_once()
    async with services.database.read() as connection:
        assert await statement.fetch(connection, "SELECT name FROM workers") == [("bad",)]


async def test_an_object_that_cannot_be_removed_stays_and_the_others_go(services: Services) -> None:
    digests = [await services.blobs.put(data) for data in (b"a", b"bad", b"c")]
    async with services.database.begin() as connection:
        await blob_garbage.add(connection, digests)
    await execute(services, "UPDATE blob_candidates SET due_at = now()")
    await poison(services, "blob_candidates", f"OLD.digest = '{digests[1]}'", "DELETE")
    await services.blob_collector.run_once()
    async with services.database.read() as connection:
        assert await statement.fetch(connection, "SELECT digest FROM blob_candidates") == [(digests[1],)]


async def test_a_list_of_files_that_cannot_be_looked_through_stays_and_the_others_are(services: Services) -> None:
    lists = sorted([await services.blobs.put(manifest.to_bytes(())), "f" * 64, "0" * 64])
    async with services.database.begin() as connection:
        await blob_garbage.drop_manifests(connection, [(one, None) for one in lists])
    await poison(services, "dropped_manifests", f"OLD.manifest = '{lists[0]}'", "DELETE")
    while await services.blob_collector.run_once():
        pass
    async with services.database.read() as connection:
        assert await statement.fetch(connection, "SELECT manifest FROM dropped_manifests") == [(lists[0],)]


async def test_news_that_cannot_be_read_do_not_end_the_bridge(services: Services) -> None:
    heard: list[Notification] = []
    services.notifier.on_receive(heard.append)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(services.postgres_notifier.run())
        good = {"from": str(uuid.uuid4()), "workspaces": ["w"]}

        async def some_are_heard() -> bool:
            for payload in ("not json", "{}", '{"from": "x", "jobs": ["no id"]}', orjson.dumps(good).decode()):
                async with services.database.read() as connection:
                    await servers.notify(connection, "stroem_news", payload)
            return any(one.workspaces == {"w"} for one in heard)

        await eventually(some_are_heard, "news of the other server are heard")
        assert not running.done()
        running.cancel()


@pytest.mark.slow("waits for a timeout or a retry")
async def test_an_outage_of_the_database_is_two_lines_in_the_log(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    name = database_url.partition("?")[0].rpartition("/")[2]
    admin_url = database_url.replace(f"/{name}?", "/postgres?")
    database = await Database.open(database_url, pool_size=2)
    await database._pool.wait()  # one that begins just now would get in
    services = build_services(database, BlobStore((tmp_path / "blobs").as_uri()), ServiceOptions(lease_secs=30))
    async with run_services(services), await psycopg.AsyncConnection.connect(admin_url, autocommit=True) as admin:
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))

        def failed_three_times() -> bool:
            services.rescuer.woken.set()
            services.feed.wake()
            return database.outages >= 3

        def is_back() -> bool:
            services.rescuer.woken.set()
            return database._away_since is None

        await eventually(failed_three_times, "PostgreSQL is away")
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
        await eventually(is_back, "PostgreSQL is back")
    await database.close()
    told = [record.getMessage() for record in caplog.records]
    assert [line.partition(":")[0].partition(" after")[0] for line in told] == [
        "PostgreSQL is away",
        "PostgreSQL is back",
    ]
