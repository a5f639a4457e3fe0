import asyncio
import datetime
import uuid
from typing import Any

import pytest

from stroem.errors import NotFound
from stroem.reconciler.workspaces.restoring import definitions_by_id
from stroem.server.api.jobs import jobs
from stroem.server.api.waiting.reasons import waiting_reason
from stroem.server.keys import RECONCILER, SERVICES
from stroem.store import statement
from stroem.store.jobs.jobs import get_job
from stroem.store.jobs.needs import WorkerOffer, need_of
from stroem.store.statement import execute
from tests.support.wait import eventually


async def finish(worker: Any, **outcome: Any) -> Any:
    """Has a worker take one step and end it."""
    claim = await worker.claim()
    await worker.complete(claim, **outcome)
    return claim


async def test_a_new_job_in_the_list_and_alone(server: Any) -> None:
    job_id = await server.start_job()
    page = await server.get("/api/jobs")
    assert page["total"] == 1
    (item,) = page["items"]
    created = datetime.datetime.fromisoformat(item.pop("created_at"))
    assert abs(datetime.datetime.now(datetime.UTC) - created) < datetime.timedelta(minutes=1)
    revision = item.pop("revision")
    assert item == {
        "job_id": job_id,
        "workspace": "main",
        "task_name": "hello",
        "mode": "distributed",
        "status": "pending",
        "source_type": "api",
        "source_id": None,
        "source_job_id": None,
        "restart_from_step": None,
        "started_at": None,
        "completed_at": None,
        "retry_of_job_id": None,
        "retry_job_id": None,
        "retry_attempt": 0,
        "max_retries": None,
        "starts_at": None,
        "priority": 0,
        "paused_at": None,
        "paused_by": None,
        "release": 1,
        "duration_ms": None,
        "started_by": None,
        "reason": "No worker is active; the step fails when that lasts 30 seconds",
        "reason_kind": "waiting",
        "reason_step": "say-first",
        "steps_total": 2,
        "steps_done": 0,
        "usual_ms": None,
        "late_ms": None,
    }
    job = await server.get(f"/api/jobs/{job_id}")
    assert job["revision"] == revision
    assert job["input"] == {"name": "Ada", "count": 3, "pin": "••••••"}
    assert job["raw_input"] == {"name": "Ada"}
    assert [(step["step_name"], step["status"], step["depends_on"]) for step in job["steps"]] == [
        ("say-first", "ready", []),
        ("second", "pending", ["say-first"]),
    ]
    step = job["steps"][0]
    assert (step["action_name"], step["action_type"], step["runner"]) == ("greet", "script", "local")
    assert {key for key, value in step.items() if value is None} >= {
        "action_image",
        "output",
        "worker_id",
        "started_at",
        "completed_at",
        "suspended_at",
        "error_message",
        "when_condition",
        "for_each_expr",
        "loop_source",
        "loop_index",
        "loop_total",
        "max_retries",
        "retry_at",
    }
    assert step["retry_history"] == []
    assert "approval_message" not in step


async def test_times_end_in_z(server: Any) -> None:
    job = await server.get(f"/api/jobs/{await server.start_job()}")
    assert job["created_at"].endswith("Z")


async def test_pages_are_clamped(server: Any) -> None:
    for _ in range(3):
        await server.start_job()
    everything = await server.get("/api/jobs", limit=10_000_000)
    assert (len(everything["items"]), everything["total"]) == (3, 3)
    for page in (await server.get("/api/jobs", limit=0), await server.get("/api/jobs", limit=-5, offset=-5)):
        assert page == {"items": [], "total": 3}
    workers = await server.get("/api/workers", limit=0)
    assert workers == {"items": [], "total": 0}
    second = await server.get("/api/jobs", limit=1, offset=1)
    assert second["items"] == everything["items"][1:2]
    beyond = await server.get("/api/jobs", offset=10**18)
    assert beyond == {"items": [], "total": 3}
    assert (await server.get("/api/jobs", offset=1000, limit=1, status="failed"))["total"] == 0


async def test_a_job_has_no_artifacts(server: Any) -> None:
    assert await server.get(f"/api/jobs/{await server.start_job()}/artifacts") == []
    async with server.http.get(f"/api/jobs/{uuid.uuid4()}/artifacts") as response:
        assert response.status == 404


