"""Migrations convert the rows of older versions."""

import datetime
import uuid
from typing import Any

import orjson
import psycopg

from stroem.conversion import canonical
from stroem.definitions.action import Action
from stroem.definitions.task import Step, Task
from stroem.definitions.workspace import Definitions
from stroem.engine.compile import make_plan
from stroem.engine.requests import Load, NodeResult
from stroem.engine.values import state
from stroem.engine.values.state import JobState
from stroem.redaction.plan_values import with_values, without_values
from stroem.store.database import Database
from stroem.store.jobs import needs, plans
from stroem.store.jobs.load import load
from stroem.store.jobs.locked_jobs import lock_jobs
from stroem.store.jobs.needs import need_of
from stroem.store.logs import logs
from stroem.store.statement import fetch
from stroem.store.workspaces import libraries, workspaces
from tests.support.definitions_with_secrets import ALL, definitions
from tests.support.older_versions import insert, migrated_up_to

PLAN = make_plan("t", definitions(), {})


async def test_plans_lose_their_values_and_keep_all_else(database_url: str) -> None:
    odd = with_nul(canonical.to_json(PLAN))
    with migrated_up_to(database_url, "0002_gitops.sql") as connection:
        for digest, body in (("one", canonical.to_bytes(PLAN)), ("odd", orjson.dumps(odd))):
            connection.execute("INSERT INTO plans (digest, body) VALUES (%s, %s)", (digest, body))
        connection.execute(
            "INSERT INTO jobs (id, workspace, task, mode, source_type, plan, steps_open)"
            " VALUES (gen_random_uuid(), 'w', 't', 'distributed', 'api', 'one', 1)"
        )
    database = await Database.open(database_url)
    async with database.read() as reading:
        found = await plans.get_plan(reading, "one")
        bodies = [bytes(row[0]).decode() for row in await fetch(reading, "SELECT body FROM plans")]
        assert await fetch(reading, "SELECT redacted FROM jobs") == [(False,)]
    await database.close()
    assert found == without_values(PLAN)
    assert with_values(found, definitions()) == PLAN
    assert not [one for body in bodies for one in ALL if one in body or orjson.dumps(one).decode()[1:-1] in body]
    assert [orjson.loads(body).get("mode") for body in bodies] == [None, odd["mode"]]


def with_nul(plan: dict[str, Any]) -> dict[str, Any]:
    """A plan with a text that jsonb does not hold."""
    return {**plan, "secrets": {**plan["secrets"], "nul": "\0"}, "mode": "a\0\\u0000\\\0b"}


async def test_schedules_of_sources_are_kept(database_url: str) -> None:
    with migrated_up_to(database_url, "0005_release_refs.sql") as connection:
        connection.execute(
            "INSERT INTO workspaces (name, due_at, checked_at, looks, asks, cause, asked_by)"
            " VALUES ('main', '2030-01-01Z', '2029-01-01Z', 7, 3, 'push', 'ada'),"
            " ('idle', '2031-01-01Z', NULL, 0, 0, NULL, NULL)"
        )
        connection.execute(
            "INSERT INTO libraries (key, origin, due_at) VALUES ('abc', 'a', '2032-01-01Z'),"
            " ('workspaces_from', 's', now())"
        )
    database = await Database.open(database_url)
    async with database.read() as reading:
        rows = {row.name: row.schedule for row in await workspaces.list_workspaces(reading, ["main", "idle"])}
        shared = await libraries.list_libraries(reading, ["abc", libraries.SET_OF_WORKSPACES])
    await database.close()
    main = rows["main"]
    assert (main.due_at.year, main.polls, main.asks, main.cause, main.asked_by) == (2030, 7, 3, "push", "ada")
    assert main.checked_at is not None
    assert (rows["idle"].due_at.year, rows["idle"].checked_at, rows["idle"].cause) == (2031, None, None)
    assert {key: row.schedule.kind for key, row in shared.items()} == {
        "abc": "library",
        libraries.SET_OF_WORKSPACES: "set",
    }
    assert shared["abc"].schedule.due_at.year == 2032


