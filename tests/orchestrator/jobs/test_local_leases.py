"""Local jobs of a worker that is not heard: how long it keeps them, and what is lost with it."""

import attrs

from stroem.definitions.retry import Retry
from stroem.definitions.task import Step, Task
from stroem.orchestrator.services import Services
from stroem.protocol.registration import Registration
from stroem.store import statement
from tests.orchestrator.conftest import (
    HandWorker,
    chain,
    done,
    errors_of,
    execute,
    job_of,
    start,
    statuses,
    workspace,
)

OFFER = Registration(name="w", capabilities=("script",))
WITHIN, PAST = "5 minutes", "11 minutes"


def local(*names: str) -> Task:
    return attrs.evolve(chain(*names), mode="local")


async def register(services: Services, **fields: object) -> HandWorker:
    registered = await services.leases.register(attrs.evolve(OFFER, **fields))
    return HandWorker(services, registered.worker_id)


async def silence(services: Services, worker: HandWorker, since: str) -> None:
    """The worker was heard that long ago, and its lease of two minutes has ended."""
    await services.job_loop.run_once()  # the jobs of claimed steps have their workers
    await services.rescuer.run_once()  # gives all workers a lease the first time
    await execute(
        services,
        f"""UPDATE workers SET heartbeat_at = now() - interval '{since}',
            lease_until = now() - interval '{since}' + interval '2 minutes' WHERE id = '{worker.id}'""",
    )
    await services.rescuer.run_once()


async def is_active(services: Services, worker: HandWorker) -> bool:
    async with services.database.read() as connection:
        rows = await statement.fetch(connection, "SELECT active FROM workers WHERE id = %s", (worker.id,))
    return bool(rows[0][0])


async def test_a_worker_keeps_its_local_jobs_beyond_its_lease_and_no_others(
    services: Services, worker: HandWorker
) -> None:
    kept, lost = await start(services, workspace(local("a", "b"))), await start(services, workspace(chain("x")))
    claims = await worker.take()
    await silence(services, worker, WITHIN)
    assert await statuses(services, lost) == {"x": "failed"}
    assert await statuses(services, kept) == {"a": "running", "b": "pending"}
    assert not await is_active(services, worker)
    answer = await worker.exchange(done(claims["a"]), done(claims["x"]))
    assert [one.step_name for one in answer.steps or ()] == ["b"]
    assert await statuses(services, kept) == {"a": "completed", "b": "running"}
    assert await statuses(services, lost) == {"x": "failed"}
    assert await is_active(services, worker)


async def test_a_heartbeat_is_enough_to_come_back(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(local("a")))
    await worker.take()
    await silence(services, worker, WITHIN)
    assert await services.leases.heartbeat(worker.id) == "active"
    assert await is_active(services, worker)
    await services.rescuer.run_once()
    assert await statuses(services, job_id) == {"a": "running"}


async def test_a_worker_of_live_local_jobs_comes_back_under_its_id(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(local("a")))
    claim = (await worker.take())["a"]
    await silence(services, worker, WITHIN)
    again = await register(services, worker_id=worker.id, resumes=True)
    assert again.id == worker.id
    assert [one.step for one in (await again.exchange(take=0, holding=())).steps or ()] == [claim.step]
    await again.exchange(done(claim))
    assert await statuses(services, job_id) == {"a": "completed"}
    await silence(services, worker, WITHIN)
    assert (await register(services, worker_id=worker.id, resumes=True)).id != worker.id, "it has no local jobs left"


async def test_a_worker_that_is_not_heard_for_longer_loses_the_whole_job(
    services: Services, worker: HandWorker
) -> None:
    step = Step(action="true", retry=Retry(max_attempts=3, delay=0), continue_on_failure=True)
    flow = {"a": step, "b": step, "c": Step(action="true", depends_on=("a",))}
    task = Task(mode="local", flow=flow, retry=Retry(max_attempts=1, delay=3600))
    job_id = await start(services, workspace(task))
    await worker.take()
    await services.job_loop.run_once()
    await worker.take()
    assert await statuses(services, job_id) == {"a": "running", "b": "running", "c": "pending"}
    await silence(services, worker, PAST)
    job = await job_of(services, job_id)
    reason = "Worker lost: w stopped renewing its lease"
    assert (job.status, job.error) == ("failed", reason)
    assert reason in await errors_of(services, job_id)
    assert job.retry_job is not None
    assert (await job_of(services, job.retry_job)).worker_id is None
    assert (await register(services, worker_id=worker.id, resumes=True)).id != worker.id


async def test_a_worker_that_registers_anew_has_lost_its_local_jobs_at_once(
    services: Services, worker: HandWorker
) -> None:
    job_id = await start(services, workspace(local("a", "b")))
    await worker.take()
    await services.rescuer.run_once()
    await register(services, worker_id=worker.id)
    await services.rescuer.run_once()
    assert (await job_of(services, job_id)).status == "failed"


async def test_a_removed_worker_has_lost_its_local_jobs_at_once(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(local("a", "b")))
    await worker.take()
    await services.rescuer.run_once()
    await execute(services, f"DELETE FROM workers WHERE id = '{worker.id}'")
    await services.rescuer.run_once()
    assert (await job_of(services, job_id)).status == "failed"


async def test_a_step_that_waits_for_the_worker_waits_as_long(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(local("a", "b")))
    claim = (await worker.take())["a"]
    await worker.exchange(done(claim), take=0)
    await register(services, name="other")
    await execute(services, "UPDATE steps SET ready_at = now() - interval '8 minutes'")
    await silence(services, worker, WITHIN)
    assert await statuses(services, job_id) == {"a": "completed", "b": "ready"}
    await silence(services, worker, PAST)
    job = await job_of(services, job_id)
    assert (job.status, job.error) == ("failed", "Worker lost: w, on which the job stays, is gone")


async def test_the_cleanup_of_a_lost_job_runs_on_another_worker(services: Services, worker: HandWorker) -> None:
    cleanup = {"one": Step(action="true"), "two": Step(action="true", depends_on=("one",))}
    job_id = await start(services, workspace(attrs.evolve(local("a"), finally_=cleanup)))
    await worker.take()
    await silence(services, worker, PAST)
    assert await statuses(services, job_id) == {"a": "failed", "one": "ready", "two": "pending"}
    other = await register(services, name="other")
    one = (await other.take())["one"]
    await services.job_loop.run_once()
    assert (await job_of(services, job_id)).worker_id == other.id
    two = (await other.follow(done(one)))["two"]
    await other.exchange(done(two))
    job = await job_of(services, job_id)
    assert (job.status, job.error) == ("failed", "Worker lost: w stopped renewing its lease")


async def test_a_result_after_the_loss_changes_nothing(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(local("a", "b")))
    claim = (await worker.take())["a"]
    await silence(services, worker, PAST)
    answer = await worker.exchange(done(claim), holding=[claim.step])
    assert answer.cancel == (claim.step,)
    assert (await job_of(services, job_id)).status == "failed"
