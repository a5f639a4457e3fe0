"""Jobs that wait for each other's slots."""

import uuid

from stroem.definitions.action import Action
from stroem.definitions.limit import Limit
from stroem.definitions.task import Step, Task
from stroem.definitions.workspace import Definitions
from stroem.orchestrator.limits.deadlocks import victim_of
from stroem.orchestrator.services import Services
from stroem.store.limits import deadlocks
from stroem.store.limits.deadlocks import HoldingWait
from tests.orchestrator.conftest import HandWorker, done, error_of, start, statuses
from tests.orchestrator.flows import TRUE, Flows
from tests.orchestrator.limits.test_policies import drive, held, status, take

LIMITS = {"a": Limit(max=1), "b": Limit(max=1)}


def crossing(has: str, wants: str) -> Definitions:
    """A task that has one limit, and a step of it in a group that wants another."""
    flow = {
        "wait": Step(action="true"),
        "cross": Step(action="", is_group=True, depends_on=("wait",)),
        "cross/in": Step(action="true", limits=(wants,)),
    }
    return Definitions(tasks={"t": Task(flow=flow, limits=(has,))}, actions={"true": TRUE}, limits=LIMITS)


async def test_the_last_of_two_jobs_that_wait_for_each_other_fails(services: Services, worker: HandWorker) -> None:
    first, second = await start(services, crossing("a", "b")), await start(services, crossing("b", "a"))
    claims = await take(services, worker)
    await worker.exchange(done(claims[first]), take=0)
    await services.deadlock_finder.run_once()
    await worker.exchange(done(claims[second]), take=0)
    assert await take(services, worker) == {}
    await services.deadlock_finder.run_once()
    await services.deadlock_finder.run_once()
    claims = await take(services, worker)
    assert set(claims) == {first}, "the second job has failed, and its slot is free"
    assert (await status(services, first), await status(services, second)) == ("running", "failed")
    assert "failed" in (await statuses(services, second)).values()
    async with services.database.read() as connection:
        assert await deadlocks.holding_waits(connection) == []
    await worker.exchange(done(claims[first]))
    assert await held(services) == []


async def test_a_job_that_waits_for_one_that_runs_is_left_alone(services: Services, worker: HandWorker) -> None:
    first, second = await start(services, crossing("a", "b")), await start(services, crossing("a", "b"))
    other = await start(services, crossing("b", "b"))
    claims = await take(services, worker)
    await worker.exchange(done(claims[first]), take=0)
    await services.deadlock_finder.run_once()
    await drive(services)
    assert [await status(services, one) for one in (first, second, other)] == ["running", "pending", "running"]
    assert await error_of(services, first) is None


async def test_a_sub_task_counts_for_the_job_that_waits_for_it(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    inner = Task(flow={"s": Step(action="true")}, limits=("b",))
    outer = Task(flow={"wait": Step(action="true"), "call": Step(action="call", depends_on=("wait",))}, limits=("a",))
    calling = Definitions(
        tasks={"t": outer, "inner": inner},
        actions={"true": TRUE, "call": Action(type="task", task="inner")},
        limits=LIMITS,
    )
    for number in range(1, 1000):
        flows.definitions.setdefault(number, calling)
    first, second = await start(services, crossing("b", "a")), await start(services, calling)
    claims = await take(services, worker)
    await worker.exchange(*map(done, claims.values()), take=0)
    await drive(services)
    await services.deadlock_finder.run_once()
    await drive(services)
    assert sorted([await status(services, first), await status(services, second)]) == ["failed", "running"]


def wait(number: int, key: str, *holds: tuple[str, int], size: int = 1) -> HoldingWait:
    owner = (uuid.UUID(int=number), 0)
    return HoldingWait(id=number, owner=owner, key=key, size=size, taken=size, holds=frozenset(holds))


def test_a_slot_that_can_become_free_is_no_deadlock() -> None:
    assert victim_of([wait(1, "a", ("b", 1)), wait(2, "b", ("c", 1))]) is None
    assert victim_of([wait(1, "a", ("b", 1), size=2), wait(2, "b", ("a", 1))]) is None
    both = [wait(1, "a", ("b", 1), size=2), wait(2, "b", ("a", 1)), wait(3, "b", ("a", 2))]
    last = victim_of(both)
    assert last is not None
    assert last.id == 3
