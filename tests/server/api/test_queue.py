"""Ready steps grouped by need, and counts of held steps."""

from typing import Any


async def test_the_queue_in_groups(server: Any, plain_worker: Any) -> None:
    assert await server.get("/api/queue") == {"groups": [], "held": {}, "held_jobs": 0}
    for _ in range(3):
        await server.start_job()
    (group,) = (await server.get("/api/queue"))["groups"]
    assert group.pop("first_since")
    assert group == {
        "ability": "script",
        "tags": [],
        "resources": {},
        "waiting": 3,
        "has_worker": True,
        "why": "Waiting for a free slot of a worker",
    }
    await plain_worker.claim()
    (group,) = (await server.get("/api/queue"))["groups"]
    assert group["waiting"] == 2


async def test_held_steps_are_counted_by_what_holds_them(server: Any, plain_worker: Any) -> None:
    job = await server.start_job()
    async with server.http.post(f"/api/jobs/{job}/pause", json={}) as response:
        assert response.status == 200, await response.text()
    assert await server.get("/api/queue") == {"groups": [], "held": {"pause": 1}, "held_jobs": 0}
