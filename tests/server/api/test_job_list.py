import datetime
import uuid
from typing import Any

import pytest

from stroem.server.keys import SERVICES
from stroem.store import statement
from stroem.store.statement import execute


async def ids_of(server: Any, **filters: Any) -> list[str]:
    return [item["job_id"] for item in (await server.get("/api/jobs", **filters))["items"]]


async def change(server: Any, job_id: str, columns: str, *values: Any) -> None:
    async with server.app[SERVICES].database.begin() as connection:
        await execute(connection, f"UPDATE jobs SET {columns} WHERE id = %s", (*values, job_id))


async def copies(server: Any, job_id: str, count: int) -> None:
    """Copies of a job, all created at the same time."""
    columns = "workspace, task, mode, source_type, release_id, revision, files, plan, raw_input, input, created_at"
    sql = f"INSERT INTO jobs (id, {columns}) SELECT gen_random_uuid(), {columns} FROM jobs, generate_series(1, %s)"
    async with server.app[SERVICES].database.begin() as connection:
        await execute(connection, sql, (count,))


@pytest.fixture
async def three(server: Any) -> dict[str, str]:
    """Jobs of three statuses, an hour apart: the completed one is the oldest."""
    now = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
    made = {}
    for hours, status in enumerate(("failed", "cancelled", "completed")):
        made[status] = await server.start_job("sync", target="warehouse") if hours == 1 else await server.start_job()
        at = now - datetime.timedelta(hours=hours)
        await change(server, made[status], "status = %s, created_at = %s", status, at)
    return made


async def test_several_statuses(server: Any, three: dict[str, str]) -> None:
    assert await ids_of(server, status="completed,failed") == [three["failed"], three["completed"]]
    assert await ids_of(server, status="running,pending") == []
    async with server.http.get("/api/jobs?status=failed,broken") as response:
        assert response.status == 400
        assert "'broken'" in await response.text()


async def test_jobs_of_a_time(server: Any, three: dict[str, str]) -> None:
    span = {"from": "2026-03-01T11:00:00Z", "to": "2026-03-01T12:00:00Z"}
    assert await ids_of(server, **span) == [three["cancelled"]]
    assert await ids_of(server, to="2026-03-01T10:30:00") == [three["completed"]]
    async with server.http.get("/api/jobs?from=yesterday") as response:
        assert response.status == 400
        assert [error["field"] for error in (await response.json())["fields"]] == ["from"]


async def test_jobs_of_a_folder(server: Any, three: dict[str, str]) -> None:
    assert await ids_of(server, workspace="main", folder="demo") == [three["failed"], three["completed"]]
    assert await ids_of(server, workspace="main", folder="demo/", status="failed") == [three["failed"]]
    assert await ids_of(server, workspace="main", folder="dem") == []
    async with server.http.get("/api/jobs?folder=demo") as response:
        assert response.status == 400


async def test_jobs_that_someone_or_something_started(server: Any, three: dict[str, str]) -> None:
    await change(server, three["failed"], "source_type = 'trigger', source_id = 'main/nightly'")
    await change(server, three["cancelled"], "source_type = 'upload', source_id = 'ada'")
    await change(server, three["completed"], "source_type = 'task', parent_job = %s", three["failed"])
    assert await ids_of(server, workspace="main", who="nightly") == [three["failed"]]
    assert await ids_of(server, who="main/nightly") == [three["failed"]]
    assert await ids_of(server, who="ada") == [three["cancelled"]]
    assert await ids_of(server, source_job_id=three["failed"]) == [three["completed"]]
    words = [item["started_by"] for item in (await server.get("/api/jobs"))["items"]]
    assert words == ["trigger nightly", "ada", "child of hello"]