FLOW = Definitions(
    tasks={
        "t": Task(
            flow={
                "build": Step(action="a", timeout=60, input={"n": 2**53 + 1}),
                "lint": Step(action="b", continue_on_failure=True),
                "join": Step(action="a", depends_on=("build", "lint"), input={"x": "{{ build.output.x }}"}),
                "report": Step(action="a", depends_on=("join",), continue_on_failure=True),
            }
        )
    },
    actions={"a": Action(type="script", script="true"), "b": Action(type="script", script="true", tags=("z", "a"))},
)
OLD_STEPS: list[dict[str, Any]] = [
    {"name": "build", "action": "a", "dependents": [2], "timeout": 60, "input": {"n": 2**53 + 1}},
    {"name": "lint", "action": "b", "dependents": [2], "continue_on_failure": True, "tags": ["a", "z"]},
    {
        "name": "join", "action": "a", "depends_on": [0, 1], "dependents": [3], "refers_to": [0],
        "input": {"x": "{{ build.output.x }}"},
    },
    {"name": "report", "action": "a", "depends_on": [2], "continue_on_failure": True},
]  # fmt: skip


def old_job(connection: psycopg.Connection[Any], *steps: dict[str, Any], **job: Any) -> uuid.UUID:
    """A job of the version with `job_steps`, with a row for each step."""
    job_id = uuid.uuid4()
    values = {"id": job_id, "workspace": "w", "task": "t", "mode": "distributed", "source_type": "api", "plan": "flow"}
    insert(connection, "jobs", {**values, "steps_open": 0, **job})
    for position, step in enumerate(steps):
        row = {"job_id": job_id, "position": position, "unmet": 0, "ability": "script", "tags": [], **step}
        insert(connection, "job_steps", row)
    return job_id


AT = datetime.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)
WORKER = uuid.uuid4()


async def test_plans_get_nodes_as_the_compiler_makes_them(database_url: str) -> None:
    plan = canonical.to_json(make_plan("t", FLOW, {}))
    del plan["nodes"]
    with migrated_up_to(database_url, "0006_followed.sql") as connection:
        for digest, body in (
            ("flow", {**plan, "steps": OLD_STEPS}),
            (
                "odd",
                {**plan, "mode": "a\0\\u0000\\\0b", "steps": [{**OLD_STEPS[3], "title": "nul \0", "depends_on": []}]},
            ),
            ("none", {**plan, "steps": []}),
        ):
            connection.execute("INSERT INTO plans (digest, body) VALUES (%s, %s)", (digest, orjson.dumps(body)))
    database = await Database.open(database_url)
    async with database.read() as reading:
        found = {digest: await plans.get_plan(reading, digest) for digest in ("flow", "odd", "none")}
        body = (await fetch(reading, "SELECT body FROM plans WHERE digest = 'flow'"))[0][0]
    await database.close()
    assert found["flow"] == make_plan("t", FLOW, {})
    assert orjson.loads(bytes(body)) == canonical.to_json(found["flow"])  # without defaults
    assert found["odd"] is not None
    assert (found["odd"].mode, found["odd"].nodes[0].title) == ("a\0\\u0000\\\0b", "nul \0")
    assert found["none"] is not None
    assert found["none"].nodes == ()


