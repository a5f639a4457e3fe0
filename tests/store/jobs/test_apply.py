"""Writing of decisions, on SQL alone."""

import datetime
import uuid
from typing import Any

import attrs
import pytest

from stroem.definitions.limit import Rate
from stroem.engine.changes import Changes, Collect, Copied, FormerAttempt, Message, Retained, SlotRequest, Transition
from stroem.engine.requests import KeptVisit
from stroem.engine.values.job_slots import JobSlot
from stroem.engine.values.state import JobState, Step
from stroem.store.database import Database
from stroem.store.jobs import jobs, messages, step_queries, steps
from stroem.store.jobs.apply import StaleDecision, apply
from stroem.store.jobs.job_changes import JobChanges
from stroem.store.jobs.locked_jobs import lock_jobs
from stroem.store.statement import execute, fetch
from tests.store.counters import touched
from tests.store.jobs.rows import (
    SCRIPT,
    add_job,
    add_worker,
    change,
    claim_alone,
    column,
    need_ids,
    ready,
    statuses,
    waiting,
)


async def test_a_job_reads_as_it_was_written(database: Database) -> None:
    slots = (JobSlot(key="workspace:default/db", size=2, rate=Rate(starts=3, secs=60), policy="skip", max_queue=1),)
    job_id = await add_job(
        database, mode="local", priority=3, step_timeout_secs=9, parent_job=uuid.uuid4(), parent_step=4, slots=slots,
        shared=frozenset({"a", "b"}),
    )  # fmt: skip
    state = JobState(
        status="running", open=1, failed=2, moving=3, next_step=4, cancel_reason="why", ends_cleanup=True, paused=True,
        error="no", is_local=True, worker_id=uuid.uuid4(), step_timeout=9, has_parent=True, context={"a": [1]},
        fragments=((3, "digest"), (9, "other")), workspace="default", waits_for="slot:x", slots=slots,
        shared=frozenset({"a", "b"}),
    )  # fmt: skip
    await change(database, job_id, job=attrs.evolve(state), extra={"log_lines": 7})
    async with database.begin() as connection:
        locked = (await lock_jobs(connection, [job_id]))[job_id]
    assert locked.state == state
    assert (locked.status, locked.log_lines, locked.priority, locked.parent_step) == ("running", 7, 3, 4)


async def test_a_step_keeps_what_is_not_changed(database: Database) -> None:
    job_id = await add_job(
        database, Step(id=1, node=0, status="suspended", value="v", context={"a": 1}, waits_for="timer")
    )
    suspended = Step(id=1, node=0, status="suspended", waits_for="timer")
    await change(database, job_id, ("suspended", suspended), extra={"inputs": {1: "[1]"}})
    due = datetime.datetime(2040, 1, 1, tzinfo=datetime.UTC)
    later = Step(id=1, node=0, status="suspended", attempt=1, due_at=due, waits_for="timer")
    await change(database, job_id, ("suspended", later))
    rows = await column(database, "SELECT row_to_json(s) FROM steps s")
    assert (rows[0]["value"], rows[0]["input"], rows[0]["context"], rows[0]["attempt"]) == ("v", [1], {"a": 1}, 1)
    assert rows[0]["due_at"].startswith("2040-01-01")


async def test_a_change_of_a_step_that_has_changed_since_is_refused_as_a_whole(database: Database) -> None:
    job_id = await add_job(database, ready(1), waiting(2))
    await claim_alone(database, await add_worker(database))
    stale = Step(id=1, node=0, status="cancelled")
    with pytest.raises(StaleDecision):
        await change(database, job_id, ("ready", stale), ("pending", Step(id=2, node=1, status="cancelled")))
    assert await statuses(database, job_id) == ["running", "pending"]


async def test_times_follow_the_status(database: Database) -> None:
    job_id = await add_job(database, waiting(1))

    async def times() -> list[bool]:
        sql = "SELECT ARRAY[ready_at IS NOT NULL, started_at IS NOT NULL, completed_at IS NOT NULL] FROM steps"
        found: list[bool] = (await column(database, sql))[0]
        return found

    assert await times() == [False, False, False]
    await change(database, job_id, ("pending", ready(1)))
    assert await times() == [True, False, False]
    await claim_alone(database, await add_worker(database))
    assert await times() == [True, True, False]
    await change(database, job_id, ("running", Step(id=1, node=0, waits_for="retry", attempt=1)))
    assert await times() == [True, False, False]
    await change(database, job_id, ("pending", Step(id=1, node=0, status="completed", attempt=1)))
    assert await times() == [True, True, True]


