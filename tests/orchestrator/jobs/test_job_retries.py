"""Retries of tasks: jobs that repeat failed ones."""

import asyncio
import uuid
from typing import Any

import pytest

from stroem.definitions.field import InputField
from stroem.definitions.retry import Retry
from stroem.definitions.task import Hook, Step, Task
from stroem.definitions.workspace import Definitions
from stroem.errors import Conflict
from stroem.interfaces.nodes import Node
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.services import Services, build_services
from stroem.protocol.claim import action_of
from stroem.store.database import Database
from stroem.store.jobs import due
from stroem.store.jobs.jobs import JobRow
from stroem.store.statement import fetch
from tests.orchestrator.conftest import HandWorker, done, execute, job_of, new_release, start, start_on, texts
from tests.orchestrator.flows import ECHO, TRUE, Flows

SAYS = (Hook(action="echo", input={"text": "{{ hook.status }} {{ hook.source_type }}"}),)


def definitions(retry: Retry, **more: Any) -> Definitions:
    flow = {"work": Step(action="echo", input={"text": "{{ input.word }}"})}
    task = Task(**{"flow": flow, "input": {"word": InputField(default="hi")}, "retry": retry, **more})
    return Definitions(tasks={"t": task}, actions={"true": TRUE, "echo": ECHO})


async def chain_of(services: Services, job_id: uuid.UUID) -> list[JobRow]:
    """A job and the jobs that repeat it."""
    found = [await job_of(services, job_id)]
    while (following := found[-1].retry_job) is not None:
        found.append(await job_of(services, following))
    return found


async def begin_next(services: Services) -> None:
    """Makes the time of each job that waits to begin come."""
    await execute(services, "UPDATE jobs SET starts_at = now() WHERE starts_at IS NOT NULL")
    await services.job_loop.run_once()


async def fail_next(services: Services, worker: HandWorker) -> None:
    await worker.exchange(done((await worker.take())["work"], exit_code=1), take=0)


async def test_a_failed_job_is_repeated_after_a_delay(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, definitions(Retry(max_attempts=2, delay=60)), word="once more")
    await fail_next(services, worker)
    first, second = await chain_of(services, job_id)
    assert (first.status, first.retry_attempt, first.max_retries) == ("failed", 0, 2)
    assert (second.status, second.source_type, second.source_id) == ("pending", "retry", str(job_id))
    assert (second.retry_of, second.retry_attempt, second.max_retries) == (job_id, 1, 2)
    assert (second.plan, second.release_id, second.input) == (first.plan, first.release_id, {"word": "once more"})
    assert second.starts_at is not None
    assert first.completed_at is not None
    assert 59 < (second.starts_at - first.completed_at).total_seconds() < 61
    assert texts(await services.logs.read(job_id, step="_server")) == [
        f"[retry] The job is tried again in 60 s, as job {second.id}"
    ]
    await services.job_loop.run_once()
    assert await worker.take() == {}
    await begin_next(services)
    claims = await worker.take()
    assert (claims["work"].job_id, action_of(claims["work"]).script) == (second.id, "echo once more")
    await worker.exchange(done(claims["work"]))
    assert [job.status for job in await chain_of(services, job_id)] == ["failed", "completed"]


async def test_the_job_loop_wakes_when_a_retry_is_due(services: Services, worker: HandWorker) -> None:
    await start(services, definitions(Retry(delay=60)))
    claims = await worker.take()
    services.job_loop.woken.clear()
    await worker.exchange(done(claims["work"], exit_code=1))
    assert services.job_loop.woken.is_set()
    async with services.database.read() as connection:
        assert 25 < await due.secs_to_next_due(connection, 3600) <= 60


async def test_hooks_for_failures_run_after_the_last_attempt(services: Services, worker: HandWorker) -> None:
    more = {"on_error": SAYS, "on_success": SAYS}
    job_id = await start(services, definitions(Retry(max_attempts=1, delay=1), **more))
    await fail_next(services, worker)
    assert await worker.take() == {}
    await begin_next(services)
    await fail_next(services, worker)
    claims = await worker.take()
    assert action_of(claims["hook"]).script == "echo failed retry"
    assert [job.status for job in await chain_of(services, job_id)] == ["failed", "failed"]


async def test_a_retry_that_completes_has_the_hooks_for_success(services: Services, worker: HandWorker) -> None:
    await start(services, definitions(Retry(delay=1), on_error=SAYS, on_success=SAYS))
    await fail_next(services, worker)
    await begin_next(services)
    claims = await worker.follow(done((await worker.take())["work"]))
    assert action_of(claims["hook"]).script == "echo completed retry"


