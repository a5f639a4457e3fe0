"""Hooks: actions and tasks that follow the end or the suspension of a job."""

import datetime
import uuid
from typing import Any

import attrs
import orjson
import pytest

from stroem.definitions.action import Action
from stroem.definitions.field import InputField
from stroem.definitions.task import Hook, Step, Task
from stroem.definitions.workspace import Definitions
from stroem.interfaces.nodes import Node
from stroem.orchestrator.services import Services
from stroem.protocol.claim import action_of
from stroem.store.jobs import job_failure
from stroem.store.jobs.jobs import JobRow
from stroem.store.statement import fetch
from tests.orchestrator.conftest import (
    HandWorker,
    done,
    job_of,
    new_release,
    printed,
    send,
    start,
    start_nodes,
    start_on,
    texts,
)
from tests.orchestrator.flows import TRUE, Flows

SAY = Action(type="script", script="say {{ input.text }}", input={"text": InputField(required=True)})
ONE: dict[str, Step] = {"work": Step(action="true")}


def says(text: str) -> tuple[Hook, ...]:
    """A hook that says a text."""
    return (Hook(action="say", input={"text": text}),)


def definitions(task: Task, **more: Any) -> Definitions:
    return Definitions(tasks={"t": task}, actions={"true": TRUE, "say": SAY}, **more)


async def hook_jobs(services: Services, job_id: uuid.UUID) -> list[JobRow]:
    """The jobs of the hooks of a job, in the order of their creation."""
    async with services.database.read() as connection:
        rows = await fetch(connection, "SELECT id FROM jobs WHERE hook_of = %s ORDER BY created_at, id", (job_id,))
    return [await job_of(services, row[0]) for row in rows]


async def test_a_failed_job_is_followed_by_the_action_of_its_hook(services: Services, worker: HandWorker) -> None:
    text = "{{ hook.task_name }} of {{ input.who }}: {{ hook.failed_steps[0].step_name }} {{ hook.error_message }}"
    task = Task(flow=ONE, input={"who": InputField()}, on_error=says(text), on_success=says("fine"))
    job_id = await start(services, definitions(task), who="Ada")
    claims = await worker.follow(done((await worker.take())["work"], exit_code=3))
    (hook,) = await hook_jobs(services, job_id)
    assert (hook.task, hook.source_type, hook.source_id) == ("_hook:say", "hook", str(job_id))
    assert claims["hook"].job_id == hook.id
    assert action_of(claims["hook"]).script == "say t of Ada: work work: Process exited with code 3"
    await worker.exchange(done(claims["hook"]))
    assert (await job_of(services, hook.id)).status == "completed"
    assert (await job_of(services, job_id)).status == "failed"
    assert await hook_jobs(services, hook.id) == []


async def server_lines(services: Services, job_id: uuid.UUID) -> list[str]:
    """The server's own lines in the log of a job."""
    return texts(await services.logs.read(job_id, step="_server"))


async def test_each_end_has_hooks_of_its_own(services: Services, worker: HandWorker) -> None:
    keys = {"on_success": says("fine"), "on_error": says("bad"), "on_cancel": says("over")}
    task = Task(flow=ONE, **keys)
    for exit_code, said in ((0, "say fine"), (1, "say bad")):
        await start(services, definitions(task))
        claims = await worker.follow(done((await worker.take())["work"], exit_code=exit_code))
        assert action_of(claims["hook"]).script == said
        await worker.exchange(done(claims["hook"]))
    job_id = await start(services, definitions(task))
    await services.canceller.cancel(job_id, "enough")
    claims = await worker.take()
    assert action_of(claims["hook"]).script == "say over"
    await worker.exchange(done(claims["hook"], exit_code=1))
    assert [job.status for job in await hook_jobs(services, job_id)] == ["failed"]


async def test_the_hooks_of_the_workspace_stand_in_for_those_of_the_task(
    services: Services, worker: HandWorker
) -> None:
    workspace = {"on_error": says("all: {{ hook.task_name }}"), "on_success": says("all fine")}
    task = Task(flow=ONE, on_success=says("own"))
    await start(services, definitions(task, **workspace))
    claims = await worker.follow(done((await worker.take())["work"], exit_code=1))
    assert action_of(claims["hook"]).script == "say all: t"
    await worker.exchange(done(claims["hook"]))
    job_id = await start(services, definitions(task, **workspace))
    claims = await worker.follow(done((await worker.take())["work"]))
    assert action_of(claims["hook"]).script == "say own"
    assert len(await hook_jobs(services, job_id)) == 1