async def test_jobs_of_a_release_and_of_a_commit(server: Any, three: dict[str, str]) -> None:
    await change(server, three["cancelled"], "release_id = NULL, revision = 'abcd1234' || repeat('0', 32)")
    revision = (await server.get(f"/api/jobs/{three['failed']}"))["revision"]
    of_release = [three["failed"], three["completed"]]
    assert await ids_of(server, workspace="main", release=1) == of_release
    assert await ids_of(server, workspace="main", release=2) == []
    assert await ids_of(server, revision=revision[:8]) == of_release
    assert await ids_of(server, revision="abcd") == [three["cancelled"]]
    assert await ids_of(server, revision="abcd1235") == []
    assert await ids_of(server, revision=revision, status="failed") == [three["failed"]]
    assert await ids_of(server, workspace="main", release=1, revision="abcd") == []
    span = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}
    timeline = await server.get("/api/stats/jobs/timeline", revision="abcd1234", **span)
    assert timeline["total"] == 1
    for query, told in (("release=1", "needs workspace"), ("revision=abc", "4 to 200 characters")):
        async with server.http.get(f"/api/jobs?{query}") as response:
            assert response.status == 400
            assert told in await response.text()


async def test_a_beginning_of_too_many_commits(server: Any) -> None:
    job_id = await server.start_job()
    await copies(server, job_id, 21)
    async with server.app[SERVICES].database.begin() as connection:
        await execute(connection, "UPDATE jobs SET revision = 'abcd' || id WHERE id <> %s", (job_id,))
    async with server.http.get("/api/jobs?revision=abcd") as response:
        assert response.status == 400
        assert "give more of it" in await response.text()


async def test_a_search_finds_errors_and_beginnings_of_ids(server: Any, three: dict[str, str]) -> None:
    job_id = three["failed"]
    async with server.app[SERVICES].database.begin() as connection:
        sql = "UPDATE steps SET status = 'failed', error = 'exit 1: disk 100%% full' WHERE job_id = %s AND id = 1"
        await execute(connection, sql, (job_id,))
    assert await ids_of(server, search="100% FULL") == [job_id]
    assert await ids_of(server, search="100_") == []
    assert await ids_of(server, search=job_id[:8]) == [job_id]
    assert await ids_of(server, search="full", status="completed") == []
    assert await ids_of(server, search="demo", workspace="main", task_name="hello") == []
    await change(server, job_id, "redacted = false")
    assert await ids_of(server, search="100%") == []


async def test_pages_by_cursor(server: Any) -> None:
    await copies(server, await server.start_job(), 4)
    everything = await ids_of(server)
    found, cursor = [], ""
    for _ in range(3):
        page = await server.get("/api/jobs", limit=2, cursor=cursor)
        assert page["total"] == 5
        found += [item["job_id"] for item in page["items"]]
        cursor = page.get("next_cursor", "")
    assert (found, cursor) == (everything, "")


@pytest.mark.parametrize("cursor", ["x", "MjAyNi0wMS0wMQ", "MjAyNi0wMS0wMSAx", "é"])
async def test_a_strange_cursor(server: Any, cursor: str) -> None:
    async with server.http.get("/api/jobs", params={"cursor": cursor}) as response:
        assert response.status == 400


async def test_a_total_beyond_what_is_counted(server: Any) -> None:
    await copies(server, await server.start_job(), 10_050)
    page = await server.get("/api/jobs", limit=1)
    assert (page["total"], page["total_is_lower_bound"]) == (10_000, True)
    assert "total_is_lower_bound" not in await server.get("/api/jobs", limit=1, status="failed")
    assert (await server.get("/api/jobs", limit=1, offset=20_000))["total"] == 10_051


async def test_how_long_a_job_took(server: Any) -> None:
    job_id = await server.start_job()
    start = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
    end = start + datetime.timedelta(milliseconds=1500)
    await change(server, job_id, "status = 'completed', started_at = %s, completed_at = %s", start, end)
    (item,) = (await server.get("/api/jobs"))["items"]
    assert (item["duration_ms"], item["release"], item["started_by"]) == (1500, 1, None)
    assert uuid.UUID(item["job_id"])


async def reason_of(server: Any, job_id: str) -> tuple[Any, ...]:
    (item,) = (await server.get("/api/jobs", search=job_id))["items"]
    keys = ("reason_kind", "reason", "reason_step", "steps_done", "steps_total")
    return tuple(item[key] for key in keys)


