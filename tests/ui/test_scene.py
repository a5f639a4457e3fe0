"""The small scene comes up, and the server shows whatever is in it."""

import random
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stroem.store.jobs.jobs import TERMINAL
from tests.ui.scene.running_scene import EXTENTS, Size, scene
from tests.ui.scene.server import Running

_JOBS = 40


@pytest.fixture(params=["small", pytest.param("full", marks=pytest.mark.slow("large scenes"))])
async def size(request: pytest.FixtureRequest) -> Size:
    """Which scene."""
    found: Size = request.param
    return found


@pytest.fixture
async def running(size: Size) -> AsyncIterator[Running]:
    """A scene. Its folder is not one of pytest's: PostgreSQL may run as another user."""
    with tempfile.TemporaryDirectory(prefix="stroem-scene-", ignore_cleanup_errors=True) as folder:
        async with scene(Path(folder), size) as found:
            yield found


async def test_a_scene_is_consistent(running: Running, size: Size) -> None:
    await _workspaces_stand_as_they_should(running, size)
    counts = await running.get("/api/stats")
    assert sum(counts[status] for status in TERMINAL) >= EXTENTS[size].jobs
    assert counts["running"] > 5
    page = await running.get("/api/jobs", limit=500)
    for one in random.Random(1).sample(page["items"], _JOBS):
        await _job_is_consistent(running, one["job_id"])


async def _workspaces_stand_as_they_should(running: Running, size: Size) -> None:
    found = {one["name"]: one for one in await running.get("/api/workspaces")}
    assert set(found) == set(EXTENTS[size].workspaces)
    assert len((await running.get("/api/workspaces/flows"))["problems"]) == 2
    assert "waiting" in await running.get("/api/workspaces/billing")
    for name in ("catalog", "infra", "warehouse", "web-edge"):
        assert (await running.get(f"/api/workspaces/{name}/drift"))["overrides"], name
    assert len((await running.get("/api/approvals"))["items"]) >= 2
    used = {one["ref"]: len(one["used_by"]) for one in await running.get("/api/libraries")}
    assert used == {"v1.4.0": len(found), "main": len(found)}


async def _job_is_consistent(running: Running, job_id: str) -> None:
    job = await running.get(f"/api/jobs/{job_id}")
    logs = await running.get(f"/api/jobs/{job_id}/logs", limit=1000)
    history = await running.get(f"/api/jobs/{job_id}/history", limit=500)
    assert history["items"], job_id
    if job["status"] in TERMINAL:
        assert min(logs["total"], 1000) == len(logs["logs"].splitlines())
        assert job["created_at"] <= job["completed_at"]
        times = [one["at"] for one in history["items"]]
        assert times == sorted(times)
        assert not [step for step in job["steps"] if step["status"] in ("running", "ready", "suspended")], job_id
