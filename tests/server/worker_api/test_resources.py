"""A worker with resources, and a server that hands out what fits."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from stroem.registry.registry import load_plugins
from stroem.settings.worker import WorkerSettings
from stroem.worker.worker import Worker
from tests.server.conftest import TOKEN, Running
from tests.support.wait import eventually

STEPS, OTHERS = 6, 12
WORKFLOWS = """
actions:
  licensed:
    type: shell
    cmd: |
      mkdir {book}/held || echo two at once >> {book}/faults
      echo begins >> {book}/licensed; sleep 0.05
      rmdir {book}/held
    resources: {{license: 1, cpu: 64}}
  other: {{type: shell, cmd: "until test -e {book}/gate; do sleep 0.02; done; echo x >> {book}/others"}}
  big: {{type: shell, cmd: "true", resources: {{license: 3}}}}
tasks:
  licensed:
    input: {{n: {{type: integer, default: 1}}}}
    flow:
      all: {{action: licensed, for_each: "{{{{ range(6) }}}}"}}
  others:
    flow:
      one: {{action: other}}
  big:
    flow:
      big: {{action: big}}
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A folder in which steps note what they do."""
    found = tmp_path / "book"
    found.mkdir()
    return found


@pytest.fixture
async def site(server: Running, book: Path, tmp_path: Path) -> AsyncIterator[Running]:
    """A server with a worker that has one license."""
    (server.folder / ".workflows" / "resources.yaml").write_text(WORKFLOWS.format(book=book))
    async with server.http.post("/api/workspaces/main/reconcile", json={}) as response:
        found = await response.json()
        assert response.status == 200, found
        assert [one for one in found["problems"] if one["severity"] == "error"] == []
    settings = WorkerSettings(
        server_url=server.url,
        worker_token=TOKEN,
        worker_name="licensed",
        max_concurrent=16,
        poll_interval_secs=0.1,
        workspace_cache_dir=tmp_path / "cache",
        capabilities=("script",),
        resources={"license": 1, "memory": "8Gi"},
    )
    worker = Worker(settings, load_plugins())
    running = asyncio.create_task(worker.run())
    await worker.registered.wait()
    yield server
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def ended(server: Running, *jobs: str) -> list[dict[str, Any]]:
    async def found() -> list[dict[str, Any]] | None:
        details = [await server.get(f"/api/jobs/{job}") for job in jobs]
        return details if all(one["status"] in ("completed", "failed") for one in details) else None

    return await eventually(found, "the jobs end", within=60)


async def the_worker(server: Running) -> dict[str, Any]:
    items = (await server.get("/api/workers"))["items"]
    return next(one for one in items if one["name"] == "licensed")


async def test_one_license_is_never_taken_twice_while_other_steps_go_on(site: Running, book: Path) -> None:
    others = [await site.start_job("others") for _ in range(OTHERS)]
    licensed = [await site.start_job("licensed") for _ in range(2)]
    assert {one["status"] for one in await ended(site, *licensed)} == {"completed"}
    assert (book / "licensed").read_text().count("begins") == 2 * STEPS
    assert not (book / "faults").exists()
    assert (await the_worker(site))["used_slots"] == OTHERS
    (book / "gate").touch()
    assert {one["status"] for one in await ended(site, *others)} == {"completed"}


async def test_a_worker_shows_what_it_offers_and_what_is_taken(site: Running, book: Path) -> None:
    assert (await the_worker(site))["resources"] == [
        {"name": "license", "size": "1", "taken": "0", "share": 0},
        {"name": "memory", "size": "8Gi", "taken": "0", "share": 0},
    ]


async def test_what_no_worker_can_hold_is_told_with_the_largest_offer(site: Running) -> None:
    job = await site.start_job("big")
    (blocker,) = (await site.get(f"/api/jobs/{job}/waiting"))["blockers"]
    assert blocker["kind"] == "worker"
    assert blocker["resources"] == {"license": "3"}
    assert blocker["text"].startswith(
        "No active worker is large enough for the step: it takes license 3, and the largest offer is 1; the step fails"
    )
    (group,) = (await site.get("/api/queue"))["groups"]
    assert (group["resources"], group["has_worker"]) == ({"license": "3"}, False)
    for wanted, count in (("license=3", 1), ("license=1", 0), ("", 0)):
        assert len((await site.get("/api/queue/steps", resources=wanted))["items"]) == count
    async with site.http.post("/api/workspaces/main/tasks/big/dry-run", json={}) as response:
        found = await response.json()
    assert found["steps"][0]["resources"] == {"license": "3"}
    assert "the largest offer is 1" in found["blockers"][0]["message"]


async def test_amounts_that_are_none_are_refused(server: Running) -> None:
    body = {"name": "w", "capabilities": ["script"], "resources": {"license": "many"}}
    async with server.worker.post("/worker/register", json=body) as response:
        assert response.status == 400
        assert (await response.json())["error"] == (
            "resources.license: 'many' is no amount such as 500m, 2, 512Mi or 1Gi"
        )
