"""Steps that run after the flow of a task, whatever happened."""

from typing import Any

import pytest

from stroem.definitions.action import Action
from stroem.definitions.task import Hook, Step, Task
from stroem.definitions.workspace import Definitions
from stroem.orchestrator.services import Services
from stroem.protocol.claim import action_of
from tests.orchestrator.conftest import HandWorker, done, execute, job_of, start, statuses
from tests.orchestrator.flows import ECHO, TRUE

FLOW = {"a": Step(action="true"), "b": Step(action="true", depends_on=("a",))}
CLEANUP = {"drop": Step(action="true"), "tell": Step(action="true", depends_on=("drop",))}


def definitions(cleanup: dict[str, Step] = CLEANUP, **more: Any) -> Definitions:
    return Definitions(tasks={"t": Task(flow=FLOW, finally_=cleanup, **more)}, actions={"true": TRUE, "echo": ECHO})


async def test_finally_runs_after_a_flow_that_completed(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, definitions())
    for name in ("a", "b", "drop", "tell"):
        claims = await worker.take()
        assert list(claims) == [name]
        await worker.exchange(done(claims[name], {"of": name}), take=0)
    job = await job_of(services, job_id)
    assert (job.status, job.output) == ("completed", {"b": {"of": "b"}})


async def test_finally_runs_after_a_flow_that_failed(services: Services, worker: HandWorker) -> None:
    text = "{{ a.status }} {{ a.error }}, {{ b.status }} {{ b.output }}"
    hooks = (Hook(action="echo", input={"text": "{{ hook.failed_steps | length }}"}),)
    job_id = await start(services, definitions({"say": Step(action="echo", input={"text": text})}, on_error=hooks))
    claims = await worker.follow(done((await worker.take())["a"], exit_code=3))
    assert action_of(claims["say"]).script == "echo failed Process exited with code 3, skipped "
    assert (await job_of(services, job_id)).status == "running"
    claims = await worker.follow(done(claims["say"]))
    assert action_of(claims["hook"]).script == "echo 1"
    assert (await job_of(services, job_id)).status == "failed"


async def test_finally_reads_the_outputs_of_the_flow(services: Services, worker: HandWorker) -> None:
    await start(services, definitions({"say": Step(action="echo", input={"text": "{{ a.output.id }} {{ b.error }}"})}))
    claims = await worker.follow(done((await worker.take())["a"], {"id": 7}))
    claims = await worker.follow(done(claims["b"], exit_code=1))
    assert action_of(claims["say"]).script == "echo 7 Process exited with code 1"


async def test_a_failure_in_finally_fails_the_job(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, definitions())
    claims = await worker.follow(done((await worker.take())["a"]))
    claims = await worker.follow(done(claims["b"]))
    assert await worker.follow(done(claims["drop"], exit_code=1)) == {}
    assert (await job_of(services, job_id)).status == "failed"
    assert await statuses(services, job_id) == {"a": "completed", "b": "completed", "drop": "failed", "tell": "skipped"}


async def test_finally_runs_after_a_cancellation(services: Services, worker: HandWorker) -> None:
    hooks = (Hook(action="echo", input={"text": "over"}),)
    job_id = await start(services, definitions(on_cancel=hooks))
    claims = await worker.take()
    await services.canceller.cancel(job_id, "enough")
    assert await worker.take() == {}
    claims = await worker.follow(done(claims["a"], exit_code=-15, cancelled=True))
    claims = await worker.follow(done(claims["drop"]))
    claims = await worker.follow(done(claims["tell"]))
    assert action_of(claims["hook"]).script == "echo over"
    job = await job_of(services, job_id)
    assert (job.status, job.error) == ("cancelled", "enough")
    assert (await statuses(services, job_id))["tell"] == "completed"


async def test_a_second_cancellation_ends_finally_too(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, definitions())
    await services.canceller.cancel(job_id)
    claims = await worker.take()
    assert list(claims) == ["drop"]
    await services.canceller.cancel(job_id)
    assert await worker.follow(done(claims["drop"], exit_code=-15, cancelled=True)) == {}
    assert (await job_of(services, job_id)).status == "cancelled"
    assert (await statuses(services, job_id))["tell"] == "cancelled"


async def test_finally_has_a_time_of_grace_after_a_cancellation(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, definitions())
    await services.canceller.cancel(job_id)
    claims = await worker.take()
    job = await job_of(services, job_id)
    assert job.deadline_at is not None
    assert 200 < (job.deadline_at - job.created_at).total_seconds() <= 301
    await services.job_loop.run_once()
    assert not (await job_of(services, job_id)).ends_cleanup
    await execute(services, "UPDATE jobs SET deadline_at = now()")
    await services.job_loop.run_once()
    assert await services.inventory.cancellations(worker.id) == (claims["drop"].step,)
    await worker.exchange(done(claims["drop"], exit_code=-15, cancelled=True))
    job = await job_of(services, job_id)
    assert (job.status, job.error) == ("cancelled", "Job cancelled by user")


async def test_finally_runs_after_the_timeout_of_the_job(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, definitions(timeout=60))
    await execute(services, "UPDATE jobs SET deadline_at = now()")
    await services.job_loop.run_once()
    claims = await worker.take()
    claims = await worker.follow(done(claims["drop"]))
    await worker.exchange(done(claims["tell"]))
    job = await job_of(services, job_id)
    assert (job.status, job.error) == ("cancelled", "Job timed out")


@pytest.mark.parametrize("mode", ["distributed", "local"])
async def test_a_pause_holds_finally(services: Services, worker: HandWorker, mode: str) -> None:
    job_id = await start(services, definitions(mode=mode))
    claims = await worker.follow(done((await worker.take())["a"]))
    for kind in ("pause", "resume"):
        await execute(services, f"INSERT INTO messages (job_id, kind) VALUES ('{job_id}', '{kind}')")
        await services.job_loop.run_once()
        if kind == "pause":
            assert await worker.follow(done(claims["b"])) == {}
    claims = await worker.take()
    assert list(claims) == ["drop"]


async def test_an_action_in_finally_reads_the_flow(services: Services, worker: HandWorker) -> None:
    made = definitions({"say": Step(action="own")})
    actions = {**made.actions, "own": Action(type="script", script="own {{ b.status }}")}
    await start(services, Definitions(tasks=made.tasks, actions=actions))
    claims = await worker.follow(done((await worker.take())["a"], exit_code=1))
    assert action_of(claims["say"]).script == "own skipped"
