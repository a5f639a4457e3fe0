import uuid
from typing import Any

from stroem.server.api.jobs import bulk
from stroem.server.keys import SERVICES
from stroem.store.statement import execute


async def ask(server: Any, operation: str, status: int = 200, **body: Any) -> Any:
    async with server.http.post(f"/api/jobs/bulk/{operation}", json=body) as response:
        assert response.status == status, await response.text()
        return await response.json()


async def status_of(server: Any, job_id: str) -> str:
    return str((await server.get(f"/api/jobs/{job_id}"))["status"])


async def test_a_dry_run_tells_the_longest_and_changes_nothing(server: Any) -> None:
    jobs = [await server.start_job() for _ in range(7)]
    async with server.app[SERVICES].database.begin() as connection:
        sql = "UPDATE jobs SET status = 'running', started_at = now() - interval '1 minute' WHERE id = %s"
        await execute(connection, sql, (jobs[3],))
    found = await ask(server, "cancel", filter={"workspace": "main"}, dry_run=True)
    assert (found["status"], found["count"], found["done"], found["failures"]) == ("planned", 7, [], [])
    assert len(found["longest"]) == 5
    assert found["longest"][0]["job_id"] == jobs[3]
    assert found["longest"][0]["duration_ms"] >= 60_000
    assert await status_of(server, jobs[0]) == "pending"


async def test_a_failure_of_one_does_not_stop_the_others(server: Any) -> None:
    ended, live, unknown = await server.start_job(), await server.start_job(), str(uuid.uuid4())
    await server.http.post(f"/api/jobs/{ended}/cancel")
    found = await ask(server, "cancel", ids=[ended, unknown, live, live])
    assert (found["status"], found["count"]) == ("done", 3)
    assert found["done"] == [{"job_id": live, "new_job_id": None}]
    assert {one["job_id"]: one["error"] for one in found["failures"]} == {
        ended: "Job is already in a terminal state",
        unknown: f"Job '{unknown}' not found.",
    }
    assert await status_of(server, live) == "cancelled"


async def test_jobs_of_a_filter_run_again(server: Any) -> None:
    first, second = await server.start_job(), await server.start_job()
    await server.http.post(f"/api/jobs/{first}/cancel")
    assert (await ask(server, "rerun", filter={"status": "pending"}))["count"] == 0
    found = await ask(server, "rerun", filter={"workspace": "main", "task_name": "hello"})
    (done,) = found["done"]
    assert (done["job_id"], found["failures"]) == (first, [])
    again = await server.get(f"/api/jobs/{done['new_job_id']}")
    assert (again["source_job_id"], again["status"]) == (first, "pending")
    assert await status_of(server, second) == "pending"


async def test_requests_for_no_or_too_many_jobs(server: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(bulk, "MOST_JOBS", 1)
    ids = [await server.start_job() for _ in range(2)]
    await ask(server, "cancel", 400)
    await ask(server, "cancel", 400, ids=ids[:1], filter={})
    await ask(server, "cancel", 400, filter={"status": "broken"})
    for chosen in ({"ids": ids}, {"filter": {}}):
        assert "More than 1 jobs" in (await ask(server, "cancel", 400, **chosen))["error"]
    assert await status_of(server, ids[0]) == "pending"
