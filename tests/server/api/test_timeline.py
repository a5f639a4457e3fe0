import datetime
from typing import Any

import pytest

from stroem.server.keys import SERVICES
from stroem.store.statement import execute

START = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
DAY = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z", "buckets": 4}


@pytest.fixture
async def jobs(server: Any) -> None:
    """A job of `a` each hour of a day, one failed of `b` at noon, one of `c` at the end; one a day later."""
    job_id = await server.start_job()
    columns = "workspace, mode, source_type, release_id, revision, files, plan, raw_input, input"
    sql = f"""
        INSERT INTO jobs (id, {columns}, task, status, created_at)
        SELECT gen_random_uuid(), {columns}, n.task, n.status, %s::timestamptz + make_interval(hours => n.hour)
        FROM jobs, (
            SELECT 'a' AS task, 'completed' AS status, hour FROM generate_series(0, 23) AS hour
            UNION ALL VALUES ('b', 'failed', 12), ('c', 'completed', 23), ('a', 'completed', 24)) AS n
        WHERE jobs.id = %s
        """
    async with server.app[SERVICES].database.begin() as connection:
        await execute(connection, sql, (START, job_id))


async def test_jobs_by_time(server: Any, jobs: None) -> None:
    found = await server.get("/api/stats/jobs/timeline", **DAY)
    (series,) = found.pop("series")
    assert found == {
        "from": "2026-03-01T00:00:00Z",
        "to": "2026-03-02T00:00:00Z",
        "bucket_ms": 6 * 3600 * 1000,
        "total": 26,
        "is_cut": False,
        "totals": {"completed": 25, "failed": 1},
    }
    assert series == {
        "workspace": None,
        "task_name": None,
        "tasks": 3,
        "total": 26,
        "failed": 1,
        "counts": {"completed": [6, 6, 6, 7], "failed": [0, 0, 1, 0]},
    }


async def test_jobs_by_task(server: Any, jobs: None) -> None:
    found = await server.get("/api/stats/jobs/timeline", **DAY, group="task", tasks=2)
    assert [(one["task_name"], one["tasks"], one["total"], one["failed"]) for one in found["series"]] == [
        ("b", 1, 1, 1),
        ("a", 1, 24, 0),
        (None, 1, 1, 0),
    ]
    alone = await server.get("/api/stats/jobs/timeline", **DAY, workspace="main", task_name="c")
    assert (alone["total"], alone["series"][0]["counts"]) == (1, {"completed": [0, 0, 0, 1]})
    assert (await server.get("/api/stats/jobs/timeline", **DAY, workspace="other"))["series"] == []


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ({"status": "failed"}, 1),
        ({"status": "failed,completed"}, 26),
        ({"source_type": "trigger"}, 0),
        ({"who": "main/nightly"}, 0),
        ({"workspace": "main", "folder": "demo"}, 0),
        ({"source_job_id": "5e0b7d14-0000-4000-8000-000000000000"}, 0),
        ({"search": "MAI", "status": "failed"}, 1),
        ({"search": "no such text"}, 0),
    ],
    ids=lambda one: str(one) if isinstance(one, dict) else "",
)
async def test_filters_are_those_of_the_list(server: Any, jobs: None, query: dict[str, str], total: int) -> None:
    span = {"from": DAY["from"], "to": DAY["to"]}
    assert (await server.get("/api/stats/jobs/timeline", **DAY, **query))["total"] == total
    assert (await server.get("/api/jobs", **span, **query))["total"] == total


async def test_the_last_day_is_the_default(server: Any, jobs: None) -> None:
    found = await server.get("/api/stats/jobs/timeline")
    assert (found["total"], found["bucket_ms"]) == (1, 720_000)


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-03-02&to=2026-03-01",
        "to=0001-01-01T00:00:00",
        "from=0001-01-01T00:00:00Z",
        "task_name=a",
        "status=odd",
    ],
)
async def test_times_that_make_no_span(server: Any, query: str) -> None:
    async with server.http.get(f"/api/stats/jobs/timeline?{query}") as response:
        assert response.status == 400