async def test_ready_steps_get_need_priority_and_rank(database: Database) -> None:
    job_id = await add_job(database, priority=2)
    steps_made = [ready(1), ready(2), ready(3)]
    async with database.begin() as connection:
        (need,) = await need_ids(connection, SCRIPT)
        locked = (await lock_jobs(connection, [job_id]))[job_id]
        changes = Changes(job=JobState(status="pending"), made={one.id: one for one in steps_made}, ready=[3, 1, 2])
        await apply(
            connection, [JobChanges(locked=locked, changes=changes, share=5, needs=dict.fromkeys([1, 2, 3], need))]
        )
        rows = await fetch(connection, "SELECT id, need, timeout_secs, priority, rank FROM steps ORDER BY rank")
        again = (await lock_jobs(connection, [job_id]))[job_id]
    ranks = [row[4] for row in rows]
    assert [row[:4] for row in rows] == [(3, need, 60, -2), (1, need, 60, -2), (2, need, 60, -2)]
    assert [rank - ranks[0] for rank in ranks] == [0, 5, 10]
    assert again.queue_rank == ranks[-1]
    now = datetime.datetime.now(datetime.UTC).timestamp() * 1e6
    assert ranks[0] == pytest.approx(now, abs=60e6)


async def test_a_former_rank_holds_no_job_back(database: Database) -> None:
    await add_job(database, *[ready(step) for step in range(1, 101)])
    late = await add_job(database, waiting(1))
    async with database.begin() as connection:
        await fetch(connection, "UPDATE jobs SET queue_rank = 9000000000000000000 WHERE id = %s RETURNING id", (late,))
    await change(database, late, ("pending", ready(1)))
    ahead = await column(
        database,
        "SELECT count(*) FROM steps WHERE job_id <> %s AND rank < (SELECT rank FROM steps WHERE job_id = %s)",
        late,
        late,
    )
    assert ahead[0] <= 1


async def test_a_job_enters_a_queue_at_its_front(database: Database) -> None:
    await add_job(database, *[ready(step) for step in range(1, 101)])
    worker_id = await add_worker(database)
    late = await add_job(database, waiting(1))
    await change(database, late, ("pending", ready(1)))
    claimed = await claim_alone(database, worker_id, limit=3)
    assert late in {step.job_id for step in claimed}


async def test_the_history_is_written_in_order(database: Database) -> None:
    job_id = await add_job(database, waiting(1))
    told = [
        Transition(step=1, status="ready", attempt=0, waits_for=None, cause="begin"),
        Transition(step=0, status="running", attempt=0, waits_for="x", cause="c", actor="a\0", detail="d\ud800"),
    ]
    await change(database, job_id, ("pending", ready(1)), history=told)
    async with database.read() as connection:
        rows = await fetch(
            connection, "SELECT step, status, attempt, waits_for, cause, actor, detail FROM history ORDER BY id"
        )
    assert rows == [
        (0, "pending", 0, None, "created", "api", None),
        (1, "ready", 0, None, "begin", None, None),
        (0, "running", 0, "x", "c", "a\ufffd", "d?"),
    ]


async def test_an_attempt_that_is_followed_by_another_is_kept(database: Database) -> None:
    job_id = await add_job(database, ready(1))
    worker_id = await add_worker(database)
    await claim_alone(database, worker_id)
    again = Step(id=1, node=0, waits_for="retry", attempt=1)
    await change(database, job_id, ("running", again), former=[FormerAttempt(step=1, attempt=1, error="no")])
    async with database.read() as connection:
        (former,) = await step_queries.list_attempts(connection, job_id)
    assert (former.step, former.attempt, former.worker_id, former.error) == (1, 1, worker_id, "no")
    assert former.started_at is not None
    assert former.started_at <= former.ended_at


async def test_steps_that_must_end_are_marked_and_due(database: Database) -> None:
    job_id = await add_job(database, ready(1), ready(2), ready(3))
    worker_id = await add_worker(database)
    await claim_alone(database, worker_id, limit=2)
    due_at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=25)
    marked = [
        Step(id=step, node=0, status="running", attempt=1, worker_id=worker_id, cancel_requested=True, due_at=due_at)
        for step in (1, 2)
    ]
    applied = await change(database, job_id, *(("running", step) for step in marked), cancels=[1, 2])
    assert applied.workers == {worker_id}
    async with database.read() as connection:
        assert await steps.steps_to_cancel(connection, worker_id) == [((job_id, 1), 1), ((job_id, 2), 1)]
    left = await column(
        database, "SELECT extract(epoch FROM due_at - now())::float8 FROM steps WHERE cancel_requested ORDER BY id"
    )
    assert left == [pytest.approx(25, abs=5)] * 2