async def test_live_jobs_go_on_where_they_were(database_url: str) -> None:
    done = {"status": "completed", "attempt": 1, "worker_id": WORKER, "started_at": AT, "completed_at": AT}
    with migrated_up_to(database_url, "0006_followed.sql") as connection:
        plan = {**canonical.to_json(make_plan("t", FLOW, {})), "steps": OLD_STEPS}
        del plan["nodes"]
        connection.execute("INSERT INTO plans (digest, body) VALUES ('flow', %s)", (orjson.dumps(plan),))
        fresh = old_job(
            connection,
            {"status": "ready", "ready_at": AT, "timeout_secs": 60},
            {"status": "ready", "ready_at": AT, "tags": ["z", "a"]},
            {"status": "pending", "unmet": 2},
            {"status": "pending", "unmet": 1},
            steps_open=4,
        )
        fan_in = old_job(
            connection,
            {**done, "output": '{"x": 1.10}', "full_output": '{"x": "secret"}', "input": "{}"},
            {
                "status": "running", "attempt": 1, "worker_id": WORKER, "ready_at": AT, "started_at": AT,
                "deadline_at": AT, "cancel_requested": True, "asked_at": AT,
            },
            {"status": "pending", "unmet": 1},
            {"status": "pending", "unmet": 1},
            steps_open=3, status="running",
        )  # fmt: skip
        tolerant = old_job(
            connection,
            {**done, "status": "failed", "error": "no"},
            {"status": "running", "attempt": 1, "worker_id": WORKER, "ready_at": AT, "started_at": AT},
            {"status": "skipped", "unmet": 1, "broken": 1, "error": "Skipped: step 'build' did not complete"},
            {"status": "ready", "unmet": 0, "broken": 1, "ready_at": AT, "timeout_secs": 30},
            steps_open=2, steps_failed=1, status="running",
        )  # fmt: skip
        connection.execute("INSERT INTO plans (digest, body) VALUES ('text', 'no JSON'), ('map', '{\"steps\": {}}')")
        for status in ("completed", "failed", "cancelled"):
            old_job(connection, {**done, "status": status}, status=status, steps_failed=int(status == "failed"))
    database = await Database.open(database_url)
    async with database.begin() as reading:
        locked = await lock_jobs(reading, [fresh, fan_in, tolerant])
        loads = {job_id: Load(ids=frozenset({1, 2, 3, 4}), outputs=frozenset({(0, 0)})) for job_id in locked}
        rows = await load(reading, loads)
        needs_by_id = {number: need for need, number in (await needs.list_needs(reading)).items()}
        queued = await fetch(
            reading, "SELECT id, need, rank FROM steps WHERE job_id = %s AND status = 'ready'", (fresh,)
        )
        others = await fetch(
            reading, "SELECT status, open, failed, moving, next_step FROM jobs WHERE id <> ALL(%s)", (list(locked),)
        )
        told = await fetch(reading, "SELECT job_id, count(*) FROM history WHERE cause = 'upgrade' GROUP BY job_id")
    await database.close()
    states = {job_id: locked[job_id].state for job_id in locked}
    assert states[fresh] == JobState(open=2, moving=2, next_step=5, workspace="w")
    assert states[fan_in] == JobState(status="running", open=2, moving=1, next_step=5, workspace="w")
    assert states[tolerant] == JobState(
        status="running", open=2, failed=1, moving=2, next_step=5, step_timeout=30, workspace="w"
    )
    steps = {job_id: {step.id: step for step in found.steps} for job_id, found in rows.items()}
    assert steps[fresh][1] == state.Step(id=1, node=0, status="ready", timeout=60)
    assert steps[fresh].keys() == {1, 2}, "rows are made when the first dependency has ended"
    assert {step: needs_by_id[need] for step, need, _ in queued} == {
        1: need_of("script", ()),
        2: need_of("script", ("a", "z")),
    }
    assert sorted(rank for _, _, rank in queued)[0] + 1 == sorted(rank for _, _, rank in queued)[1]
    assert steps[fan_in][2] == state.Step(
        id=2, node=1, status="running", attempt=1, worker_id=WORKER, due_at=AT, cancel_requested=True
    )
    assert steps[fan_in][3] == state.Step(id=3, node=2, waits_for=state.DEPENDENCIES, unmet=1, taken=1)
    assert rows[fan_in].outputs[0, 0] == NodeResult(status="completed", output={"x": "secret"})
    assert steps[fan_in].keys() == {1, 2, 3}
    assert steps[tolerant][4] == state.Step(id=4, node=3, status="ready", taken=1, timeout=30)
    assert sorted(others) == [("cancelled", 0, 0, 0, 2), ("completed", 0, 0, 0, 2), ("failed", 0, 1, 0, 2)]
    assert dict(told) == {fresh: 3, fan_in: 4, tolerant: 5}


async def test_logs_belong_to_attempts(database_url: str) -> None:
    with migrated_up_to(database_url, "0006_followed.sql") as connection:
        connection.execute("INSERT INTO plans (digest, body) VALUES ('flow', '{\"steps\": []}')")
        job_id = old_job(connection, status="running", log_lines=5)
        heads = [(-1, 0), (0, 1), (1, 2), (2, 0)]  # older workers named no attempt
        for line, (step, attempt) in enumerate(heads):
            place = {"job_id": job_id, "step": step}
            insert(connection, "log_heads", {**place, "attempt": attempt, "next_chunk": 1, "lines": 1, "hot_bytes": 2})
            insert(connection, "log_chunks", {**place, "first_line": line, "lines": 1, "body": b"{}"})
        segment = {"lines": 1, "blob": "b", "start": 0, "length": 9, "skip": 0, "bytes": 1}
        insert(connection, "log_segments", {"job_id": job_id, "step": 1, "first_line": 4, **segment})
    database = await Database.open(database_url)
    async with database.read() as reading:
        pieces, _ = await logs.log_pieces(reading, job_id, step=None, after=0, max_bytes=100)
        of_one, _ = await logs.log_pieces(reading, job_id, step=2, attempt=2, after=0, max_bytes=100)
        found = await fetch(reading, "SELECT step, attempt FROM log_heads ORDER BY step")
    await database.close()
    assert [(piece.step, piece.attempt) for piece in pieces] == [(-1, 0), (1, 1), (2, 2), (3, 1), (2, 2)]
    assert [piece.first_line for piece in of_one] == [2, 4]
    assert found == [(-1, 0), (1, 1), (2, 2), (3, 1)]
