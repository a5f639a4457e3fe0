"""Requests that wait for their job, also when another server completes it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from stroem.registry.registry import Registry
from stroem.server.app import build_app
from stroem.server.serving import make_runner
from stroem.settings.loader import server_settings
from tests.server.conftest import TOKEN, PlainWorker, Running
from tests.server.hooks.conftest import SECRET, answer, post
from tests.support.listening import listening
from tests.support.wait import eventually


async def finish(worker: PlainWorker, **outcome: Any) -> None:
    """Claims the next step and completes it."""

    async def claimed() -> Any:
        found = await worker.claim()
        return found if found["job_id"] else None

    claim = await eventually(claimed, "a step is ready")
    await worker.start(claim)
    await worker.complete(claim, **outcome)


async def test_the_answer_comes_with_the_end_of_the_job(hooks: Running, plain_worker: PlainWorker) -> None:
    asked = asyncio.create_task(post(hooks, "ask", {"who": "Ada"}))
    await finish(plain_worker, output={"said": "hi"})
    status, found = await asked
    assert (status, found) == (
        200,
        {
            "job_id": found["job_id"],
            "trigger": "ask",
            "task": "greet",
            "status": "completed",
            "output": {"say": {"said": "hi"}},
        },
    )


async def test_a_job_that_failed(hooks: Running, plain_worker: PlainWorker) -> None:
    asked = asyncio.create_task(post(hooks, "ask", {"who": "Ada"}))
    await finish(plain_worker, exit_code=1, error="it broke")
    status, found = await asked
    assert (status, found["status"], "output" in found) == (200, "failed", False)


async def test_a_job_that_takes_longer(hooks: Running) -> None:
    status, found = await post(hooks, "quick")
    assert (status, found["status"]) == (202, "running")


async def test_a_duplicate_waits_for_the_job_of_the_first(hooks: Running, plain_worker: PlainWorker) -> None:
    headers = {"x-github-delivery": "d-1"}
    both = [asyncio.create_task(post(hooks, "ask", {"who": "Ada"}, headers=headers)) for _ in range(2)]
    await finish(plain_worker, output={})
    (_, one), (_, other) = await asyncio.gather(*both)
    assert one["job_id"] == other["job_id"]
    assert {one["status"], other["status"]} == {"completed"}
    assert sorted([one.get("duplicate", False), other.get("duplicate", False)]) == [False, True]


@pytest.mark.parametrize(
    ("outcome", "status"), [({"output": {"said": "hi"}}, 201), ({"exit_code": 1, "error": "x"}, 502)]
)
async def test_an_answer_of_templates(
    hooks: Running, plain_worker: PlainWorker, outcome: dict[str, Any], status: int
) -> None:
    async def asked() -> tuple[int, Any, Any]:
        async with hooks.http.post("/hooks/told", json={"who": "Ada"}) as response:
            return response.status, response.headers, await answer(response)

    task = asyncio.create_task(asked())
    await finish(plain_worker, **outcome)
    found = await task
    if status == 502:
        assert found[0] == 422, "the output has no such step: the template fails"
        return
    assert (found[0], found[2]) == (status, {"for": "Ada", "said": "hi"})
    assert found[1]["X-Two"] == "ab"
    assert len(found[1]["X-Job"]) == 36


async def test_secrets_are_hidden_in_answers(hooks: Running, plain_worker: PlainWorker) -> None:
    asked = asyncio.create_task(post(hooks, "ask", {"who": "Ada"}))
    await finish(plain_worker, output={"said": f"it is {SECRET}"})
    assert (await asked)[1]["output"] == {"say": {"said": "it is ••••••"}}


async def status_of(server: Running, path: str) -> tuple[int, Any]:
    async with server.http.get(f"/hooks/{path}") as response:
        return response.status, await answer(response)


async def test_the_status_of_a_job(hooks: Running, plain_worker: PlainWorker) -> None:
    job_id = (await post(hooks, f"push?secret={SECRET}", {"who": "Ada"}))[1]["job_id"]
    for path in (f"push/jobs/{job_id}", f"main/push/jobs/{job_id}"):
        assert (await status_of(hooks, path))[0] == 401
        status, found = await status_of(hooks, f"{path}?secret={SECRET}")
        assert (status, found["status"], found["output"]) == (200, "pending", None)
    assert (await status_of(hooks, f"push/jobs/{job_id}?secret={SECRET}&wait=true&timeout=0"))[0] == 202
    waiting = asyncio.create_task(status_of(hooks, f"push/jobs/{job_id}?secret={SECRET}&wait=true&timeout=60"))
    await finish(plain_worker, output={"said": "hi"})
    status, found = await waiting
    assert (status, found["trigger"], found["task"], found["status"]) == (200, "push", "greet", "completed")
    assert found["output"] == {"say": {"said": "hi"}}
    assert found["completed_at"] > found["created_at"]


async def test_the_status_of_the_job_of_another_trigger(hooks: Running) -> None:
    job_id = (await post(hooks, "orders", {"order": 1}))[1]["job_id"]
    assert (await status_of(hooks, f"push/jobs/{job_id}?secret={SECRET}"))[0] == 404
    assert (await status_of(hooks, f"push/jobs/x?secret={SECRET}"))[0] == 400


@pytest.fixture
async def other_server(
    hooks: Running, database_url: str, folder: Path, tmp_path: Path, registry: Registry
) -> AsyncIterator[PlainWorker]:
    """A worker at a second server on the same database."""
    settings = server_settings(
        {
            "listen": "127.0.0.1:0",
            "db": {"url": database_url},
            "worker_token": TOKEN,
            "log_storage": {"local_dir": str(tmp_path / "data")},
            "cache_dir": str(tmp_path / "other-cache"),
            "workspaces": {"main": {"type": "folder", "path": str(folder)}},
        },
        {},
    )
    app = build_app(settings, registry)
    runner = make_runner(app)
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        listening(runner) as url,
        aiohttp.ClientSession(url) as http,
        aiohttp.ClientSession(url, headers=bearer) as session,
    ):
        running = Running(url=url, app=app, runner=runner, folder=folder, http=http, worker=session)
        worker = PlainWorker(server=running)
        await worker.register()
        yield worker


async def test_another_server_completes_the_job(hooks: Running, other_server: PlainWorker) -> None:
    asked = asyncio.create_task(post(hooks, "ask", {"who": "Ada"}))
    await finish(other_server, output={"said": "hi"})
    status, found = await asked
    assert (status, found["status"]) == (200, "completed")


async def test_two_servers_start_one_job_of_an_id(hooks: Running, other_server: PlainWorker) -> None:
    headers = {"x-github-delivery": "d-1"}
    servers = [hooks, other_server.server] * 10
    found = await asyncio.gather(*(post(one, "orders", {"order": "A"}, headers=headers) for one in servers))
    assert {status for status, _ in found} == {200}
    assert len({one["job_id"] for _, one in found}) == 1


async def test_a_rate_holds_for_two_servers(hooks: Running, other_server: PlainWorker) -> None:
    found = await asyncio.gather(*(post(one, "rare") for one in [hooks, other_server.server] * 5))
    assert sorted(status for status, _ in found) == [200] * 2 + [429] * 8
