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


async def test_workers_that_get_no_more_steps_are_named(server: Any, plain_worker: Any) -> None:
    job = await server.start_job()

    async def why() -> tuple[str, str]:
        (group,) = (await server.get("/api/queue"))["groups"]
        (blocker, *_) = (await server.get(f"/api/jobs/{job}/waiting"))["blockers"]
        assert blocker["kind"] == "queue"
        return group["why"], blocker["text"]

    async with server.http.post(f"/api/workers/{plain_worker.worker_id}/cordon", json={}) as response:
        assert response.status == 200
    held = "The workers that could run it get no more steps: plain (cordoned)"
    assert await why() == (held, f"{held}; 0 steps are before it in the queue")
    await server.ask_worker_api("register", {"name": "second", "capabilities": ["script"], "tags": ["eu"]})
    await server.ask_worker_api("register", {"name": "third", "capabilities": ["docker"]})
    held = "Waiting for a free slot of a worker; others could run it, but get no more steps: plain (cordoned)"
    assert await why() == (held, f"{held}; 0 steps are before it in the queue")


async def test_held_steps_are_counted_by_what_holds_them(server: Any, plain_worker: Any) -> None:
    job = await server.start_job()
    async with server.http.post(f"/api/jobs/{job}/pause", json={}) as response:
        assert response.status == 200, await response.text()
    assert await server.get("/api/queue") == {"groups": [], "held": {"pause": 1}, "held_jobs": 0}