async def test_outputs_of_scopes_are_made_from_the_inside_out(database: Database) -> None:
    job_id = await add_job(
        database,
        Step(id=1, node=0, status="running", waits_for="steps"),
        Step(id=2, node=1, parent=1, status="running", waits_for="steps"),
        Step(id=3, node=2, parent=2, item=0, status="running"),
        Step(id=4, node=2, parent=2, item=1, status="skipped"),
        Step(id=5, node=2, parent=2, item=2, status="completed"),
        Step(id=6, node=3, status="completed"),
    )
    ended = [(1, 0, 0, 0), (2, 1, 1, 0), (3, 2, 2, 0)]
    await change(
        database,
        job_id,
        *[("running", Step(id=i, node=n, parent=p, item=k, status="completed")) for i, n, p, k in ended],
        job=JobState(status="completed"),
        extra={"outputs": {0: ('"overwritten"', None), 3: ('{"n": 1.10}', '{"n": 1.10, "s": "secret"}')}},
        collects=[
            Collect(step=2, how="list"),
            Collect(step=1, how="map", nodes={1: "loop", 9: "never"}),
            Collect(step=0, how="map", nodes={0: "block", 3: "silent"}),
        ],
    )
    async with database.read() as connection:
        job = await jobs.get_job(connection, job_id)
        rows = dict(await fetch(connection, "SELECT id, output FROM steps ORDER BY id"))
        text = await fetch(connection, "SELECT output::text, full_output FROM steps WHERE id = 2")
    assert rows[2] == [{"n": 1.1}, None, None]
    assert rows[1] == {"loop": [{"n": 1.1}, None, None]}
    assert "1.10" in text[0][0]  # numbers stay as they were written
    assert text[0][1] is None  # the job has ended
    assert job is not None
    assert (job.status, job.output) == ("completed", {"block": rows[1]})
    assert job.completed_at is not None


async def test_outputs_with_secrets_are_kept_until_the_job_ends(database: Database) -> None:
    job_id = await add_job(
        database,
        Step(id=1, node=0, status="running", waits_for="steps"),
        Step(id=2, node=1, parent=1, status="running"),
        Step(id=3, node=2, status="running"),
    )
    await change(
        database,
        job_id,
        ("running", Step(id=1, node=0, status="completed")),
        ("running", Step(id=2, node=1, parent=1, status="completed")),
        extra={"outputs": {2: ('"***"', '"secret"')}},
        collects=[Collect(step=1, how="last", source=2)],
    )
    sql = "SELECT full_output FROM steps ORDER BY id"
    assert await column(database, sql) == ["secret", "secret", None]
    await change(
        database, job_id, ("running", Step(id=3, node=2, status="completed")), job=JobState(status="failed"),
        extra={"outputs": {3: ('{"a": 1}', None)}},
    )  # fmt: skip
    assert await column(database, sql) == [None, None, None]
    assert await column(database, "SELECT output FROM steps ORDER BY id") == ["***", "***", {"a": 1}]


async def test_an_ended_job_is_tallied_once(database: Database) -> None:
    job_id = await add_job(database)
    for _ in range(2):
        await change(database, job_id, job=JobState(status="cancelled", cancel_reason="why"))
    async with database.read() as connection:
        counts = await jobs.count_by_status(connection)
        job = await jobs.get_job(connection, job_id)
    assert (counts["cancelled"], counts["pending"]) == (1, 0)
    assert job is not None
    assert job.error == "why"


async def test_outputs_are_copied_from_the_former_job_and_from_child_jobs(database: Database) -> None:
    former = await add_job(database, Step(id=4, node=0, status="running"))
    await change(
        database, former, ("running", Step(id=4, node=0, status="completed")), job=JobState(status="completed"),
        extra={"outputs": {0: ("[9]", None), 4: ('{"a": 1}', None)}},
    )  # fmt: skip
    job_id = await add_job(database, Step(id=1, node=0), Step(id=2, node=1), source_job_id=former)
    await change(
        database,
        job_id,
        ("pending", Step(id=1, node=0, status="completed")),
        ("pending", Step(id=2, node=1, status="completed")),
        retained=[Retained(step=1, kept=KeptVisit(step=4, outcome="completed"), first=3)],
        copies=[Copied(step=2, source_job=str(former))],
    )
    assert await column(database, "SELECT output FROM steps WHERE job_id = %s ORDER BY id", job_id) == [{"a": 1}, [9]]


