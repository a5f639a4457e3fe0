"""Jobs and the limits of their tasks: policies, lines, priorities, sharing."""

import uuid
from typing import Any

import attrs
import pytest

from stroem.definitions.action import Action
from stroem.definitions.field import InputField
from stroem.definitions.limit import Concurrency, Limit
from stroem.definitions.retry import Retry
from stroem.definitions.task import Hook, Step, Task
from stroem.definitions.workspace import Definitions
from stroem.errors import NotRunnable
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.orchestrator.services import Services
from stroem.protocol.claim import Claim
from stroem.store.statement import fetch
from tests.orchestrator.conftest import HandWorker, done, execute, job_of, new_release, start, statuses
from tests.orchestrator.flows import TRUE

ONE = Task(flow={"a": Step(action="true")})


def limited(task: Task = ONE, limits: dict[str, Limit] | None = None, **fields: Any) -> Definitions:
    """A workspace with the task `t`."""
    return Definitions(tasks={"t": attrs.evolve(task, **fields)}, actions={"true": TRUE}, limits=limits or {})


async def status(services: Services, job_id: uuid.UUID) -> str:
    return (await job_of(services, job_id)).status


async def drive(services: Services) -> None:
    """Drives all jobs until nothing is due."""
    for _ in range(5):
        await services.job_loop.run_once()


async def take(services: Services, worker: HandWorker) -> dict[uuid.UUID, Claim]:
    """The steps that are handed out now, by job."""
    await drive(services)
    return {claim.job_id: claim for claim in (await worker.exchange()).steps or ()}


async def held(services: Services) -> list[tuple[Any, ...]]:
    """Slots that are held, and owners in line."""
    async with services.database.read() as connection:
        return await fetch(connection, "SELECT job_id, step FROM slots UNION ALL SELECT job_id, step FROM slot_line")


async def test_a_job_waits_until_the_one_before_it_has_ended(services: Services, worker: HandWorker) -> None:
    definitions = limited(concurrency=Concurrency())
    first, second = await start(services, definitions), await start(services, definitions)
    claims = await take(services, worker)
    assert set(claims) == {first}
    waiting = await job_of(services, second)
    assert (waiting.status, waiting.waits_for, waiting.started_at) == ("pending", "slot:task:default/t/", None)
    await worker.exchange(done(claims[first]))
    claims = await take(services, worker)
    assert set(claims) == {second}
    await worker.exchange(done(claims[second]))
    assert (await status(services, first), await status(services, second)) == ("completed", "completed")
    assert await held(services) == []


async def test_jobs_of_other_keys_do_not_wait(services: Services, worker: HandWorker) -> None:
    task = attrs.evolve(ONE, input={"env": InputField(type="string")})
    definitions = limited(task, concurrency=Concurrency(key="{{ input.env }}"))
    jobs = [await start(services, definitions, env=env) for env in ("a", "b", "a")]
    assert set(await take(services, worker)) == set(jobs[:2])


async def test_a_job_is_skipped_if_another_runs(services: Services, worker: HandWorker) -> None:
    hook = (Hook(action="true"),)
    definitions = limited(concurrency=Concurrency(policy="skip"), on_error=hook, on_cancel=hook, on_success=hook)
    first, second = await start(services, definitions), await start(services, definitions)
    claims = await take(services, worker)
    assert set(claims) == {first}
    skipped = await job_of(services, second)
    assert skipped.status == "skipped"
    assert skipped.error == f"Skipped: no slot of its concurrency was free: job {first} has it"
    assert await services.canceller.wait_for_end(second, 0) == "skipped"
    async with services.database.read() as connection:
        assert await fetch(connection, "SELECT count(*) FROM jobs WHERE hook_of = %s", (second,)) == [(0,)]


async def test_the_newest_job_is_cancelled(services: Services, worker: HandWorker) -> None:
    definitions = limited(concurrency=Concurrency(policy="cancel_newest"))
    first, second = await start(services, definitions), await start(services, definitions)
    assert set(await take(services, worker)) == {first}
    assert await status(services, second) == "cancelled"


async def test_a_later_job_has_those_before_it_cancelled_and_begins_after_them(
    services: Services, worker: HandWorker
) -> None:
    task = attrs.evolve(ONE, finally_={"clean": Step(action="true")})
    definitions = limited(task, concurrency=Concurrency(policy="cancel_previous"))
    first = await start(services, definitions)
    claims = await take(services, worker)
    second, third = await start(services, definitions), await start(services, definitions)
    assert await take(services, worker) == {}
    assert await status(services, second) == "cancelled"
    await worker.exchange(done(claims[first], error="Cancelled", exit_code=1), take=0)
    cleanup = await take(services, worker)
    assert set(cleanup) == {first}, "the cleanup of a job that two others supersede is not ended"
    assert (await job_of(services, third)).waits_for is not None
    await worker.exchange(done(cleanup[first]))
    assert set(await take(services, worker)) == {third}
    assert await status(services, first) == "cancelled"


