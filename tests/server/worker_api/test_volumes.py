"""Folders that the steps of a job share: what workers are told of them, and when they may remove them."""

import datetime
import re
import uuid
from typing import Any

import pytest

from stroem.server.keys import RECONCILER, SERVICES
from stroem.store import statement
from tests.server.conftest import PlainWorker, Running

WORKFLOWS = """
actions: {say: {type: script, script: say}}
tasks:
  kept: {volume: {keep: 1h}, flow: {one: {action: say}, two: {action: say, depends_on: [one]}}}
  gone: {volume: job, flow: {one: {action: say}, two: {action: say, depends_on: [one]}}}
  here: {mode: local, flow: {one: {action: say}}}
  apart: {flow: {one: {action: say}}}
  partly:
    volume: {keep: 1h}
    retry: {attempts: 2, delay: 1h}
    flow: {one: {action: say}, two: {action: say, depends_on: [one]}}
"""


@pytest.fixture(autouse=True)
async def workflows(server: Running) -> None:
    (server.folder / ".workflows" / "volumes.yaml").write_text(WORKFLOWS)
    assert (await server.app[RECONCILER].pipeline.reconcile("main")).error is None


async def claim(worker: PlainWorker, count: int = 1) -> list[Any]:
    """The claims of up to so many steps that are ready."""
    await worker.server.app[SERVICES].job_loop.run_once()
    body = {"worker_id": worker.worker_id, "capabilities": ["script"], "max_steps": count}
    return list((await worker.server.ask_worker_api("jobs/claim", body))["steps"])


async def ended_volumes(worker: PlainWorker, *volumes: str) -> list[str]:
    """Those of the volumes that no job needs."""
    return list((await worker.server.ask_worker_api("volumes/ended", {"volumes": volumes}))["volumes"])


async def finish(worker: PlainWorker, *exit_codes: int) -> list[Any]:
    """Claims and ends steps one after another with these exit codes; their claims."""
    claims = []
    for code in exit_codes:
        (one,) = await claim(worker)
        await worker.complete(one, exit_code=code)
        claims.append(one)
    await worker.server.app[SERVICES].job_loop.run_once()
    return claims


async def pass_time(server: Running, job_id: str) -> None:
    """Moves the end of a job two hours back."""
    async with server.app[SERVICES].database.begin() as connection:
        sql = "UPDATE jobs SET completed_at = completed_at - interval '2 hours' WHERE id = %s"
        await statement.execute(connection, sql, (job_id,))


@pytest.mark.parametrize(("task", "has_one"), [("gone", True), ("kept", True), ("here", True), ("apart", False)])
async def test_the_claim_names_the_folder_of_its_job(
    server: Running, plain_worker: PlainWorker, task: str, has_one: bool
) -> None:
    job_id = await server.start_job(task)
    (one,) = await claim(plain_worker)
    assert one.get("volume") == (job_id if has_one else None)
    assert (await server.get(f"/api/jobs/{job_id}"))["mode"] == ("local" if has_one else "distributed")


async def test_a_worker_of_the_older_contract_is_told_of_no_folder(server: Running, plain_worker: PlainWorker) -> None:
    job_id = await server.start_job("gone")
    one = await plain_worker.claim()
    assert (one["job_id"], "volume" in one) == (job_id, False)


async def test_a_folder_is_needed_until_its_job_has_ended(server: Running, plain_worker: PlainWorker) -> None:
    first = await server.start_job("gone")
    await finish(plain_worker, 0)
    assert await ended_volumes(plain_worker, first) == []
    await finish(plain_worker, 0)
    unknown = "00000000-0000-4000-8000-000000000000"
    assert sorted(await ended_volumes(plain_worker, first, unknown)) == sorted([first, unknown])


async def test_a_folder_is_kept_for_the_time_that_the_task_names(server: Running, plain_worker: PlainWorker) -> None:
    job_id = await server.start_job("kept")
    await finish(plain_worker, 0, 1)
    assert await ended_volumes(plain_worker, job_id) == []
    await pass_time(server, job_id)
    assert await ended_volumes(plain_worker, job_id) == [job_id]


async def test_a_re_run_of_some_steps_goes_on_in_the_folder_and_on_its_worker(
    server: Running, plain_worker: PlainWorker
) -> None:
    first = await server.start_job("kept")
    await finish(plain_worker, 0, 1)
    other = PlainWorker(server=server)
    await other.register(name="other")
    async with server.http.post(f"/api/jobs/{first}/rerun", json={"failed": True}) as response:
        started = await response.json()
    assert "warnings" not in started or started["warnings"] == []
    await pass_time(server, first)
    assert await ended_volumes(plain_worker, first) == []
    assert await claim(other) == []
    (one,) = await finish(plain_worker, 1)
    assert (one["job_id"], one["step_name"], one["volume"]) == (started["job_id"], "two", first)
    async with server.http.post(f"/api/jobs/{started['job_id']}/rerun", json={"failed": True}) as response:
        third = (await response.json())["job_id"]
    (one,) = await finish(plain_worker, 0)
    assert (one["job_id"], one["volume"]) == (third, first)
    await pass_time(server, started["job_id"])
    assert await ended_volumes(plain_worker, first) == []
    await pass_time(server, third)
    assert await ended_volumes(plain_worker, first) == [first]