async def test_the_total_past_the_end_of_more_jobs_than_are_counted(server: Any) -> None:
    await server.start_job()
    async with server.app[SERVICES].database.begin() as connection:
        columns = "workspace, task, mode, source_type, release_id, revision, files, plan, raw_input, input, open"
        sql = f"INSERT INTO jobs (id, {columns}) SELECT gen_random_uuid(), {columns} FROM jobs, generate_series(1, %s)"
        await statement.execute(connection, sql, (10_050,))
    beyond = await server.get("/api/jobs", offset=20_000, limit=1)
    assert beyond == {"items": [], "total": 10_051}
    assert (await server.get("/api/jobs", offset=10_050, limit=1))["total"] == 10_051


class TestSmallPages:
    @pytest.fixture
    def overrides(self) -> dict[str, str]:
        return {"STROEM__LIMITS__PAGE_ITEMS": "2"}

    async def test_the_operator_says_how_long_a_page_may_be(self, server: Any, plain_worker: Any) -> None:
        for _ in range(3):
            await server.start_job()
            await plain_worker.register()
        assert len((await server.get("/api/jobs", limit=50))["items"]) == 2
        assert len((await server.get("/api/workers", limit=50))["items"]) == 2


async def test_jobs_are_found_by_what_they_are(server: Any) -> None:
    hello = await server.start_job()
    sync = await server.start_job("sync", target="warehouse")
    await server.http.post(f"/api/jobs/{sync}/cancel")

    async def found(**query: str) -> list[str]:
        return [job["job_id"] for job in (await server.get("/api/jobs", **query))["items"]]

    assert await found() == [sync, hello]
    assert await found(workspace="main", task_name="hello") == [hello]
    assert await found(workspace="other") == []
    assert await found(status="cancelled") == [sync]
    assert await found(status="", source_type="api") == [sync, hello]
    assert await found(search="hel") == [hello]
    assert await found(search=sync[:8]) == [sync]
    assert await found(search="%") == []


async def test_a_job_is_cancelled_once(server: Any) -> None:
    job_id = await server.start_job()
    async with server.http.post(f"/api/jobs/{job_id}/cancel") as response:
        assert (response.status, await response.json()) == (200, {"status": "cancelled"})
    async with server.http.post(f"/api/jobs/{job_id}/cancel") as response:
        assert response.status == 409
        assert (await response.json())["error"] == "Job is already in a terminal state"
    job = await server.get(f"/api/jobs/{job_id}")
    assert job["status"] == "cancelled"
    assert {step["status"] for step in job["steps"]} == {"cancelled"}
    counts = await server.get("/api/stats")
    assert counts == {
        "pending": 0,
        "running": 0,
        "completed": 0,
        "failed": 0,
        "cancelled": 1,
        "skipped": 0,
    }


async def test_a_cancel_that_waits_is_answered_when_nothing_runs_any_more(server: Any, plain_worker: Any) -> None:
    job_id = await server.start_job()
    claim = await plain_worker.claim()
    waiting = asyncio.create_task(server.http.post(f"/api/jobs/{job_id}/cancel?wait=true"))

    async def reason() -> object:
        return (await server.get(f"/api/jobs/{job_id}"))["cancel_reason"]

    await eventually(reason, "the job is being cancelled")
    assert (await server.get(f"/api/jobs/{job_id}"))["status"] == "running"
    assert not waiting.done()
    await plain_worker.complete(claim, exit_code=-1, error="Job cancelled")
    assert await (await waiting).json() == {"status": "cancelled", "job_status": "cancelled"}
    async with server.http.post(f"/api/jobs/{job_id}/cancel?wait=true") as response:
        assert (response.status, await response.json()) == (200, {"status": "cancelled", "job_status": "cancelled"})


async def test_a_cancel_that_waits_says_what_still_runs_when_its_time_is_up(
    server: Any, plain_worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "CANCEL_WAIT_SECS", 0)
    job_id = await server.start_job()
    await plain_worker.claim()
    async with server.http.post(f"/api/jobs/{job_id}/cancel?wait=true") as response:
        assert await response.json() == {"status": "cancelled", "job_status": "running"}


