"""A worker with a running container is killed, beside another worker of the same engine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.crash.site import WORKER, Site
from tests.crash.workload import Order
from tests.support.docker_engine import IMAGE, DockerEngine, docker_engine
from tests.support.wait import eventually

pytestmark = pytest.mark.slow("kills programs, PostgreSQL and connections")


@pytest.fixture
def engine() -> Iterator[DockerEngine]:
    """An engine of the test's own."""
    with docker_engine() as running:
        yield running


def write_tasks(folder: Path) -> None:
    """Writes a task for each worker: a container that runs until it is ended."""
    tasks = {
        name: {"flow": {"first": {"type": "docker", "image": IMAGE, "cmd": "sleep 600", "tags": [name]}}}
        for name in (WORKER, "neighbour")
    }
    (folder / "workspace" / ".workflows" / "containers.yaml").write_bytes(orjson.dumps({"tasks": tasks}))


async def test_what_killed_workers_left_is_removed_and_what_a_neighbour_runs_is_not(
    tmp_path: Path, database_url: str, engine: DockerEngine
) -> None:
    docker: dict[str, Any] = {
        "capabilities": ["docker"],
        "runners": {"docker": {"host": engine.address, "network": "none"}},
    }
    async with Site(tmp_path, database_url, tags=[WORKER], **docker) as site:
        write_tasks(tmp_path)
        neighbour = site.neighbour("neighbour", tags=["neighbour"], **docker)
        await site.up()
        await neighbour.up()
        try:
            jobs = [await site.run(Order(number=1, task=name)) for name in (WORKER, "neighbour")]
            await eventually(lambda: len(up_of(engine)) == 2, "both containers run")
            (own,) = up_of(engine, jobs[0])
            (theirs,) = up_of(engine, jobs[1])

            await site.worker.kill()
            assert up_of(engine) == sorted([own, theirs])
            await site.worker.up()

            job = await site.until_ended(jobs[0])
            assert job["status"] == "failed"
            await eventually(lambda: up_of(engine) == [theirs], "the container of the killed worker is gone")
            assert (await site.get(f"/api/jobs/{jobs[1]}"))["status"] == "running"

            await neighbour.kill()
            assert (await site.until_ended(jobs[1]))["status"] == "failed", "its lease is over"
            await eventually(lambda: engine.containers() == [], "the worker that is left removes the container")
        finally:
            await neighbour.close()


async def test_a_killed_worker_leaves_no_container_that_it_kept_ready(
    tmp_path: Path, database_url: str, engine: DockerEngine
) -> None:
    def docker(size: int) -> dict[str, Any]:
        pool = [{"image": IMAGE, "size": size, "workspace": False}]
        return {
            "capabilities": ["docker"],
            "runners": {"docker": {"host": engine.address, "network": "none", "pool": pool}},
        }

    async with Site(tmp_path, database_url, tags=[WORKER], **docker(2)) as site:
        write_tasks(tmp_path)
        neighbour = site.neighbour("neighbour", tags=["neighbour"], **docker(1))
        await site.up()
        await neighbour.up()
        try:
            await eventually(lambda: len(ready(engine)) == 3, "three containers are ready")
            job = await site.run(Order(number=1, task=WORKER))
            await eventually(lambda: len(ready(engine)) == 3 and len(engine.containers()) == 4, "one was taken")
            (taken,) = set(engine.containers()) - set(ready(engine))
            assert taken.startswith(f"stroem-{job.replace('-', '')}-")

            await site.worker.kill()
            await eventually(lambda: len(ready(engine)) == 1, "agents end with their worker")
            (kept,) = ready(engine)
            await site.worker.up()
            assert (await site.until_ended(job))["status"] == "failed"
            await eventually(lambda: len(ready(engine)) == 3, "the pool is full again")
            await eventually(lambda: len(engine.containers()) == 3, "what the killed one has left is gone")
            assert kept in ready(engine)

            site.worker.ask_to_stop()
            await eventually(lambda: engine.containers() == [kept], "a worker that stops removes its own")
        finally:
            await neighbour.close()


def ready(engine: DockerEngine) -> list[str]:
    """The names of running containers that no step has."""
    with engine.client() as client:
        found = [one["Names"][0].lstrip("/") for one in client.containers(filters={"label": "stroem.pool"})]
    return sorted(name for name in found if name.startswith("stroem-pool-"))


def up_of(engine: DockerEngine, job_id: str | None = None) -> list[str]:
    """The names of running containers, all or those of a job."""
    label = "stroem.mark" if job_id is None else f"stroem.job={job_id}"
    with engine.client() as client:
        return sorted(one["Names"][0].lstrip("/") for one in client.containers(filters={"label": label}))