@pytest.mark.parametrize("why", ["time", "worker", "never"])
async def test_a_re_run_without_the_folder_says_so_and_gets_one_of_its_own(
    server: Running, plain_worker: PlainWorker, why: str
) -> None:
    first = await server.start_job("gone" if why == "never" else "kept")
    await finish(plain_worker, 0, 1)
    if why == "time":
        await pass_time(server, first)
    if why == "worker":
        async with server.app[SERVICES].database.begin() as connection:
            await statement.execute(connection, "UPDATE workers SET active = false", ())
        await plain_worker.register()
    async with server.http.post(f"/api/jobs/{first}/rerun", json={"failed": True}) as response:
        started = await response.json()
    assert "The folder of the job is gone" in str(started["warnings"])
    (one,) = await claim(plain_worker)
    assert one["volume"] == started["job_id"]


async def test_the_repetition_of_a_partial_re_run_goes_on_in_the_folder(
    server: Running, plain_worker: PlainWorker
) -> None:
    first = await server.start_job("partly")
    await finish(plain_worker, 0, 1)
    async with server.http.post(f"/api/jobs/{first}/rerun", json={"failed": True}) as response:
        second = (await response.json())["job_id"]
    await finish(plain_worker, 1)
    third = (await server.get(f"/api/jobs/{second}"))["retry_job_id"]
    async with server.app[SERVICES].database.begin() as connection:
        await statement.execute(connection, "UPDATE jobs SET starts_at = now() WHERE id = %s", (third,))
    (one,) = await claim(plain_worker)
    assert (one["job_id"], one["volume"]) == (third, first)


async def test_the_end_of_a_job_is_confirmed_once_its_steps_have_ended(
    server: Running, plain_worker: PlainWorker
) -> None:
    job_id = await server.start_job("here")
    path = f"/worker/jobs/{job_id}/complete"
    async with server.worker.post(path, json={"output": {"a": 1}}) as response:
        assert response.status == 409
        assert "ends with its last step" in (await response.json())["error"]
    await finish(plain_worker, 0)
    async with server.worker.post(path, json={"output": {"a": 1}}) as response:
        assert (response.status, await response.json()) == (200, {"status": "ok"})
    async with server.worker.post(path.replace(job_id[:8], "00000000"), json={}) as response:
        assert response.status == 404
    async with server.http.post(path, json={}) as response:
        assert response.status == 401


async def test_a_question_about_too_many_folders_is_refused(server: Running) -> None:
    async with server.worker.post("/worker/volumes/ended", json={"volumes": [str(uuid.uuid4())] * 1001}) as response:
        assert response.status == 400
        assert "at most 1000 ids, has 1001" in (await response.json())["error"]


async def test_a_job_tells_that_its_worker_is_not_heard_any_more(server: Running, plain_worker: PlainWorker) -> None:
    job_id = await server.start_job(task="here")
    await claim(plain_worker)
    await server.app[SERVICES].job_loop.run_once()  # the job stays on the worker
    running = (await server.get(f"/api/jobs/{job_id}"))["steps"][0]
    assert (running["status"], running.get("waiting_reason")) == ("running", None)
    async with server.app[SERVICES].database.begin() as connection:
        sql = "UPDATE workers SET active = false, heartbeat_at = now() - interval '1 minute' WHERE id = %s"
        await statement.execute(connection, sql, (plain_worker.worker_id,))
    (shown,) = (await server.get(f"/api/jobs/{job_id}"))["steps"]
    time = r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC"
    told = re.fullmatch(
        f"Its worker, .+, was last heard at {time}; unless it comes back, the job fails at {time}",
        shown["waiting_reason"],
    )
    assert told is not None, shown["waiting_reason"]
    heard, fails = map(datetime.datetime.fromisoformat, told.groups())
    assert fails - heard == datetime.timedelta(minutes=10)
    waiting = await server.get(f"/api/jobs/{job_id}/waiting")
    assert [(one["step"], one["kind"], one["text"]) for one in waiting["blockers"]] == [
        (None, "worker", shown["waiting_reason"])
    ]
    assert waiting["forecast"]["unknown"].startswith("nobody knows when this ends")
