"""Outputs that actions declare: defaults of missing ones, and secret ones."""

from typing import Any

import orjson
import pytest

from stroem.definitions.action import Action
from stroem.definitions.field import OutputField
from stroem.definitions.task import Step, Task
from stroem.definitions.workspace import Definitions
from stroem.orchestrator.services import Services
from stroem.protocol.claim import action_of
from stroem.redaction.redactor import MARKER
from stroem.store.jobs import step_queries
from stroem.store.statement import fetch
from tests.orchestrator.conftest import (
    HandWorker,
    done,
    job_of,
    new_release,
    printed,
    start,
    start_nodes,
    start_on,
    statuses,
    texts,
    workspace,
)
from tests.orchestrator.flows import Flows, action, then
from tests.support.stored_text import columns_with

TOKEN = "token-of-the-build-42"
DEFAULTS = {"level": OutputField(default="low"), "tags": OutputField(type="array", default=["x"])}
MADE = Action(type="script", script="make", output=DEFAULTS)
LOGIN = Action(
    type="script", script="login", output={"token": OutputField(secret=True), "pin": OutputField(secret=True)}
)
USE = Action(type="script", script="use {{ login.output.token }}")


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (None, {"level": "low", "tags": ["x"]}),
        ({"level": "high"}, {"level": "high", "tags": ["x"]}),
        ({"level": None, "more": 1}, {"level": "low", "tags": ["x"], "more": 1}),
        ({"level": "high", "tags": []}, {"level": "high", "tags": []}),
    ],
)
async def test_a_missing_output_has_its_default(
    services: Services, worker: HandWorker, given: Any, stored: Any
) -> None:
    task = Task(
        flow={
            "make": Step(action="made"),
            "say": Step(action="echo", depends_on=("make",), input={"text": "{{ make.output.level }}"}),
        }
    )
    echo = Action(type="script", script="echo {{ input.text }}")
    job_id = await start(services, workspace(task, made=MADE, echo=echo))
    claims = await worker.follow(done((await worker.take())["make"], given))
    assert action_of(claims["say"]).script == f"echo {stored['level']}"
    async with services.database.read() as connection:
        (first, _) = await step_queries.list_steps(connection, job_id)
    assert first.output == stored


@pytest.mark.parametrize("printed_outputs", [{"say": {"n": 1}}, None])
async def test_a_job_that_a_step_starts_has_the_outputs_that_its_action_declares(
    services: Services, worker: HandWorker, flows: Flows, printed_outputs: Any
) -> None:
    call = Action(
        type="task",
        task="child",
        output={"say": OutputField(type="object", required=True), "level": OutputField(default="low")},
    )
    definitions = workspace(Task(flow={"call": Step(action="call")}), call=call)
    child = Task(flow={"say": Step(action="true")})
    definitions = Definitions(tasks={**definitions.tasks, "child": child}, actions=definitions.actions)
    release = await new_release(services)
    flows.definitions[release.id] = definitions
    job_id = await start_on(services, release, definitions)
    claim = (await worker.take())["say"]
    await worker.exchange(done(claim, None if printed_outputs is None else {"n": 1}))
    await services.job_loop.run_once()
    job = await job_of(services, job_id)
    if printed_outputs is None:
        assert job.status == "failed"
        async with services.database.read() as connection:
            (step,) = await step_queries.list_steps(connection, job_id)
        assert (step.error, step.error_kind) == ("The output is not as declared: say is missing", "output")
    else:
        assert job.output == {"call": {"say": {"n": 1}, "level": "low"}}


async def test_a_secret_output_is_seen_by_later_steps_alone(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(
        services,
        flows,
        action("login", action="login", edges=then(1)),
        action("use", entry=False, action="use", input={"given": "{{ login.output.token }}"}, edges=then(2)),
        action("end", entry=False, action="use"),
        actions={"login": LOGIN, "use": USE},
    )
    claim = (await worker.take())["login"]
    line = orjson.dumps({"token": TOKEN, "pin": "12", "user": "ada"}).decode()
    lines = [printed(claim, 0, "hello", f"OUTPUT: {line}", "OUTPUT: {cut")]
    answer = await worker.exchange(
        done(claim, {"token": TOKEN, "pin": "12", "user": "ada", "again": f"<{TOKEN}>"}), lines=lines
    )
    (use,) = answer.steps or ()
    assert action_of(use).script == f"use {TOKEN}"
    assert use.input == {"given": TOKEN}
    async with services.database.read() as connection:
        (first, second, *_) = await step_queries.list_steps(connection, job_id)
    assert first.output == {"token": MARKER, "pin": MARKER, "user": "ada", "again": f"<{MARKER}>"}
    assert second.input == {"given": MARKER}
    answer = await worker.exchange(
        done(use, {"seen": TOKEN}, exit_code=0), lines=[printed(use, 0, f"the token is {TOKEN}")]
    )
    (last,) = answer.steps or ()
    assert action_of(last).script == f"use {TOKEN}"
    assert texts(await services.logs.read(job_id)) == [
        "hello",
        f'OUTPUT: {{"token":"{MARKER}","pin":"{MARKER}","user":"ada"}}',
        f"OUTPUT: {MARKER}",
        f"the token is {MARKER}",
    ]
    await worker.exchange(done(last, exit_code=1, error=f"refused {TOKEN}"))
    assert await statuses(services, job_id) == {"login": "completed", "use": "completed", "end": "failed"}
    assert await columns_with(services.database, TOKEN) == set()
    async with services.database.read() as connection:
        assert (await fetch(connection, "SELECT count(*) FROM steps WHERE full_output IS NOT NULL"))[0][0] == 0


async def test_a_loop_hands_on_the_secret_outputs_of_its_iterations(services: Services, worker: HandWorker) -> None:
    task = Task(
        flow={
            "login": Step(action="login", for_each=["a", "b"]),
            "use": Step(action="use", depends_on=("login",)),
        }
    )
    use = Action(type="script", script="use {{ login.output[1].token }}")
    job_id = await start(services, workspace(task, login=LOGIN, use=use))
    claims = await worker.take()
    await worker.exchange(done(claims["login[0]"], {"token": f"{TOKEN}-a"}), take=0)
    found = await worker.follow(done(claims["login[1]"], {"token": f"{TOKEN}-b"}))
    assert action_of(found["use"]).script == f"use {TOKEN}-b"
    await worker.exchange(done(found["use"]))
    assert (await job_of(services, job_id)).status == "completed"
    assert await columns_with(services.database, TOKEN) == set()
