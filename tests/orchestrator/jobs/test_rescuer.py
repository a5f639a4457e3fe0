"""Recovery: lost workers, and steps that match no worker."""

import asyncio
import datetime
import uuid

import attrs
import orjson
import pytest

from stroem.definitions.action import Action
from stroem.definitions.task import Step, Task
from stroem.errors import Unavailable
from stroem.orchestrator.services import Services
from stroem.protocol.registration import Registration
from stroem.store.jobs import due, steps
from stroem.store.lists import worker_list
from tests.orchestrator.conftest import (
    HandWorker,
    chain,
    done,
    error_of,
    execute,
    job_of,
    no_steps,
    printed,
    start,
    statuses,
    workspace,
)
from tests.support.wait import eventually


async def test_the_steps_of_a_lost_worker_fail_and_the_job_goes_on(services: Services, worker: HandWorker) -> None:
    task = Task(flow={"a": Step(action="true"), "b": Step(action="true", depends_on=("a",), continue_on_failure=True)})
    job_id = await start(services, workspace(task))
    await worker.take()
    await services.rescuer.run_once()
    await execute(services, "UPDATE workers SET lease_until = now()")
    await services.rescuer.run_once()
    assert await statuses(services, job_id) == {"a": "failed", "b": "ready"}
    assert await error_of(services, job_id) == "Worker lost: w stopped renewing its lease"


async def test_a_worker_that_was_thought_lost_is_told_to_end_what_it_still_has(
    services: Services, worker: HandWorker
) -> None:
    lost_id, kept_id = await start(services, workspace(chain("a"))), await start(services, workspace(chain("b")))
    offers = await worker.take()
    await execute(services, f"UPDATE steps SET due_at = now() WHERE job_id = '{lost_id}'")
    await services.job_loop.run_once()
    answer = await worker.exchange(holding=[offers["a"].step, offers["b"].step])
    assert answer == no_steps(offers["a"].step)
    assert await statuses(services, kept_id) == {"b": "running"}


async def test_a_worker_that_has_a_lost_attempt_and_the_next_one_is_told_to_end_the_lost_one(
    services: Services, worker: HandWorker
) -> None:
    await start(services, workspace(chain("a")))
    lost = (await worker.take())["a"]
    await execute(services, "UPDATE steps SET attempt = 2")
    following = attrs.evolve(lost, attempt=2)
    assert await worker.exchange(holding=[lost.step, following.step]) == no_steps(lost.step)


async def test_a_server_that_was_away_gives_workers_another_lease(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(chain("a")))
    offer = (await worker.take())["a"]
    await execute(services, "UPDATE workers SET lease_until = now() - interval '1 hour'")
    await services.rescuer.run_once()
    assert await statuses(services, job_id) == {"a": "running"}
    await worker.exchange(done(offer))
    assert (await job_of(services, job_id)).status == "completed"


async def test_a_database_that_was_away_costs_no_worker_its_lease(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(chain("a")))
    await worker.take()
    await services.rescuer.run_once()
    with pytest.raises(Unavailable):
        await execute(services, "SELECT pg_terminate_backend(pg_backend_pid())")
    await execute(services, "UPDATE workers SET lease_until = now() - interval '1 hour'")
    await services.rescuer.run_once()
    assert await statuses(services, job_id) == {"a": "running"}


async def test_a_worker_that_comes_up_again_gives_up_what_it_held(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(chain("a")))
    await worker.take()
    await services.rescuer.run_once()
    await services.leases.register(Registration(name="w", capabilities=("script",), worker_id=worker.id))
    await services.rescuer.run_once()
    assert await statuses(services, job_id) == {"a": "failed"}


async def test_a_worker_that_came_up_again_is_not_brought_back_by_what_it_said_before(
    services: Services, worker: HandWorker
) -> None:
    """Its last request may still be on its way when it is already there under its new id."""
    task = Task(flow={"a": Step(action="true"), "b": Step(action="true")})
    job_id = await start(services, workspace(task))
    taken = await worker.take()
    waiting = asyncio.create_task(worker.exchange(wait=600))
    await eventually(lambda: services.notifier.polling_workers, "a request is held")
    await services.rescuer.run_once()
    await services.leases.register(Registration(name="w", capabilities=("script",), worker_id=worker.id))
    async with asyncio.timeout(60):
        assert await waiting == no_steps()
    await start(services, workspace(chain("c")))
    assert not await services.leases.heartbeat(worker.id)
    assert await worker.exchange(done(taken["b"]), lines=[printed(taken["b"], 0, "last")]) == no_steps()
    await services.rescuer.run_once()
    assert await statuses(services, job_id) == {"a": "failed", "b": "completed"}