async def test_a_cancel_that_waits_is_answered_when_the_server_stops(server: Any, plain_worker: Any) -> None:
    job_id = await server.start_job()
    await plain_worker.claim()
    waiting = asyncio.create_task(server.http.post(f"/api/jobs/{job_id}/cancel?wait=true"))
    notifier = server.app[SERVICES].notifier
    await eventually(lambda: notifier.watched_jobs, "the job is watched")
    notifier.close()
    assert await (await waiting).json() == {"status": "cancelled", "job_status": "running"}


async def test_only_a_cancelled_job_can_be_waited_for_after_its_end(server: Any, plain_worker: Any) -> None:
    job_id = await server.start_job("sync", target="warehouse")
    await finish(plain_worker)
    async with server.http.post(f"/api/jobs/{job_id}/cancel?wait=true") as response:
        assert response.status == 409


async def test_a_job_follows_the_release_that_it_began_with(server: Any, plain_worker: Any) -> None:
    job_id = await server.start_job()
    path = server.folder / ".workflows" / "main.yaml"
    path.write_text(path.read_text().replace("say-first", "renamed").replace("say_first", "renamed"))
    await server.app[RECONCILER].pipeline.reconcile("main")
    assert "renamed" in (await server.get("/api/workspaces/main/tasks/hello"))["flow"]
    job = await server.get(f"/api/jobs/{job_id}")
    assert [step["step_name"] for step in job["steps"]] == ["say-first", "second"]
    await finish(plain_worker, output={"greeting": "hi"})
    await finish(plain_worker, output={"greeting": "ho"})
    job = await server.get(f"/api/jobs/{job_id}")
    assert job["status"] == "completed"
    assert job["output"] == {"second": {"greeting": "ho"}}


class TestSecrets:
    async def test_they_are_nowhere_in_a_job(self, server: Any, plain_worker: Any) -> None:
        job_id = await server.start_job(pin="77-secret-88", count=1)
        await finish(plain_worker, output={"greeting": "the pin is 77-secret-88", "far": ["ref+vault://x"]})
        await finish(plain_worker, exit_code=1, error="Exit code: 1\nStderr: s3cr3t-value 77-secret-88")
        async with server.http.get(f"/api/jobs/{job_id}") as response:
            text = await response.text()
            job = await response.json()
        assert "secret-88" not in text
        assert "s3cr3t" not in text
        assert job["raw_input"]["pin"] == "••••••"
        first, second = job["steps"]
        assert first["output"] == {"greeting": "the pin is ••••••", "far": ["••••••"]}
        assert second["input"] == {"name": "the pin is ••••••"}
        assert second["error_message"] == "Exit code: 1\nStderr: •••••• ••••••"

    async def test_the_secret_parts_of_connections_are_nowhere(self, server: Any, plain_worker: Any) -> None:
        job_id = await server.start_job("sync", target="warehouse")
        await finish(plain_worker, output={"said": "pa55word-of-warehouse"})
        job = await server.get(f"/api/jobs/{job_id}")
        assert job["input"]["target"]["host"] == "wh.example.org"
        assert job["input"]["target"]["password"] == "••••••"
        assert job["output"] == {"load": {"said": "••••••"}}

    async def test_numbers_in_secret_properties_are_hidden(self, server: Any) -> None:
        job_id = await server.start_job("sync", target={"host": "h", "password": 998877})
        job = await server.get(f"/api/jobs/{job_id}")
        assert job["input"]["target"] == job["raw_input"]["target"] == {"host": "h", "password": "••••••"}

    async def test_jobs_of_older_versions_are_redacted_when_they_are_read(self, server: Any, plain_worker: Any) -> None:
        """Their outputs and errors stand in the database as they came."""
        job_id = await server.start_job("sync", target="warehouse")
        await finish(plain_worker, output={"said": "x"})
        database = server.app[SERVICES].database
        async with database.begin() as connection:
            await execute(
                connection, "UPDATE jobs SET redacted = false, output = %s", ('{"a": "pa55word-of-archive"}',)
            )
            await execute(connection, "UPDATE steps SET output = %s", ('{"b": "pa55word-of-warehouse s3cr3t-value"}',))
        job = await server.get(f"/api/jobs/{job_id}")
        assert (job["output"], job["steps"][0]["output"]) == ({"a": "••••••"}, {"b": "•••••• ••••••"})
        unknown = uuid.uuid4()
        async with database.begin() as connection:
            await execute(connection, "UPDATE jobs SET release_id = 999, id = %s", [unknown])
            await execute(connection, "UPDATE steps SET job_id = %s", [unknown])
        job = await server.get(f"/api/jobs/{unknown}")
        assert job["steps"][0]["output"] == {"••••••": "••••••"}

    async def test_a_release_gives_the_values_that_it_had(self, server: Any) -> None:
        job_id = await server.start_job()
        path = server.folder / ".workflows" / "main.yaml"
        path.write_text(path.read_text().replace("s3cr3t-value", "changed-value"))
        reconciler = server.app[RECONCILER]
        await reconciler.pipeline.reconcile("main")
        async with server.app[SERVICES].database.read() as connection:
            job = await get_job(connection, uuid.UUID(job_id))
        for release_id, password in ((job.release_id, "s3cr3t-value"), (job.release_id + 1, "changed-value")):
            found = await definitions_by_id(release_id, reconciler.catalog, reconciler.deps)
            assert found.secrets == {"db": {"password": password}}
        with pytest.raises(NotFound, match="Release '999'"):
            await definitions_by_id(999, reconciler.catalog, reconciler.deps)

    async def test_a_short_secret_input_is_hidden_too(self, server: Any) -> None:
        job = await server.get(f"/api/jobs/{await server.start_job(pin='12')}")
        assert job["input"]["pin"] == job["raw_input"]["pin"] == "••••••"


