"""What would never end by itself is ended: lost workers, deadlines, steps that nobody can run."""

import asyncio
import uuid

import attrs
import pytest

from stroem.definitions.action import Action
from stroem.definitions.task import Step, Task
from stroem.errors import Unavailable
from stroem.orchestrator.core import Core
from stroem.orchestrator.exchange import ExchangeAnswer, Registration
from stroem.store import statement, step_views
from tests.orchestrator.conftest import HandWorker, chain, done, held, job_of, printed, start, statuses, workspace


async def execute(core: Core, sql: str) -> None:
    async with core.database.begin() as connection:
        await statement.execute(connection, sql)


async def error_of(core: Core, job_id: uuid.UUID) -> str | None:
    async with core.database.read() as connection:
        return (await step_views.list_steps(connection, job_id))[0].error


async def test_the_steps_of_a_lost_worker_fail_and_the_job_goes_on(core: Core, worker: HandWorker) -> None:
    task = Task(flow={"a": Step(action="true"), "b": Step(action="true", depends_on=("a",), continue_on_failure=True)})
    job_id = await start(core, workspace(task))
    await worker.take()
    await core.rescuer.run_once()
    await execute(core, "UPDATE workers SET lease_until = now()")
    await core.rescuer.run_once()
    assert await statuses(core, job_id) == {"a": "failed", "b": "ready"}
    assert await error_of(core, job_id) == "Worker lost: w stopped renewing its lease"


async def test_a_worker_that_was_thought_lost_is_told_to_end_what_it_still_has(core: Core, worker: HandWorker) -> None:
    lost_id, kept_id = await start(core, workspace(chain("a"))), await start(core, workspace(chain("b")))
    offers = await worker.take()
    await execute(core, f"UPDATE job_steps SET deadline_at = now() WHERE job_id = '{lost_id}'")
    await core.rescuer.run_once()
    answer = await worker.journey(holding=[held(offers["a"]), held(offers["b"])])
    assert answer == ExchangeAnswer(cancel=(held(offers["a"]),))
    assert await statuses(core, kept_id) == {"b": "running"}


async def test_a_worker_that_has_a_lost_attempt_and_the_next_one_is_told_to_end_the_lost_one(
    core: Core, worker: HandWorker
) -> None:
    await start(core, workspace(chain("a")))
    lost = (await worker.take())["a"]
    await execute(core, "UPDATE job_steps SET attempt = 2")
    following = attrs.evolve(lost, attempt=2)
    assert await worker.journey(holding=[held(lost), held(following)]) == ExchangeAnswer(cancel=(held(lost),))


async def test_a_server_that_was_away_gives_workers_another_lease(core: Core, worker: HandWorker) -> None:
    job_id = await start(core, workspace(chain("a")))
    offer = (await worker.take())["a"]
    await execute(core, "UPDATE workers SET lease_until = now() - interval '1 hour'")
    await core.rescuer.run_once()
    assert await statuses(core, job_id) == {"a": "running"}
    await worker.journey(done(offer))
    assert (await job_of(core, job_id)).status == "completed"


async def test_a_database_that_was_away_costs_no_worker_its_lease(core: Core, worker: HandWorker) -> None:
    job_id = await start(core, workspace(chain("a")))
    await worker.take()
    await core.rescuer.run_once()
    with pytest.raises(Unavailable):
        await execute(core, "SELECT pg_terminate_backend(pg_backend_pid())")
    await execute(core, "UPDATE workers SET lease_until = now() - interval '1 hour'")
    await core.rescuer.run_once()
    assert await statuses(core, job_id) == {"a": "running"}


async def test_a_worker_that_comes_up_again_gives_up_what_it_held(core: Core, worker: HandWorker) -> None:
    job_id = await start(core, workspace(chain("a")))
    await worker.take()
    await core.rescuer.run_once()
    await core.dispatcher.register(Registration(name="w", capabilities=("script",), previous=worker.id))
    await core.rescuer.run_once()
    assert await statuses(core, job_id) == {"a": "failed"}


async def test_a_worker_that_came_up_again_is_not_brought_back_by_what_it_said_before(
    core: Core, worker: HandWorker
) -> None:
    """Its last request may still be on its way when it is already there under its new id."""
    task = Task(flow={"a": Step(action="true"), "b": Step(action="true")})
    job_id = await start(core, workspace(task))
    taken = await worker.take()
    waiting = asyncio.create_task(worker.journey(wait=30))
    while not core.signals._holds:
        await asyncio.sleep(0)
    await core.rescuer.run_once()
    await core.dispatcher.register(Registration(name="w", capabilities=("script",), previous=worker.id))
    async with asyncio.timeout(4):
        assert await waiting == ExchangeAnswer()
    await start(core, workspace(chain("c")))
    assert not await core.dispatcher.heartbeat(worker.id)
    assert await worker.journey(done(taken["b"]), lines=[printed(taken["b"], 0, "last")]) == ExchangeAnswer()
    await core.rescuer.run_once()
    assert await statuses(core, job_id) == {"a": "failed", "b": "completed"}


async def test_a_step_past_its_deadline_fails_although_its_worker_says_nothing(core: Core, worker: HandWorker) -> None:
    task = Task(flow={"a": Step(action="true", timeout=5)})
    job_id = await start(core, workspace(task))
    offer = (await worker.take())["a"]
    assert offer.timeout_secs == 5
    await core.rescuer.run_once()
    assert await statuses(core, job_id) == {"a": "running"}
    await execute(core, "UPDATE job_steps SET deadline_at = now()")
    await core.rescuer.run_once()
    assert await error_of(core, job_id) == "Step timed out after 5s"


async def test_a_job_past_its_deadline_is_cancelled(core: Core, worker: HandWorker) -> None:
    job_id = await start(core, workspace(attrs.evolve(chain("a", "b"), timeout=60)))
    offer = (await worker.take())["a"]
    await execute(core, "UPDATE jobs SET deadline_at = now()")
    await core.rescuer.run_once()
    await worker.journey(done(offer, exit_code=-15))
    job = await job_of(core, job_id)
    assert (job.status, job.error) == ("cancelled", "Job timed out")
    assert await statuses(core, job_id) == {"a": "cancelled", "b": "cancelled"}


async def test_a_step_that_no_worker_can_run_fails_in_the_end(core: Core, worker: HandWorker) -> None:
    boxed = Action(type="docker", image="busybox", tags=("gpu",))
    job_id = await start(core, workspace(Task(flow={"a": Step(action="boxed")}), boxed=boxed))
    await core.rescuer.run_once()
    assert await statuses(core, job_id) == {"a": "ready"}
    await execute(core, "UPDATE job_steps SET ready_at = now() - interval '1 hour'")
    await core.rescuer.run_once()
    assert await error_of(core, job_id) == "No active worker can run this step: it needs docker and the tags gpu"
