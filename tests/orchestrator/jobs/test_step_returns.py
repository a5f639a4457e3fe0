"""Workers that give claimed steps back."""

import attrs
import pytest

from stroem.definitions.task import Step, Task
from stroem.orchestrator.services import Services
from stroem.protocol.claim import Claim
from stroem.protocol.exchange import ExchangeRequest
from stroem.protocol.registration import Registration
from stroem.protocol.steps import Return
from tests.orchestrator.conftest import HandWorker, done, job_of, start, statuses, workspace
from tests.orchestrator.jobs.test_split_recorder import poison

WIDE = workspace(Task(flow={name: Step(action="true") for name in ("a", "b", "c")}))


@pytest.fixture
async def other(services: Services) -> HandWorker:
    """Another worker."""
    registered = await services.leases.register(Registration(name="other", capabilities=("script",)))
    return HandWorker(services, registered.worker_id)


def returned(claim: Claim) -> Return:
    assert claim.claimed_at is not None
    fields = attrs.asdict(claim.step)
    return Return(**fields, claimed_at=claim.claimed_at)


async def give_back(services: Services, worker: HandWorker, *claims: Return) -> None:
    await services.exchange.run(ExchangeRequest(worker_id=worker.id, max_steps=0, returned=claims))


async def test_another_worker_gets_the_step(services: Services, worker: HandWorker, other: HandWorker) -> None:
    job_id = await start(services, WIDE)
    claims = await worker.take()
    await give_back(services, worker, returned(claims["b"]), returned(claims["c"]))
    assert await statuses(services, job_id) == {"a": "running", "b": "ready", "c": "ready"}
    again = await other.take()
    assert {name: claim.attempt for name, claim in again.items()} == {"b": 1, "c": 1}
    await other.exchange(done(again["b"]), done(again["c"]))
    await worker.exchange(done(claims["a"]))
    assert (await job_of(services, job_id)).status == "completed"


async def test_a_return_that_comes_twice_does_not_touch_a_later_claim(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, WIDE)
    first = (await worker.take())["a"]
    await give_back(services, worker, returned(first))
    second = (await worker.take())["a"]
    assert second.attempt == first.attempt
    assert second.claimed_at != first.claimed_at
    await give_back(services, worker, returned(first))
    assert (await statuses(services, job_id))["a"] == "running"


async def test_a_step_of_another_worker_or_of_an_unknown_job_is_left_alone(
    services: Services, worker: HandWorker, other: HandWorker
) -> None:
    job_id = await start(services, WIDE)
    claims = await worker.take(2)
    own = next(iter(claims.values()))
    unknown = attrs.evolve(returned(own), job_id=other.id)
    await give_back(services, other, returned(own))
    assert set((await statuses(services, job_id)).values()) == {"running", "ready"}
    await give_back(services, worker, unknown, returned(own))
    assert [*(await statuses(services, job_id)).values()].count("ready") == 2


async def test_a_step_that_cannot_be_put_back_fails_its_job_alone(services: Services, worker: HandWorker) -> None:
    first, bad, last = [await start(services, WIDE) for _ in range(3)]
    claims = (await worker.exchange(take=9)).steps or ()
    await poison(services, "steps", f"NEW.job_id = '{bad}' AND NEW.status = 'ready'", "UPDATE")
    await give_back(services, worker, *[returned(claim) for claim in claims if claim.step_name == "a"])
    assert [(await statuses(services, job_id))["a"] for job_id in (first, last)] == ["ready", "ready"]
    job = await job_of(services, bad)
    assert (job.status, job.error) == ("failed", "Step 'a' cannot be put back into the queue: this row is cursed")