async def test_reasons_of_a_job_that_runs_and_fails(server: Any, plain_worker: Any) -> None:
    job_id = await server.start_job()
    waiting = ("waiting", "Waiting for a free slot of a worker", "say-first", 0, 2)
    assert await reason_of(server, job_id) == waiting
    claim = await plain_worker.claim()
    assert await reason_of(server, job_id) == ("running", "say-first 1 of 2", "say-first", 0, 2)
    await plain_worker.complete(claim, exit_code=1, error="\nno such table s3cr3t-value\nat line 3")
    failed = ("failed", "say-first: no such table ••••••", "say-first", 1, 2)
    assert await reason_of(server, job_id) == failed
    await change(server, job_id, "redacted = false, plan = plan")
    assert (await reason_of(server, job_id))[0] == "failed"


async def test_the_reason_of_an_exit_code_is_what_the_program_said(server: Any, plain_worker: Any) -> None:
    job_id = await server.start_job()
    stderr = "Traceback (most recent call last):\n  raise Error()\nKeyError: 's3cr3t-value'\nbye"
    error = f"Exit code: 1\nStderr: {stderr}"
    await plain_worker.complete(await plain_worker.claim(), exit_code=1, error=error)
    reason = ("failed", "say-first: KeyError: '••••••'", "say-first", 1, 2)
    assert await reason_of(server, job_id) == reason
    job = await server.get(f"/api/jobs/{job_id}")
    keys = ("reason_kind", "reason", "reason_step", "steps_done", "steps_total")
    assert tuple(job[key] for key in keys) == reason


async def test_the_reason_of_an_error_that_may_hold_secrets(server: Any) -> None:
    job_id = await server.start_job("sync", target="warehouse")
    await change(server, job_id, "status = 'failed', error = 'pa55word-of-warehouse', redacted = false")
    assert (await reason_of(server, job_id))[1] == "••••••"


async def test_the_reason_of_an_error_whose_secrets_are_gone(server: Any) -> None:
    job_id = await server.start_job("sync", target="warehouse")
    await copies(server, job_id, 1)
    async with server.app[SERVICES].database.begin() as connection:
        await execute(connection, "UPDATE jobs SET status = 'failed', error = 'no such table', redacted = false")
        await execute(connection, "UPDATE jobs SET release_id = NULL WHERE id <> %s", (job_id,))
    items = (await server.get("/api/jobs"))["items"]
    assert {item["job_id"] == job_id: item["reason"] for item in items} == {True: "no such table", False: "••••••"}


async def test_reasons_of_paused_and_cancelled_jobs(server: Any) -> None:
    job_id = await server.start_job()
    await server.http.post(f"/api/jobs/{job_id}/pause")
    assert (await reason_of(server, job_id))[:2] == ("paused", "Paused by anonymous")
    await server.http.post(f"/api/jobs/{job_id}/cancel")
    assert (await reason_of(server, job_id))[:3] == ("cancelled", "Cancelled by anonymous", None)


async def test_a_completed_job_needs_no_reason(server: Any, plain_worker: Any) -> None:
    job_id = await server.start_job("sync", target="warehouse")
    await plain_worker.complete(await plain_worker.claim())
    assert await reason_of(server, job_id) == (None, None, None, 1, 1)


async def test_usual_durations_of_live_jobs(server: Any) -> None:
    job_id = await server.start_job()
    await copies(server, job_id, 3)
    start = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
    end = start + datetime.timedelta(seconds=4)
    async with server.app[SERVICES].database.begin() as connection:
        sql = "UPDATE jobs SET status = 'completed', started_at = %s, completed_at = %s WHERE id <> %s"
        await execute(connection, sql, (start, end, job_id))
    items = (await server.get("/api/jobs"))["items"]
    assert {(item["status"], item["usual_ms"], item["late_ms"]) for item in items} == {
        ("pending", 4000, 4000),
        ("completed", None, None),
    }


async def test_a_page_takes_few_statements(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await copies(server, await server.start_job(), 30)
    await ids_of(server)
    sent: list[str] = []
    execute_one = statement._execute_one

    async def counted(connection: Any, sql: str, parameters: Any) -> Any:
        sent.append(sql)
        return await execute_one(connection, sql, parameters)

    monkeypatch.setattr(statement, "_execute_one", counted)
    assert len(await ids_of(server, limit=50)) == 31
    assert len(sent) <= 12
