"""What limits would do with a job that is not created yet."""

import pytest

from stroem.definitions.limit import Concurrency, Limit, Policy, Rate
from stroem.orchestrator.jobs.new_jobs import StartRequest
from stroem.orchestrator.limits.verdicts import SlotVerdict, verdicts_of
from stroem.orchestrator.services import Services
from stroem.store.statement import fetch
from tests.orchestrator.conftest import new_release, start
from tests.orchestrator.limits.test_policies import drive, limited

POLICIES: dict[Policy, str] = {
    "queue": "waits", "skip": "skipped", "cancel_newest": "cancelled", "cancel_previous": "cancels",
}  # fmt: skip


async def verdicts(services: Services, request: StartRequest) -> tuple[SlotVerdict, ...]:
    """What the limits would do with the job of a request, which is not created."""
    job = (await services.starter._new_jobs.prepare(request)).job
    async with services.database.read() as connection:
        return await verdicts_of(connection, job.slots, job.priority)


@pytest.mark.parametrize("policy", POLICIES)
async def test_the_verdict_of_a_policy(services: Services, policy: Policy) -> None:
    definitions = limited(concurrency=Concurrency(policy=policy))
    request = StartRequest(task="t", definitions=definitions, release=await new_release(services), raw_input={})
    assert [one.verdict for one in await verdicts(services, request)] == ["starts"]
    first = await start(services, definitions)
    (verdict,) = await verdicts(services, request)
    assert (verdict.key, verdict.verdict, verdict.ahead) == ("task:default/t/", POLICIES[policy], 0)
    assert verdict.state is not None
    assert [one.job_id for one in verdict.state.holders] == [first]
    async with services.database.read() as connection:
        assert await fetch(connection, "SELECT count(*) FROM jobs") == [(1,)], "no job was created"


async def test_the_verdicts_of_several_limits(services: Services) -> None:
    limits = {"api": Limit(rate=Rate(starts=1, secs=600)), "db": Limit(max=5)}
    definitions = limited(concurrency=Concurrency(max_queue=0), limits=limits)
    task = definitions.tasks["t"]
    both = limited(task, limits)
    both.tasks["t"] = type(task)(flow=task.flow, limits=("db", "api"))
    request = StartRequest(task="t", definitions=both, release=await new_release(services), raw_input={})
    await start(services, both)
    await drive(services)
    found = {one.key.rpartition("/")[2]: one.verdict for one in await verdicts(services, request)}
    assert found == {"api": "waits", "db": "starts"}
    await start(services, definitions)
    refused = StartRequest(task="t", definitions=definitions, release=await new_release(services), raw_input={})
    assert [one.verdict for one in await verdicts(services, refused)] == ["refused"]


async def test_a_task_without_limits_has_no_verdict(services: Services) -> None:
    request = StartRequest(task="t", definitions=limited(), release=await new_release(services), raw_input={})
    assert await verdicts(services, request) == ()
