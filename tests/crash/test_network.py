"""The network between worker and server loses answers, or everything for a while."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.crash.books import read_books
from tests.crash.checks import completed, until_over
from tests.crash.proxy import Proxy
from tests.crash.site import LEASE_SECS, Site
from tests.crash.workload import Order
from tests.support.programs import free_port

pytestmark = pytest.mark.slow("kills programs, PostgreSQL and connections")

REQUEST_SECS = 1
LONG_LEASE_SECS = 600
"""So long that no lease ends within a test."""
HOLD_SECS = 25
"""How long the server holds a request of a worker."""


@asynccontextmanager
async def behind_proxy(
    folder: Path, database_url: str, lease_secs: float = LONG_LEASE_SECS
) -> AsyncIterator[tuple[Site, Proxy]]:
    """A site that is up, and the proxy through which its worker speaks with the server."""
    port = free_port()
    site = Site(
        folder,
        database_url,
        worker_sees=f"http://127.0.0.1:{port}",
        lease_secs=lease_secs,
        request_timeout_secs=REQUEST_SECS,
        connect_timeout_secs=REQUEST_SECS,
    )
    proxy = Proxy(site.port)
    async with proxy.on(port), site:
        await site.up()
        yield site, proxy


async def test_steps_in_an_answer_that_was_lost_are_handed_out_again(tmp_path: Path, database_url: str) -> None:
    async with behind_proxy(tmp_path, database_url) as (site, proxy):
        proxy.lose_once(lambda asked, answered: b'"action_spec"' in answered)
        order = Order(number=1000, task="fork")
        jobs = {await site.run(order): order}

        await completed(site, jobs)
        assert proxy.lost == 1
        assert {step.attempt for steps in (await read_books(site.database_url)).steps.values() for step in steps} == {1}


async def test_news_whose_answer_was_lost_are_recorded_once(tmp_path: Path, database_url: str) -> None:
    async with behind_proxy(tmp_path, database_url) as (site, proxy):
        proxy.lose_once(lambda asked, answered: b'"exit_code"' in asked)
        order = Order(number=1000, task="chain")
        jobs = {await site.run(order): order}

        await completed(site, jobs)
        assert proxy.lost == 1


async def test_network_is_dead_while_steps_end(tmp_path: Path, database_url: str) -> None:
    """For longer than a request may take."""
    async with behind_proxy(tmp_path, database_url) as (site, proxy):
        gate = tmp_path / "gate"
        order = Order(number=1000, task="fork", gate=str(gate))
        jobs = {await site.run(order): order}
        job_id = next(iter(jobs))
        await site.until_begun(job_id)
        await site.until_begun(job_id, "beside")

        proxy.freeze()
        gate.touch()
        await until_over(site, job_id, "first")
        await site.worker.until_said("cannot be reached")
        proxy.thaw(forget=False)

        await completed(site, jobs)
        assert len((await read_books(site.database_url)).workers) == 1


async def test_connections_that_died_unnoticed_are_given_up(tmp_path: Path, database_url: str) -> None:
    """A heartbeat that fails ends the held request on a dead connection, which would end by itself much later."""
    async with behind_proxy(tmp_path, database_url, LEASE_SECS) as (site, proxy):
        proxy.freeze()
        order = Order(number=1000, task="single")
        jobs = {await site.run(order): order}
        await site.worker.until_said("cannot be reached")
        proxy.thaw(forget=True)

        await completed(site, jobs, within=HOLD_SECS - 5)