async def test_a_step_that_no_worker_can_run_fails_in_the_end(services: Services, worker: HandWorker) -> None:
    boxed = Action(type="docker", image="busybox", tags=("gpu",))
    job_id = await start(services, workspace(Task(flow={"a": Step(action="boxed")}), boxed=boxed))
    await services.rescuer.run_once()
    assert await statuses(services, job_id) == {"a": "ready"}
    await execute(services, "UPDATE steps SET ready_at = now() - interval '1 hour'")
    await services.rescuer.run_once()
    assert await error_of(services, job_id) == "No active worker can run this step: it needs docker and the tags gpu"


async def test_a_step_fails_whose_workers_serve_other_workspaces(services: Services, worker: HandWorker) -> None:
    await execute(services, "UPDATE workers SET workspaces = '{other}'")
    job_id = await start(services, workspace(chain("a")))
    await execute(services, "UPDATE steps SET ready_at = now() - interval '1 hour'")
    await services.rescuer.run_once()
    reason = "No active worker can run this step: those that could serve other workspaces"
    assert await error_of(services, job_id) == reason


async def begun_by_older_worker(services: Services, worker: HandWorker) -> uuid.UUID:
    job_id = await start(services, workspace(chain("a")))
    await worker.take()
    await services.legacy.begin_step(job_id, "a", 1)
    await services.rescuer.run_once()
    return job_id


async def test_a_step_about_which_its_older_worker_no_longer_asks_is_lost(
    services: Services, worker: HandWorker
) -> None:
    job_id = await begun_by_older_worker(services, worker)
    await execute(services, "UPDATE workers SET lease_until = now() + interval '1 hour'")
    async with services.database.read() as connection:
        assert 50 < await due.secs_to_next_due(connection, 3600) <= steps.SILENCE_SECS
    await execute(services, "UPDATE steps SET asked_at = now() - interval '61 seconds'")
    await services.leases.heartbeat(worker.id)
    await services.rescuer.run_once()
    assert await error_of(services, job_id) == "Worker lost: w no longer asks about the step"


async def test_an_older_worker_that_asks_keeps_its_step(services: Services, worker: HandWorker) -> None:
    job_id = await begun_by_older_worker(services, worker)
    await execute(services, "UPDATE steps SET asked_at = now() - interval '50 seconds'")
    assert not await services.legacy.is_cancelled(job_id)
    await execute(services, "UPDATE steps SET asked_at = asked_at - interval '50 seconds'")
    await services.rescuer.run_once()
    assert await statuses(services, job_id) == {"a": "running"}


async def test_a_step_of_a_worker_that_never_asks_is_not_lost(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(chain("a")))
    await worker.take()
    await execute(services, "UPDATE steps SET started_at = now() - interval '1 hour'")
    assert not await services.legacy.is_cancelled(job_id)
    await services.rescuer.run_once()
    assert await statuses(services, job_id) == {"a": "running"}


async def test_a_server_that_was_away_gives_older_workers_time_to_ask(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(chain("a")))
    await worker.take()
    await services.legacy.begin_step(job_id, "a", 1)
    await execute(services, "UPDATE steps SET asked_at = now() - interval '1 hour'")
    await services.rescuer.run_once()
    assert await statuses(services, job_id) == {"a": "running"}


async def test_a_lost_step_counts_once_when_its_worker_is_lost_too(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(Task(flow={"a": Step(action="true"), "b": Step(action="true")})))
    await worker.take(1)
    await services.legacy.begin_step(job_id, "a", 1)
    await services.rescuer.run_once()
    await execute(services, "UPDATE steps SET asked_at = now() - interval '1 hour'")
    await execute(services, "UPDATE workers SET lease_until = now()")
    await services.rescuer.run_once()
    assert (await job_of(services, job_id)).open == 1


async def server_log(services: Services, job_id: uuid.UUID) -> list[str]:
    page = await services.logs.read(job_id, step="_server")
    return [orjson.loads(line)["line"] for line in page.data.splitlines()]