async def test_a_job_fails_if_as_many_wait_as_may(services: Services, worker: HandWorker) -> None:
    definitions = limited(concurrency=Concurrency(max_queue=1))
    first, second, third = [await start(services, definitions) for _ in range(3)]
    claims = await take(services, worker)
    refused = await job_of(services, third)
    assert refused.status == "failed"
    assert "1 jobs wait, as many as may" in (refused.error or "")
    await worker.exchange(done(claims[first]))
    assert set(await take(services, worker)) == {second}


async def test_the_more_urgent_job_goes_first_and_equal_ones_in_their_order(
    services: Services, worker: HandWorker
) -> None:
    definitions = limited(concurrency=Concurrency())
    release = await new_release(services)

    async def begin(priority: int | None) -> uuid.UUID:
        request = StartRequest(task="t", definitions=definitions, release=release, raw_input={}, priority=priority)
        return (await services.starter.start(request)).job_id

    running = await begin(None)
    plain, urgent, idle, urgent_too = [await begin(one) for one in (None, 5, -5, 5)]
    order = []
    for _ in range(5):
        claims = await take(services, worker)
        order += claims
        await worker.exchange(*map(done, claims.values()), take=0)
    assert order == [running, urgent, urgent_too, plain, idle]


async def test_steps_of_urgent_jobs_are_claimed_first(services: Services, worker: HandWorker) -> None:
    plain = await start(services, limited())
    urgent = await start(services, limited(priority=10))
    assert [claim.job_id for claim in (await worker.exchange()).steps or ()] == [urgent, plain]


async def test_a_limit_holds_across_tasks_and_steps(services: Services, worker: HandWorker) -> None:
    limits = {"db": Limit(max=1)}
    whole = await start(services, limited(limits=limits))
    by_job = await start(services, limited(limits=limits, concurrency=None))
    definitions = Definitions(tasks={"t": attrs.evolve(ONE, limits=("db",))}, actions={"true": TRUE}, limits=limits)
    step = Definitions(
        tasks={"t": Task(flow={"a": Step(action="true", limits=("db",))})}, actions={"true": TRUE}, limits=limits
    )
    assert set(await take(services, worker)) == {whole, by_job}, "they do not name the limit"
    first, second, third = await start(services, definitions), await start(services, step), await start(services, step)
    for expected in (first, second, third):
        claims = await take(services, worker)
        assert set(claims) == {expected}
        await worker.exchange(done(claims[expected]), take=0)
    assert await held(services) == []


async def test_slots_are_taken_one_after_the_other(services: Services, worker: HandWorker) -> None:
    limits = {"a": Limit(max=1), "b": Limit(max=1)}
    both = limited(concurrency=Concurrency(limit=2), limits=limits)
    both = attrs.evolve(both, tasks={"t": attrs.evolve(both.tasks["t"], limits=("b", "a"))})
    first, second = await start(services, both), await start(services, both)
    claims = await take(services, worker)
    assert set(claims) == {first}
    assert (await job_of(services, second)).waits_for == "slot:workspace:default/a"
    assert len(await held(services)) == 5
    await worker.exchange(done(claims[first]))
    assert set(await take(services, worker)) == {second}


async def test_a_sub_task_shares_the_slot_of_the_job_that_waits_for_it(services: Services, worker: HandWorker) -> None:
    limits = {"db": Limit(max=1)}
    inner = attrs.evolve(ONE, limits=("db",), flow={"a": Step(action="true", limits=("db",))})
    outer = Task(flow={"call": Step(action="call")}, limits=("db",))
    definitions = Definitions(
        tasks={"t": outer, "inner": inner},
        actions={"true": TRUE, "call": Action(type="task", task="inner")},
        limits=limits,
    )
    services.job_loop._plans._definitions_of = _always(definitions)
    first, second = await start(services, definitions), await start(services, definitions)
    claims = await take(services, worker)
    (child,) = claims
    assert len(await held(services)) == 2
    await worker.exchange(done(claims[child]))
    await drive(services)
    assert await status(services, first) == "completed"
    assert (await job_of(services, second)).waits_for is None


def _always(definitions: Definitions) -> Any:
    async def definitions_of(release_id: int) -> Definitions:
        return definitions

    return definitions_of


async def test_a_waiting_job_is_cancelled_and_leaves_the_line(services: Services, worker: HandWorker) -> None:
    definitions = limited(concurrency=Concurrency())
    first, second, third = [await start(services, definitions) for _ in range(3)]
    claims = await take(services, worker)
    await services.canceller.cancel(second)
    assert await status(services, second) == "cancelled"
    assert len(await held(services)) == 2
    await worker.exchange(done(claims[first]))
    assert set(await take(services, worker)) == {third}


async def test_a_paused_job_gives_its_turn_to_the_next(services: Services, worker: HandWorker) -> None:
    definitions = limited(concurrency=Concurrency())
    first, second, third = [await start(services, definitions) for _ in range(3)]
    claims = await take(services, worker)
    await services.pauser.pause(second)
    await worker.exchange(done(claims[first]))
    claims = await take(services, worker)
    assert set(claims) == {third}
    await services.pauser.resume(second)
    assert await take(services, worker) == {}
    await worker.exchange(done(claims[third]))
    assert set(await take(services, worker)) == {second}


