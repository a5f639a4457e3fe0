"""Steps that run on without their worker: it comes back in time, or another one of its group goes on with them."""

import uuid

import attrs

from stroem.orchestrator.services import Services
from stroem.protocol.registration import Registration
from tests.orchestrator.conftest import HandWorker, chain, done, execute, printed, start, statuses, workspace

OFFER = Registration(name="w", capabilities=("script",))


async def register(services: Services, **fields: object) -> HandWorker:
    registered = await services.leases.register(attrs.evolve(OFFER, **fields))
    return HandWorker(services, registered.worker_id)


async def test_a_worker_that_comes_back_in_time_keeps_its_id_and_its_steps(
    services: Services, worker: HandWorker
) -> None:
    job_id = await start(services, workspace(chain("a")))
    claim = (await worker.take())["a"]
    lines = attrs.evolve(printed(claim, 0, "x", "y"), stdout_bytes=4, stderr_bytes=1)
    await worker.exchange(lines=[lines])
    await worker.exchange(lines=[attrs.evolve(printed(claim, 1, "z"), stdout_bytes=6)])
    again = await register(services, worker_id=worker.id, resumes=True)
    assert again.id == worker.id
    await services.rescuer.run_once()
    assert await statuses(services, job_id) == {"a": "running"}
    (resent,) = (await again.exchange(take=0, holding=())).steps or ()
    assert (resent.attempt, resent.log_chunk, resent.stdout_bytes, resent.stderr_bytes) == (1, 2, 6, 1)
    assert resent.claimed_at == claim.claimed_at
    await again.exchange(done(resent))
    assert await statuses(services, job_id) == {"a": "completed"}


async def test_a_worker_that_comes_back_too_late_begins_anew(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(chain("a")))
    await worker.take()
    await services.rescuer.run_once()
    await execute(services, "UPDATE workers SET lease_until = now() - interval '1 hour'")
    await services.rescuer.run_once()
    assert (await register(services, worker_id=worker.id, resumes=True)).id != worker.id
    assert await statuses(services, job_id) == {"a": "failed"}
    assert (await register(services, worker_id=uuid.uuid4(), resumes=True)).id is not None


async def test_another_worker_of_the_group_gets_the_steps_of_a_lost_one(services: Services) -> None:
    lost = await register(services, group="cluster")
    job_id = await start(services, workspace(chain("a", "b")))
    claim = (await lost.take())["a"]
    heir = await register(services, group="cluster", capabilities=("script", "docker"))
    for other in ({"group": "other"}, {}, {"group": "cluster", "capabilities": ("docker",)}):
        await register(services, **other)
    await services.rescuer.run_once()
    assert (await heir.exchange(take=0, holding=())).steps == (), "its lease has not ended"
    await lose(services, lost)
    (adopted,) = (await heir.exchange(take=0, holding=())).steps or ()
    assert (adopted.adopted, adopted.step_name, adopted.attempt) == (True, "a", 1)
    assert (await lost.exchange(take=0, holding=[claim.step])).cancel == (claim.step,)
    await lost.exchange(done(claim))
    assert await statuses(services, job_id) == {"a": "running", "b": "pending"}, "the lost worker has no say"
    (following,) = (await heir.exchange(done(adopted))).steps or ()
    assert (following.step_name, following.adopted) == ("b", False)
    (again,) = (await heir.exchange(take=0, holding=())).steps or ()
    assert not again.adopted, "an answer that was lost is no adoption"


async def test_without_another_worker_of_the_group_steps_fail(services: Services) -> None:
    lost = await register(services, group="cluster")
    job_id = await start(services, workspace(chain("a")))
    await lost.take()
    await register(services, group="cluster", tags=())
    await execute(services, f"UPDATE workers SET state = 'draining' WHERE id <> '{lost.id}'")
    await services.rescuer.run_once()
    await lose(services, lost)
    assert await statuses(services, job_id) == {"a": "failed"}


async def lose(services: Services, worker: HandWorker) -> None:
    await execute(services, f"UPDATE workers SET lease_until = now() - interval '1 hour' WHERE id = '{worker.id}'")
    await services.rescuer.run_once()