class TestReruns:
    async def rerun(self, server: Any, source: str, **values: Any) -> tuple[int, Any]:
        body = {"input": {"name": "Ada", **values}, "source_job_id": source}
        async with server.http.post("/api/workspaces/main/tasks/hello/execute", json=body) as response:
            return response.status, await response.json()

    async def test_a_hidden_value_is_that_of_the_source(self, server: Any, plain_worker: Any) -> None:
        source = await server.start_job(pin="77-secret-88")
        status, answer = await self.rerun(server, source, pin="••••••", count=9)
        assert status == 200
        job = await server.get(f"/api/jobs/{answer['job_id']}")
        assert (job["source_type"], job["source_job_id"], job["input"]["count"]) == ("rerun", source, 9)
        claim = {"job_id": None}
        while claim["job_id"] != answer["job_id"]:
            claim = await plain_worker.claim()
        await plain_worker.complete(claim, output={"greeting": "77-secret-88"})
        job = await server.get(f"/api/jobs/{answer['job_id']}")
        assert job["steps"][0]["output"] == {"greeting": "••••••"}

    async def test_a_source_that_is_not_there_is_refused(self, server: Any) -> None:
        status, answer = await self.rerun(server, str(uuid.uuid4()))
        assert status == 400
        assert "does not exist" in answer["error"]


async def test_unknown_inputs_are_pointed_out(server: Any) -> None:
    body = {"input": {"name": "Ada", "nmae": "Eve"}}
    async with server.http.post("/api/workspaces/main/tasks/hello/execute", json=body) as response:
        assert response.status == 200
        (warning,) = (await response.json())["warnings"]
    assert "nmae" in warning


async def test_unknown_keys_of_the_body_are_pointed_out(server: Any) -> None:
    body = {"input": {"name": "Ada"}, "inputs": {"name": "Eve"}}
    async with server.http.post("/api/workspaces/main/tasks/hello/execute", json=body) as response:
        assert response.status == 200
        (warning,) = (await response.json())["warnings"]
    assert "'inputs'" in warning


async def steps_of(server: Any, job_id: str) -> dict[str, Any]:
    return {step["step_name"]: step for step in (await server.get(f"/api/jobs/{job_id}"))["steps"]}


async def test_a_skipped_step_has_a_reason_and_no_error(server: Any, plain_worker: Any) -> None:
    job_id = await server.start_job()
    await finish(plain_worker, exit_code=1)
    skipped = (await steps_of(server, job_id))["second"]
    assert (skipped["status"], skipped["error_message"]) == ("skipped", None)
    assert skipped["skip_reason"] == "Skipped: step 'say-first' did not complete"


async def test_a_step_says_why_it_waits(server: Any) -> None:
    job_id = await server.start_job()

    async def reason() -> str | None:
        reason: str | None = (await steps_of(server, job_id))["say-first"].get("waiting_reason")
        return reason

    assert await reason() == "No worker is active; the step fails when that lasts 30 seconds"
    await server.ask_worker_api("register", {"name": "d", "capabilities": ["docker"]})
    assert await reason() == "No active worker offers script; the step fails when that lasts 30 seconds"
    await server.ask_worker_api("register", {"name": "s", "capabilities": ["script"]})
    assert await reason() == "Waiting for a free slot of a worker"
    assert "waiting_reason" not in (await steps_of(server, job_id))["second"]