async def test_a_paused_job_that_runs_keeps_its_slot(services: Services, worker: HandWorker) -> None:
    definitions = limited(concurrency=Concurrency())
    first, second = [await start(services, definitions) for _ in range(2)]
    await take(services, worker)
    await services.pauser.pause(first)
    assert await take(services, worker) == {}
    assert (await job_of(services, second)).waits_for is not None


async def test_a_retry_of_a_task_waits_in_the_line_again(services: Services, worker: HandWorker) -> None:
    definitions = limited(concurrency=Concurrency(), retry=Retry(max_attempts=1, delay=60))
    first, second = [await start(services, definitions) for _ in range(2)]
    claims = await take(services, worker)
    await worker.exchange(done(claims[first], exit_code=1))
    claims = await take(services, worker)
    assert set(claims) == {second}
    retry = (await job_of(services, first)).retry_job
    assert retry is not None
    await execute(services, f"UPDATE jobs SET starts_at = now() WHERE id = '{retry}'")
    assert await take(services, worker) == {}
    assert (await job_of(services, retry)).waits_for is not None
    assert not await services.job_loop.run_once(), "a retry in line is not due"
    await worker.exchange(done(claims[second]))
    assert set(await take(services, worker)) == {retry}


async def test_a_retry_never_has_a_later_job_cancelled(services: Services, worker: HandWorker) -> None:
    definitions = limited(concurrency=Concurrency(policy="cancel_previous"), retry=Retry(max_attempts=1, delay=60))
    first = await start(services, definitions)
    claims = await take(services, worker)
    await worker.exchange(done(claims[first], exit_code=1))
    second = await start(services, definitions)
    claims = await take(services, worker)
    retry = (await job_of(services, first)).retry_job
    await execute(services, f"UPDATE jobs SET starts_at = now() WHERE id = '{retry}'")
    await drive(services)
    assert retry is not None
    assert (await status(services, retry), await status(services, second)) == ("cancelled", "running")


async def test_the_slot_of_a_job_whose_worker_is_lost_goes_to_the_next(services: Services, worker: HandWorker) -> None:
    definitions = limited(concurrency=Concurrency())
    first, second = [await start(services, definitions) for _ in range(2)]
    await take(services, worker)
    await services.rescuer.run_once()
    await execute(services, "UPDATE workers SET lease_until = now() - interval '1 hour'")
    await services.rescuer.run_once()
    assert await status(services, first) == "failed"
    await drive(services)
    assert (await job_of(services, second)).waits_for is None


async def test_the_slot_of_a_job_that_the_server_fails_goes_to_the_next(services: Services) -> None:
    definitions = limited(concurrency=Concurrency())
    first, second, third = [await start(services, definitions) for _ in range(3)]
    await drive(services)
    await services.rescuer._failer.fail_job(second, "It is broken", ValueError("x"))
    await services.rescuer._failer.fail_job(first, "It is broken", ValueError("x"))
    await drive(services)
    assert (await job_of(services, third)).waits_for is None
    assert {owner[0] for owner in await held(services)} == {third}


async def test_a_job_times_out_in_the_line(services: Services, worker: HandWorker) -> None:
    definitions = limited(concurrency=Concurrency(), timeout=60)
    first, second = [await start(services, definitions) for _ in range(2)]
    await take(services, worker)
    await execute(services, f"UPDATE jobs SET deadline_at = now() WHERE id = '{second}'")
    await drive(services)
    assert (await status(services, second), await status(services, first)) == ("cancelled", "running")


async def test_an_unknown_limit_of_the_server_is_refused(services: Services) -> None:
    with pytest.raises(NotRunnable, match="'gpu'"):
        await start(services, limited(attrs.evolve(ONE, limits=("server.gpu",))))


async def test_a_limit_of_the_server_holds_for_all(services: Services, worker: HandWorker) -> None:
    services.limit_sizes._server = {"gpu": Limit(max=1)}
    services.starter._new_jobs._slots._server = frozenset({"gpu"})
    await services.limit_sizes.run_once()
    definitions = limited(attrs.evolve(ONE, limits=("server.gpu",)))
    first, second = [await start(services, definitions) for _ in range(2)]
    claims = await take(services, worker)
    assert set(claims) == {first}
    await worker.exchange(done(claims[first]))
    assert set(await take(services, worker)) == {second}


async def test_a_step_in_a_loop_takes_a_slot_for_each_iteration(services: Services, worker: HandWorker) -> None:
    task = Task(flow={"a": Step(action="true", for_each=[1, 2, 3], limits=("db",))})
    job_id = await start(services, limited(task, limits={"db": Limit(max=2)}))
    await drive(services)
    assert len((await worker.exchange()).steps or ()) == 2
    assert list((await statuses(services, job_id)).values()).count("pending") == 1
