"""Hooks: actions and tasks that follow the end or the suspension of a job."""

import uuid
from typing import Any

from stroem.definitions.action import Action
from stroem.definitions.field import InputField
from stroem.definitions.task import Hook, Step, Task
from stroem.definitions.workspace import Definitions
from stroem.orchestrator.services import Services
from stroem.protocol.claim import action_of
from stroem.store.jobs.jobs import JobRow
from stroem.store.statement import fetch
from tests.orchestrator.conftest import HandWorker, done, job_of, start
from tests.orchestrator.flows import TRUE

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