async def test_cancelling_a_job_that_waits_to_be_repeated_ends_it_for_good(
    services: Services, worker: HandWorker
) -> None:
    job_id = await start(services, definitions(Retry(delay=60), on_error=SAYS))
    await fail_next(services, worker)
    await begin_next(services)
    await fail_next(services, worker)
    await services.canceller.cancel(job_id, "enough")
    jobs = await chain_of(services, job_id)
    assert [(job.status, job.retry_attempt) for job in jobs] == [("failed", 0), ("failed", 1), ("cancelled", 2)]
    assert jobs[-1].cancel_reason == "enough"
    await begin_next(services)
    assert await worker.take() == {}
    with pytest.raises(Conflict):
        await services.canceller.cancel(job_id)


async def test_a_retry_that_waits_is_cancelled_like_any_job(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, definitions(Retry(delay=60)))
    await fail_next(services, worker)
    (_, second) = await chain_of(services, job_id)
    await services.canceller.cancel(second.id)
    assert (await job_of(services, second.id)).status == "cancelled"
    await begin_next(services)
    assert await worker.take() == {}


async def test_two_servers_begin_a_retry_once(services: Services, worker: HandWorker, database_url: str) -> None:
    job_id = await start(services, definitions(Retry(delay=60)))
    await fail_next(services, worker)
    await execute(services, "UPDATE jobs SET starts_at = now() WHERE starts_at IS NOT NULL")
    other = await Database.open(database_url)
    try:
        second = build_services(other, services.blobs, ServiceOptions())
        await asyncio.gather(*(one.job_loop.run_once() for one in (services, second, services, second)))
    finally:
        await other.close()
    (_, repeated) = await chain_of(services, job_id)
    async with services.database.read() as connection:
        begun = "SELECT count(*) FROM history WHERE job_id = %s AND step = 1"
        assert await fetch(connection, begun, (repeated.id,)) == [(1,)]
    assert list(await worker.take()) == ["work"]


async def test_cancelled_jobs_are_not_repeated(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, definitions(Retry(delay=60)))
    claims = await worker.take()
    await services.canceller.cancel(job_id)
    await worker.exchange(done(claims["work"], exit_code=1))
    (job,) = await chain_of(services, job_id)
    assert job.status == "cancelled"


async def test_the_timeout_of_a_task_counts_from_the_beginning_of_a_retry(
    services: Services, worker: HandWorker
) -> None:
    job_id = await start(services, definitions(Retry(delay=600), timeout=60))
    await fail_next(services, worker)
    (_, second) = await chain_of(services, job_id)
    assert second.starts_at is not None
    assert second.deadline_at is not None
    assert (second.deadline_at - second.starts_at).total_seconds() == 60


async def test_messages_to_a_job_that_waits_to_begin_change_nothing(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, definitions(Retry(delay=60)))
    await fail_next(services, worker)
    (_, second) = await chain_of(services, job_id)
    for kind in ("pause", "resume", "followers"):
        await execute(services, f"INSERT INTO messages (job_id, kind) VALUES ('{second.id}', '{kind}')")
        await services.job_loop.run_once()
    row = await job_of(services, second.id)
    assert (row.status, row.next_step) == ("pending", 1)


async def test_backoff_doubles_the_delay(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, definitions(Retry(max_attempts=3, delay=10, backoff="exponential")))
    for _ in range(3):
        await fail_next(services, worker)
        await begin_next(services)
    lines = [
        texts(await services.logs.read(job.id, step="_server"))[0] for job in (await chain_of(services, job_id))[:3]
    ]
    assert [line.split(" in ")[1].split(" s")[0] for line in lines] == ["10", "20", "40"]


async def test_a_failed_child_job_is_not_repeated_by_itself(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    release = await new_release(services)
    child = definitions(Retry(delay=1)).tasks["t"]
    node = Node(name="call", kind="task", entry=True, task="child", input={"word": "x"})
    flows.definitions[release.id] = flows.put("t", node, children=Definitions(tasks={"child": child}))
    job_id = await start_on(services, release, flows.definitions[release.id])
    await fail_next(services, worker)
    await services.job_loop.run_once()
    assert (await job_of(services, job_id)).status == "failed"
    async with services.database.read() as connection:
        assert await fetch(connection, "SELECT count(*) FROM jobs") == [(2,)]
