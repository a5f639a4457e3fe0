"""Scripts go to workers that have a program for their language."""

from typing import Any

import pytest

from tests.server.conftest import PlainWorker, Running

WORKFLOWS = """
actions:
  compute: {type: script, language: go, script: "package main"}
  by-hand: {type: script, language: go, interpreter: yaegi, script: "package main"}
  inside: {type: script, language: go, runner: docker, image: x, script: "package main"}
tasks:
  compute: {flow: {one: {action: compute}}}
  by-hand: {flow: {one: {action: by-hand}}}
  inside: {flow: {one: {action: inside}}}
"""


@pytest.fixture
async def site(server: Running) -> Running:
    """A server with scripts in Go."""
    (server.folder / ".workflows" / "go.yaml").write_text(WORKFLOWS)
    async with server.http.post("/api/workspaces/main/reconcile", json={}) as response:
        assert response.status == 200
    return server


async def claimed(server: Running, languages: list[str] | None, *capabilities: str) -> list[str]:
    """The tasks of the steps that a new worker gets."""
    offer: dict[str, Any] = {"capabilities": capabilities or ["script"]}
    if languages is not None:
        offer["languages"] = languages
    worker_id = (await server.ask_worker_api("register", {"name": "w", **offer}))["worker_id"]
    answer = await server.ask_worker_api("jobs/claim", {"worker_id": worker_id, **offer, "max_steps": 9})
    return sorted(step["task_name"] for step in answer["steps"])


async def test_a_worker_gets_scripts_in_the_languages_that_it_has(site: Running) -> None:
    for task in ("compute", "by-hand"):
        await site.start_job(task)
    assert await claimed(site, ["python"]) == ["by-hand"]
    assert await claimed(site, ["go"]) == ["compute"]


async def test_images_have_their_own_languages(site: Running) -> None:
    await site.start_job("inside")
    assert await claimed(site, [], "script", "docker") == ["inside"]


async def test_older_workers_count_as_having_all(site: Running) -> None:
    await site.start_job("compute")
    worker = PlainWorker(server=site)
    await worker.register()
    assert (await worker.claim())["task_name"] == "compute"
    shown = await site.get(f"/api/workers/{worker.worker_id}")
    assert shown["capabilities"] == ["script"]
    assert shown["languages"] == ["python", "javascript", "typescript", "go"]


async def test_what_no_worker_can_run_is_told(site: Running) -> None:
    job = await site.start_job("compute")
    assert await claimed(site, ["python"]) == []
    (blocker,) = (await site.get(f"/api/jobs/{job}/waiting"))["blockers"]
    assert blocker["text"].startswith("No active worker offers lang:go; the step fails")