@pytest.mark.parametrize(
    ("tags", "exclusive", "reason"),
    [
        (["eu"], False, "No active worker that offers script has the tags eu, gpu"),
        (["gpu", "eu", "x"], True, "All active workers that offer script are exclusive, and take only steps"),
        (["gpu", "eu", "x"], False, "Waiting for a free slot of a worker"),
        (["gpu", "eu"], True, "Waiting for a free slot of a worker"),
    ],
)
def test_the_tags_of_workers_count(tags: list[str], exclusive: bool, reason: str) -> None:
    offer = WorkerOffer(capabilities=["script"], tags=tags, exclusive=exclusive)
    assert waiting_reason(need_of("script", ["gpu", "eu"]), [offer], 30).startswith(reason)


def test_workers_of_other_workspaces_are_told() -> None:
    need = need_of("script", ["gpu"])
    common = WorkerOffer(capabilities=["script"], tags=[], exclusive=False)
    other = WorkerOffer(capabilities=["script"], tags=["gpu"], exclusive=False, workspaces=["prod"])
    reason = waiting_reason(need, [common, other], 30, "main")
    assert reason.startswith("All active workers that could run it serve other workspaces than 'main'; the step fails")
    assert waiting_reason(need, [common, other], 30, "prod") == "Waiting for a free slot of a worker"
    assert waiting_reason(need, [common], 30, "main").startswith("No active worker that offers script has the tags gpu")


EARLY = """
tasks:
  early:
    retry: {delay: 5}
    flow:
      say: {type: shell, cmd: "echo {{ input.undeclared }}", workdir: sub}
  elsewhere:
    flow:
      say: {action: other.action}
on_error: [{action: greet}]
"""


async def write_early(server: Any) -> None:
    (server.folder / ".workflows" / "early.yaml").write_text(EARLY)
    async with server.http.post("/api/workspaces/main/refresh") as response:
        assert (response.status, (await response.json()).get("error")) == (200, None)


async def test_what_of_a_task_has_no_effect_is_said_when_it_starts(server: Any) -> None:
    await write_early(server)
    async with server.http.post("/api/workspaces/main/tasks/early/execute", json={"input": {}}) as response:
        assert response.status == 200
        warnings = (await response.json())["warnings"]
    assert warnings == [
        "tasks.early.flow.say.workdir: 'workdir' has no effect yet: "
        "without a container, scripts run at the top of the workspace",
    ]


async def test_an_input_that_is_not_declared_is_read_when_the_job_is_given_it(server: Any, plain_worker: Any) -> None:
    await write_early(server)
    codes = [problem["code"] for problem in (await server.get("/api/workspaces/main"))["problems"]]
    assert "unknown-input" in codes
    await server.start_job("early", undeclared="Ada")
    claim = await plain_worker.claim()
    assert claim["action_spec"]["script"] == "echo Ada"


async def test_only_a_task_with_an_action_of_a_workspace_that_is_not_configured_cannot_start(server: Any) -> None:
    await write_early(server)
    async with server.http.post("/api/workspaces/main/tasks/elsewhere/execute", json={"input": {}}) as response:
        assert response.status == 400
        assert "uses the action 'other.action', which is in no library" in (await response.json())["error"]
    await server.start_job()
    (problem,) = (
        problem
        for problem in (await server.get("/api/workspaces/main"))["problems"]
        if problem["code"] == "unknown-library"
    )
    assert (problem["severity"], problem["line"]) == ("warning", 9)


async def test_a_job_whose_plan_is_damaged_is_shown_with_the_reason(server: Any) -> None:
    job_id = await server.start_job(name="Ada Lovelace")
    services = server.app[SERVICES]
    async with services.database.begin() as connection:
        await execute(connection, "UPDATE plans SET body = 'junk'")
        job_row = await get_job(connection, uuid.UUID(job_id))
    services.plan_cache._by_digest.pop(job_row.plan)
    job = await server.get(f"/api/jobs/{job_id}")
    assert "The plan of the job cannot be read" in job["error_message"]
    assert job["steps"] == []
    assert "Ada Lovelace" not in str(job)
