import datetime
from typing import Any

from stroem.server.keys import SERVICES
from stroem.store.statement import execute


async def test_outcomes_of_all_tasks(server: Any) -> None:
    job_id = await server.start_job()
    columns = "workspace, task, mode, source_type, release_id, revision, files, plan, raw_input, input"
    start = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
    sql = f"""
        INSERT INTO jobs (id, {columns}, status, created_at, started_at, completed_at)
        SELECT gen_random_uuid(), {columns}, CASE WHEN n = 1 THEN 'failed' ELSE 'completed' END, at, at,
               at + make_interval(secs => n)
        FROM jobs, generate_series(1, 60) AS n, LATERAL (SELECT %s::timestamptz - make_interval(hours => n) AS at) t
        WHERE jobs.id = %s
        """
    async with server.app[SERVICES].database.begin() as connection:
        await execute(connection, sql, (start, job_id))
    page = await server.get("/api/stats/tasks")
    assert [(one["workspace"], one["task_name"]) for one in page["items"]] == [("main", "hello"), ("main", "sync")]
    assert page["total"] == 2
    hello, sync = page["items"]
    recent = hello.pop("recent")
    assert [(one["status"], one["duration_ms"]) for one in recent[:3]] == [
        ("pending", None),
        ("failed", 1000),
        ("completed", 2000),
    ]
    assert (len(recent), recent[0]["job_id"]) == (20, job_id)
    assert (hello["completed"], hello["failed"]) == (48, 1)
    assert (hello["success_rate"], hello["p50_ms"], hello["p95_ms"]) == (48 / 49, 25_500, 46_650)
    assert sync == {
        "workspace": "main",
        "task_name": "sync",
        "recent": [],
        "completed": 0,
        "failed": 0,
        "success_rate": None,
        "p50_ms": None,
        "p95_ms": None,
        "last_at": None,
    }
    second = await server.get("/api/stats/tasks", workspace="main", limit=1, offset=1)
    assert second == {"items": [sync], "total": 2}
    async with server.http.get("/api/stats/tasks?workspace=none") as response:
        assert response.status == 404


async def test_jobs_that_kept_steps_are_no_measure_of_time(server: Any) -> None:
    job_id = await server.start_job()
    whole = await server.start_job()
    sql = """
        UPDATE jobs SET status = 'completed', started_at = created_at,
            completed_at = created_at + make_interval(secs => CASE WHEN id = %s THEN 60 ELSE 1 END),
            restart = CASE WHEN id = %s THEN NULL ELSE '{"failed": true, "steps": []}'::json END
        """
    async with server.app[SERVICES].database.begin() as connection:
        await execute(connection, sql, (whole, whole))
    (hello,) = (await server.get("/api/stats/tasks", limit=1))["items"]
    assert (hello["completed"], hello["p50_ms"]) == (2, 60_000)
    stats = await server.get("/api/workspaces/main/tasks/hello/stats")
    assert [one["job_id"] for one in stats["task"]["recent"]] == [whole]
    assert job_id != whole