async def test_a_child_job_has_the_hooks_of_its_task_alone(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    quiet, loud = Task(flow=ONE), Task(flow=ONE, on_success=says("child"))
    calls = [Node(name=name, kind="task", entry=True, task=name) for name in ("quiet", "loud")]
    release = await new_release(services)
    made = flows.put("t", *calls, actions={"say": SAY}, children=Definitions(tasks={"quiet": quiet, "loud": loud}))
    flows.definitions[release.id] = attrs.evolve(made, on_success=says("all"))
    job_id = await start_on(services, release, flows.definitions[release.id])
    claims = list((await worker.exchange()).steps or ())
    claims = list((await worker.exchange(*map(done, claims))).steps or ())
    assert [action_of(one).script for one in claims] == ["say child"]
    await services.job_loop.run_once()
    claims = list((await worker.exchange(*map(done, claims))).steps or ())
    assert [action_of(one).script for one in claims] == ["say all"]
    assert (await job_of(services, job_id)).status == "completed"


async def test_a_hook_of_a_task_is_a_job_of_that_task(services: Services, worker: HandWorker, flows: Flows) -> None:
    notify = Task(
        flow={"send": Step(action="say", input={"text": "{{ input.about }}"})},
        input={"about": InputField(required=True)},
        on_success=says("never"),
    )
    hook = Hook(action="notify", input={"about": "{{ hook.job_id }}"})
    release = await new_release(services)
    flows.definitions[release.id] = Definitions(
        tasks={"t": Task(flow=ONE, on_success=(hook,)), "notify": notify},
        actions={"true": TRUE, "say": SAY, "notify": Action(type="task", task="notify")},
    )
    job_id = await start_on(services, release, flows.definitions[release.id])
    claims = await worker.follow(done((await worker.take())["work"]))
    (job,) = await hook_jobs(services, job_id)
    assert (job.task, job.source_type, job.source_id) == ("notify", "hook", str(job_id))
    assert action_of(claims["send"]).script == f"say {job_id}"
    assert await worker.follow(done(claims["send"])) == {}
    assert (await job_of(services, job.id)).status == "completed"


async def test_a_hook_that_cannot_start_disturbs_nothing(services: Services, worker: HandWorker) -> None:
    bad = (Hook(action="gone"), Hook(action="say", input={"text": "{{ hook.nothing }}"}), Hook(action="ask"))
    ask = Action(type="approval", message="?")
    made = definitions(Task(flow=ONE, on_error=(*bad, *says("{{ hook.status }}"))))
    job_id = await start(services, attrs.evolve(made, actions={**made.actions, "ask": ask}))
    claims = await worker.follow(done((await worker.take())["work"], exit_code=1))
    assert action_of(claims["hook"]).script == "say failed"
    assert (await job_of(services, job_id)).status == "failed"
    assert len(await hook_jobs(services, job_id)) == 1
    gone, template, kind = await server_lines(services, job_id)
    assert gone.startswith("[hooks] on_error: gone cannot start: ")
    assert "there is no action 'gone'" in gone
    assert template.startswith("[hooks] on_error: say cannot start: ")
    assert "nothing" in template
    assert "an action of type 'approval' cannot follow a job" in kind


async def test_the_failure_of_a_hook_is_a_line_in_the_log_of_its_job(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, definitions(Task(flow=ONE, on_success=says("x"))))
    claims = await worker.follow(done((await worker.take())["work"]))
    await worker.exchange(done(claims["hook"], exit_code=1))
    await services.job_loop.run_once()
    assert await server_lines(services, job_id) == [f"[hooks] _hook:say failed (job {claims['hook'].job_id})"]
    assert (await job_of(services, job_id)).status == "completed"
    assert await hook_jobs(services, claims["hook"].job_id) == []


async def test_a_later_release_changes_no_hook_of_a_running_job(services: Services, worker: HandWorker) -> None:
    first = definitions(Task(flow=ONE, on_success=says("first")))
    job_id = await start(services, first)
    claim = (await worker.take())["work"]
    await start(services, definitions(Task(flow=ONE, on_success=says("second"))))
    claims = (await worker.exchange(done(claim))).steps or ()
    scripts = {action_of(one).script for one in claims if one.step_name == "hook"}
    assert scripts == {"say first"}
    assert len(await hook_jobs(services, job_id)) == 1


async def test_secrets_of_hooks_are_rendered_for_the_worker_and_stored_nowhere(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    release = await new_release(services)
    flows.definitions[release.id] = definitions(
        Task(flow=ONE, input={"pin": InputField(secret=True)}, on_success=says("{{ secret.token }} {{ input.pin }}")),
        secrets={"token": "a-long-token"},
    )
    job_id = await start_on(services, release, flows.definitions[release.id], pin="my-own-pin")
    claims = await worker.follow(done((await worker.take())["work"]))
    assert action_of(claims["hook"]).script == "say a-long-token my-own-pin"
    await worker.exchange(done(claims["hook"]), lines=[printed(claims["hook"], 0, "it is a-long-token")])
    (job,) = await hook_jobs(services, job_id)
    assert job.status == "completed"
    assert job.input == {"pin": "••••••"}
    assert texts(await services.logs.read(job.id)) == ["it is ••••••"]
    async with services.database.read() as connection:
        rows = await fetch(
            connection,
            "SELECT (to_jsonb(j) - 'raw_input')::text, to_jsonb(s)::text FROM jobs j JOIN steps s ON s.job_id = j.id",
        )
    assert not [text for row in rows for text in row if "a-long-token" in text or "my-own-pin" in text]


async def test_an_action_of_a_hook_sees_the_input_of_the_hook_alone(services: Services, worker: HandWorker) -> None:
    action = Action(type="script", script="say {{ input.text }}", input={"text": InputField(default="its own")})
    task = Task(flow=ONE, input={"text": InputField()}, on_success=(Hook(action="plain"),))
    made = Definitions(tasks={"t": task}, actions={"true": TRUE, "plain": action})
    await start(services, made, text="of the job")
    claims = await worker.follow(done((await worker.take())["work"]))
    assert action_of(claims["hook"]).script == "say its own"


async def test_a_suspended_job_has_hooks_once_per_suspension(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    wait = Node(name="ask", kind="approval", entry=True, input={"message": "Deploy {{ input.what }}?"})
    text = "{{ hook.status }} at {{ hook.step_name }}: {{ hook.message }}"
    more: dict[str, Any] = {"actions": {"say": SAY}, "on_suspended": says(text), "raw_input": {"what": "it"}}
    job_id = await start_nodes(services, flows, wait, **more)
    claims = await worker.take()
    assert action_of(claims["hook"]).script == "say suspended at ask: Deploy it?"
    await services.job_loop.run_once()
    assert len(await hook_jobs(services, job_id)) == 1
    await send(services, job_id, "resolve", {"approved": True}, step=1)
    assert (await job_of(services, job_id)).status == "completed"
    assert len(await hook_jobs(services, job_id)) == 1


async def test_the_hook_of_a_suspension_in_a_loop_has_the_path_of_the_step(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    nodes = (
        Node(name="region", kind="loop", entry=True, items=["eu"]),
        Node(name="region", kind="block", parent=0, entry=True),
        Node(name="ask", kind="approval", parent=1, entry=True, input={"message": "Go?"}),
    )
    more: dict[str, Any] = {"actions": {"say": SAY}, "on_suspended": says("{{ hook.step_name }}")}
    await start_nodes(services, flows, *nodes, **more)
    assert action_of((await worker.take())["hook"]).script == "say region[0].ask"


async def test_a_job_that_is_failed_without_a_decision_has_its_hooks_too(
    services: Services, worker: HandWorker
) -> None:
    job_id = await start(services, definitions(Task(flow=ONE, on_error=says("{{ hook.error_message }}"))))
    async with services.database.begin() as connection:
        await job_failure.fail_job(connection, job_id, "it is broken")
    for _ in range(3):
        await services.job_loop.run_once()
    claims = await worker.take()
    assert action_of(claims["hook"]).script == "say it is broken"
    assert len(await hook_jobs(services, job_id)) == 1


async def test_the_facts_of_a_hook(services: Services, worker: HandWorker) -> None:
    optional = Step(action="true", continue_on_failure=True)
    task = Task(flow={"a": Step(action="true"), "b": optional}, on_error=says("{{ hook | json_encode }}"))
    job_id = await start(services, definitions(task))
    claims = await worker.take()
    claims = await worker.follow(done(claims["b"], exit_code=2), done(claims["a"], exit_code=1))
    facts = orjson.loads((action_of(claims["hook"]).script or "").removeprefix("say "))
    job = await job_of(services, job_id)
    failed = {"action_name": "true", "continue_on_failure": False, "step_name": "a"}
    assert facts.pop("failed_steps") == [
        {**failed, "error_message": "Process exited with code 1"},
        {**failed, "step_name": "b", "continue_on_failure": True, "error_message": "Process exited with code 2"},
    ]
    times = {key: datetime.datetime.fromisoformat(facts.pop(key)) for key in ("started_at", "completed_at")}
    assert times["started_at"] == job.started_at
    assert facts.pop("duration_secs") == pytest.approx(
        (times["completed_at"] - times["started_at"]).total_seconds(), abs=0.001
    )
    assert facts == {
        "workspace": "default",
        "task_name": "t",
        "job_id": str(job_id),
        "status": "failed",
        "is_success": False,
        "error_message": "a: Process exited with code 1",
        "source_type": "api",
        "source_id": None,
        "artifacts": [],
    }
