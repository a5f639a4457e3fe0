"""One part at a time dies, hangs or is asked to stop, while steps run that are known by name."""

import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.crash.books import leases, read_books
from tests.crash.checks import completed, until_over
from tests.crash.postgres import Postgres
from tests.crash.processes import step_processes
from tests.crash.site import Site
from tests.crash.workload import Order, executions
from tests.support.wait import eventually

pytestmark = pytest.mark.slow("kills programs, PostgreSQL and connections")


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[Site]:
    """A site that is up."""
    async with Site(tmp_path, database_url) as site:
        await site.up()
        yield site


async def test_server_is_killed_under_running_steps(site: Site) -> None:
    """The worker keeps its steps, what they print and how they end, until there is a server again."""
    gate = site.folder / "gate"
    orders = [
        Order(number=1000, task="chain", gate=str(gate), lines=8),
        Order(number=2000, task="fork", gate=str(gate)),
    ]
    orders.append(Order(number=3000, task="single", gate=str(gate), lines=40_000))
    jobs = {await site.run(order): order for order in orders}
    for job_id in jobs:
        await site.until_begun(job_id)

    await site.server.kill()
    gate.touch()
    for job_id in jobs:
        await until_over(site, job_id, "first")
    await site.server.up()

    await completed(site, jobs)
    assert len((await read_books(site.database_url)).workers) == 1


async def test_worker_that_is_asked_to_stop_finishes_its_steps_and_takes_no_more(site: Site) -> None:
    gate = site.folder / "gate"
    running = Order(number=1000, task="single", gate=str(gate))
    jobs = {await site.run(running): running}
    await site.until_begun(next(iter(jobs)))

    site.worker.ask_to_stop()
    await site.worker.until_said("Stopping")
    for number in range(2000, 5000, 1000):  # the first may still be in the answer to an earlier request
        waiting = Order(number=number, task="single")
        job_id = await site.run(waiting)
        jobs[job_id] = waiting
        await may_be_taken(site, job_id)
    assert site.worker.runs
    gate.touch()
    assert await site.worker.exit_code() == 0

    assert [(await site.get(f"/api/jobs/{job_id}"))["status"] for job_id in jobs][-1] == "pending"
    await site.worker.up()
    await completed(site, jobs)


async def test_worker_that_hangs_loses_its_steps_and_ends_them_when_it_is_back(site: Site) -> None:
    """What it has to say of them then changes nothing."""
    gate = site.folder / "gate"
    order = Order(number=1000, task="chain", gate=str(gate))
    job_id = await site.run(order)
    await site.until_begun(job_id)

    site.worker.signal(signal.SIGSTOP)
    lost = await site.until_ended(job_id)
    assert [step["status"] for step in lost["steps"]] == ["failed", "skipped"]
    assert lost["steps"][0]["error_message"].startswith("Worker lost: ")
    site.worker.signal(signal.SIGCONT)

    await eventually(lambda: no_step_runs(site), "the worker ends the step")
    gate.touch()
    later = Order(number=2000, task="chain")
    await completed(site, {await site.run(later): later})
    assert await site.get(f"/api/jobs/{job_id}") == lost
    assert executions(site.journal, job_id, "first") == (1, 0)


async def test_server_that_hangs_longer_than_a_lease_costs_no_worker_its_steps(site: Site) -> None:
    """Nobody listened to the worker meanwhile: that it was silent says nothing."""
    gate = site.folder / "gate"
    order = Order(number=1000, task="chain", gate=str(gate), lines=8)
    jobs = {await site.run(order): order}
    await site.until_begun(next(iter(jobs)))

    async def lease_is_over() -> bool:
        return await leases(site.database_url) == 0

    site.server.signal(signal.SIGSTOP)
    await eventually(lease_is_over, "the lease of the worker is over")
    site.server.signal(signal.SIGCONT)
    gate.touch()

    await completed(site, jobs)


async def test_postgresql_is_killed_under_a_live_server_and_worker(tmp_path: Path) -> None:
    """Neither is started again, and both go on."""
    async with Postgres() as postgres, Site(tmp_path, postgres.url) as site:
        await site.up()
        gate = site.folder / "gate"
        order = Order(number=1000, task="chain", gate=str(gate))
        jobs = {await site.run(order): order}
        await site.until_begun(next(iter(jobs)))

        await postgres.kill()
        gate.touch()
        await until_over(site, next(iter(jobs)), "first")
        with pytest.raises(aiohttp.ClientResponseError) as refused:
            await site.run(Order(number=2000, task="single"))
        assert refused.value.status in (500, 503)
        await postgres.up()

        later = Order(number=3000, task="fork")
        jobs[await until_accepted(site, later)] = later
        await completed(site, jobs)
        assert site.server.runs
        assert site.worker.runs


async def may_be_taken(site: Site, job_id: str) -> None:
    """Waits until a worker takes the job, or a moment in which it would have."""
    with contextlib.suppress(AssertionError):
        await site.until_begun(job_id, within=1)


async def no_step_runs(site: Site) -> bool:
    """Whether no process of a step is there."""
    return not step_processes(site.worker_data)


async def until_accepted(site: Site, order: Order) -> str:
    """Asks until the server takes the job; its id."""

    async def accepted() -> str | None:
        try:
            return await site.run(order)
        except aiohttp.ClientResponseError:
            return None

    job_id = await eventually(accepted, "jobs are accepted again")
    assert job_id is not None
    return job_id