async def test_messages_go_to_the_parent_job_and_to_child_jobs(database: Database) -> None:
    parent, child = uuid.uuid4(), uuid.uuid4()
    job_id = await add_job(database, parent_job=parent, parent_step=3)
    sent = [Message(kind="ended", payload={"outcome": "failed"}), Message(kind="cancel", job=str(child))]
    applied = await change(database, job_id, messages=sent)
    assert applied.addressed == {parent, child}
    async with database.begin() as connection:
        (up, down) = await messages.take(connection, [parent, child])
    assert (up.job_id, up.step, up.kind, up.payload, up.actor) == (
        parent, 3, "ended", {"outcome": "failed", "job": str(job_id)}, str(job_id),
    )  # fmt: skip
    assert (down.job_id, down.step, down.kind) == (child, None, "cancel")


async def test_a_root_job_has_no_parent_to_hear_of_its_end(database: Database) -> None:
    applied = await change(database, await add_job(database), messages=[Message(kind="ended")])
    assert applied.addressed == frozenset()


async def test_a_signal_is_held_until_a_step_takes_it(database: Database) -> None:
    job_id = await add_job(database)
    async with database.begin() as connection:
        await messages.send(connection, [messages.NewMessage(job_id=job_id, kind="signal:go", payload={"a": 1})])
    async with database.begin() as connection:
        (signal,) = await messages.take(connection, [job_id])
        locked = (await lock_jobs(connection, [job_id]))[job_id]
        await apply(
            connection, [JobChanges(locked=locked, changes=Changes(job=JobState(), kept=[signal.id]), taken=[signal])]
        )
        assert await messages.take(connection, [job_id]) == []
    assert await column(database, "SELECT payload FROM messages WHERE id = %s AND held", signal.id) == [{"a": 1}]
    await change(database, job_id, consumed=[signal.id])
    assert await column(database, "SELECT id FROM messages") == []


async def test_a_slot_is_granted_with_its_freeing(database: Database) -> None:
    one, other = await add_job(database), await add_job(database)
    step = Step(id=1, node=0, waits_for="slot:db")
    wanted = {1: SlotRequest(step=1, key="db", size=1)}
    applied = [await change(database, job_id, ("made", step), wanted_slots=wanted) for job_id in (one, other)]
    assert [each.addressed for each in applied] == [{one}, frozenset()]
    freed = await change(database, one, ("pending", Step(id=1, node=0, status="completed")), freed_slots=[1])
    assert freed.addressed == {other}
    assert await column(database, "SELECT job_id FROM slots") == [other]


async def test_many_new_steps_are_written_in_linear_work(database: Database) -> None:
    work = []
    for count in (100, 1000):
        job_id = await add_job(database)
        made = {step: ready(step) for step in range(1, count + 1)}
        async with database.begin() as connection:
            (need,) = await need_ids(connection, SCRIPT)
            locked = (await lock_jobs(connection, [job_id]))[job_id]
            before = await touched(connection)
            changes = Changes(job=JobState(), made=made, ready=list(made))
            changes.history = [Transition(step=1, status="ready", attempt=0, waits_for=None, cause="begin")] * count
            await apply(connection, [JobChanges(locked=locked, changes=changes, needs=dict.fromkeys(made, need))])
            work.append(await touched(connection) - before)
    assert [one.inserted for one in work] == [200, 2000]
    assert all(one.read + one.updated < 20 for one in work)


@pytest.mark.parametrize("ended", ["completed", "failed"])
async def test_the_log_of_an_ended_attempt_is_due_for_sealing(database: Database, ended: Any) -> None:
    job_id = await add_job(database, ready(1), ready(2))
    worker_id = await add_worker(database)
    await claim_alone(database, worker_id)
    async with database.begin() as connection:
        await execute(
            connection,
            "INSERT INTO log_heads (job_id, step, attempt, next_chunk, lines, hot_bytes)"
            " SELECT %s, s, a, 1, 1, 1 FROM generate_series(1, 2) s, generate_series(1, 2) a",
            (job_id,),
        )
    await change(
        database, job_id, ("running", Step(id=1, node=0, status=ended, attempt=1, worker_id=worker_id)),
        ("running", Step(id=2, node=1, waits_for="retry", attempt=1)),
        former=[FormerAttempt(step=2, attempt=1, error="no")],
    )  # fmt: skip
    async with database.read() as connection:
        due = await fetch(connection, "SELECT step, attempt FROM log_heads WHERE seal_due_at IS NOT NULL ORDER BY 1")
    assert due == [(1, 1), (2, 1)]
