"""Workers: what they run, and what people set about them."""

from typing import Any

from stroem.server.keys import SERVICES
from tests.support.wait import eventually


async def operate(server: Any, worker_id: str, verb: str, **body: Any) -> Any:
    async with server.http.post(f"/api/workers/{worker_id}/{verb}", json=body) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def test_what_a_worker_runs(server: Any, plain_worker: Any) -> None:
    await plain_worker.register(slots=4)
    job = await server.start_job()
    await plain_worker.claim()
    item = await server.get(f"/api/workers/{plain_worker.worker_id}")
    assert (item["slots"], item["used_slots"], item["state"]) == (4, 1, "active")
    assert item["running"][0].pop("since")
    assert item["running"] == [{"job_id": job, "workspace": "main", "task_name": "hello", "step_name": "say-first"}]
    assert 0 <= item["heartbeat_age_secs"] < 60
    listed = {one["worker_id"]: one for one in (await server.get("/api/workers"))["items"]}
    assert listed[plain_worker.worker_id]["used_slots"] == 1
    assert await server.get("/api/stats/workers") == {
        "active": 2,
        "cordoned": 0,
        "draining": 0,
        "slots": 4,
        "used": 1,
        "free": 3,
        "without_slots": 1,
    }


async def test_a_cordoned_worker_gets_no_steps_until_it_is_uncordoned(server: Any, plain_worker: Any) -> None:
    await server.start_job()
    item = await operate(server, plain_worker.worker_id, "cordon", by="ada", reason="disk")
    assert (item["state"], item["state_by"], item["state_reason"]) == ("cordoned", "ada", "disk")
    assert item["state_at"]
    assert (await plain_worker.claim())["job_id"] is None
    (event,) = (await server.get("/api/events", kind="worker_cordoned"))["items"]
    assert event["message"] == "Worker 'plain' takes no more steps (disk)"
    assert event["data"] == {"worker_id": plain_worker.worker_id}
    item = await operate(server, plain_worker.worker_id, "uncordon")
    assert (item["state"], item["state_by"], item["state_at"]) == ("active", "anonymous", None)
    assert (await plain_worker.claim())["step_name"] == "say-first"


async def test_reasons_about_workers_hold_no_secrets_of_workspaces(server: Any, plain_worker: Any) -> None:
    item = await operate(server, plain_worker.worker_id, "cordon", reason="it knows s3cr3t-value")
    assert item["state_reason"] == "it knows ••••••"
    (event,) = (await server.get("/api/events", kind="worker_cordoned"))["items"]
    assert event["message"].endswith("takes no more steps (it knows ••••••)")


async def test_a_worker_that_starts_again_stays_cordoned(server: Any, plain_worker: Any) -> None:
    await server.start_job()
    await operate(server, plain_worker.worker_id, "drain")
    await plain_worker.register(worker_id=plain_worker.worker_id)
    assert (await server.get(f"/api/workers/{plain_worker.worker_id}"))["state"] == "cordoned"
    assert (await plain_worker.claim())["job_id"] is None


async def test_a_drained_worker_is_told(server: Any, plain_worker: Any) -> None:
    beat = {"worker_id": plain_worker.worker_id, "lease": True}
    assert await server.ask_worker_api("heartbeat", beat) == {"status": "ok", "cancel": []}
    await operate(server, plain_worker.worker_id, "drain")
    assert await server.ask_worker_api("heartbeat", beat) == {"status": "ok", "cancel": [], "drain": True}
    assert (await server.get("/api/stats/workers"))["draining"] == 1


async def test_an_unknown_worker(server: Any) -> None:
    unknown = "/api/workers/00000000-0000-0000-0000-000000000000/drain"
    async with server.http.post(unknown, json={}) as response:
        assert response.status == 404


async def refused(server: Any, worker_id: str) -> str:
    async with server.http.post(f"/api/workers/{worker_id}/remove", json={}) as response:
        assert response.status == 409
        return str((await response.json())["error"])


async def expire(server: Any) -> None:
    async with server.app[SERVICES].database.begin() as connection:
        await connection.execute("UPDATE workers SET active = false, lease_until = now()")


async def test_a_worker_that_is_gone_is_removed(server: Any, plain_worker: Any) -> None:
    assert await refused(server, plain_worker.worker_id) == (
        "Worker 'plain' is alive: drain it, or wait until its lease has ended; or force the removal"
    )
    await expire(server)
    assert await operate(server, plain_worker.worker_id, "remove", by="ada") == {
        "worker_id": plain_worker.worker_id,
        "name": "plain",
        "lost_steps": 0,
    }
    async with server.http.get(f"/api/workers/{plain_worker.worker_id}") as response:
        assert response.status == 404
    (event,) = (await server.get("/api/events", kind="worker_removed"))["items"]
    assert (event["message"], event["by"]) == ("Worker 'plain' was removed", "ada")
    assert event["data"] == {"worker_id": plain_worker.worker_id, "lost_steps": 0}


async def test_the_steps_of_a_worker_that_is_removed_alive_are_lost(server: Any, plain_worker: Any) -> None:
    job = await server.start_job()
    await plain_worker.claim()
    assert "is alive, and runs 1 step, which would fail" in await refused(server, plain_worker.worker_id)
    assert (await operate(server, plain_worker.worker_id, "remove", force=True))["lost_steps"] == 1

    async def failed() -> Any:
        return (await server.get(f"/api/jobs/{job}"))["status"] == "failed"

    await eventually(failed, "the step is lost")
    (step, *_) = [one for one in (await server.get(f"/api/jobs/{job}"))["steps"] if one["status"] == "failed"]
    assert step["error_message"] == "Worker lost: it was removed"
    beat = {"worker_id": plain_worker.worker_id, "lease": True}
    assert (await server.ask_worker_api("heartbeat", beat))["status"] == "unknown"