async def test_the_log_of_a_job_says_what_the_server_did_to_it(services: Services, worker: HandWorker) -> None:
    boxed = Action(type="docker", image="i")
    lost, late, cancelled, unmatched, overdue = [
        await start(services, workspace(Task(flow={"a": Step(action=action, timeout=5)}), boxed=boxed))
        for action in ("true", "true", "true", "boxed", "boxed")
    ]
    await worker.take()
    await services.rescuer.run_once()
    await services.canceller.cancel(cancelled)
    await services.canceller.cancel(cancelled, "again")
    await execute(services, f"UPDATE steps SET due_at = now() WHERE job_id = '{late}'")
    await services.job_loop.run_once()
    await execute(services, f"UPDATE jobs SET deadline_at = now() WHERE id = '{overdue}'")
    await services.job_loop.run_once()
    await execute(services, "UPDATE workers SET lease_until = now()")
    await execute(services, "UPDATE steps SET ready_at = now() - interval '1 hour'")
    await services.rescuer.run_once()
    worker_lost = "[recovery] Step 'a': Worker lost: w stopped renewing its lease"
    assert await server_log(services, lost) == [worker_lost]
    assert await server_log(services, late) == ["[recovery] Step 'a': Step timed out after 5s"]
    assert await server_log(services, cancelled) == ["Job cancelled by user", worker_lost]
    assert await server_log(services, unmatched) == [
        "[recovery] Step 'a': No active worker can run this step: it needs docker"
    ]
    assert await server_log(services, overdue) == ["Job timed out"]


async def test_a_line_of_the_server_says_when_and_from_where(services: Services) -> None:
    job_id = await start(services, workspace(chain("a")))
    await services.canceller.cancel(job_id)
    line = orjson.loads((await services.logs.read(job_id)).data)
    assert datetime.datetime.fromisoformat(line.pop("ts")).tzinfo == datetime.UTC
    assert line == {"stream": "stderr", "step": "_server", "line": "Job cancelled by user"}


async def test_a_step_whose_template_fails_is_told_in_the_servers_log(services: Services, worker: HandWorker) -> None:
    task = Task(flow={"a": Step(action="true", input={"x": "{{ 1 / 0 }}"})})
    job_id = await start(services, workspace(task))
    await worker.take()
    (line,) = await server_log(services, job_id)
    assert line.startswith("[orchestration] Step 'a': Template")


async def test_lines_for_a_step_that_has_ended_are_not_appended(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(chain("a", "b")))
    offer = (await worker.take())["a"]
    late = printed(offer, 0, "late")
    await services.legacy.append(printed(offer, 0, "good"))
    await worker.exchange(done(offer, exit_code=1))
    assert await services.legacy.is_cancelled(job_id)
    await services.legacy.append(late)
    await services.legacy.append(attrs.evolve(late, step_name="_server"))
    assert [orjson.loads(line)["line"] for line in (await services.logs.read(job_id)).data.splitlines()] == ["good"]


async def test_a_step_waits_for_a_worker_no_longer_than_is_said(services: Services, worker: HandWorker) -> None:
    """The rescuer is asleep when the step becomes ready, and wakes in time by itself."""
    assert await services.rescuer.pause_secs() <= 5


async def test_the_wait_for_a_worker_begins_when_the_last_one_is_gone(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(chain("a")))
    await services.rescuer.run_once()
    await execute(services, "UPDATE steps SET ready_at = now() - interval '1 hour'")
    await execute(services, "UPDATE workers SET lease_until = now() - interval '10 seconds'")
    await services.rescuer.run_once()
    assert await statuses(services, job_id) == {"a": "ready"}
    await execute(services, "UPDATE workers SET lease_until = now() - interval '31 seconds'")
    await services.rescuer.run_once()
    assert await statuses(services, job_id) == {"a": "failed"}


async def test_workers_that_are_gone_leave_the_list_after_a_day(services: Services, worker: HandWorker) -> None:
    old, busy, young = [
        (await services.leases.register(Registration(name=n, capabilities=("script",)))).worker_id for n in "abc"
    ]
    await start(services, workspace(chain("a")))
    await HandWorker(services, busy).take()
    await execute(services, f"UPDATE workers SET active = false WHERE id <> '{worker.id}'")
    await execute(services, f"UPDATE workers SET heartbeat_at = now() - interval '25 hours' WHERE id <> '{young}'")
    assert await services.worker_pruner.run_once() is False
    async with services.database.read() as connection:
        rows, total = await worker_list.list_workers(connection, 10, 0)
    assert total == 3
    assert {row.id for row in rows} == {worker.id, busy, young}
    assert not await services.leases.heartbeat(old)
