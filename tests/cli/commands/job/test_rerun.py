"""`stroem rerun`, dry runs, and tasks that are tried again, against a server."""

import asyncio
import json
from typing import Any

import pytest

from stroem.server.keys import RECONCILER
from tests.cli.commands.job.conftest import Run
from tests.support.wait import eventually

WORKFLOWS = """
secrets: {token: a-very-secret-token}
tasks:
  gated:
    input: {word: {type: string, default: go}, count: {type: integer, default: 2}}
    flow:
      first: {type: approval, message: "First?"}
      second: {type: approval, depends_on: [first], message: "Second, {{ input.word }} {{ input.count }}?"}
  loops:
    flow:
      ask: {for_each: [a, b], type: approval, message: "Ask {{ each.item }}?"}
  never:
    retry: {attempts: 2, delay: 1}
    flow:
      wait: {type: wait, until: "{{ 'no time' }}"}
  dry:
    input: {word: {type: string, required: true}}
    flow:
      say: {type: script, tags: [moon], script: "true", input: {text: "{{ input.word }} {{ secret.token }}"}}
      then:
        type: script
        script: "true"
        depends_on: [say]
        when: "input.word == 'go'"
        input: {text: "{{ say.output }}"}
      many: {for_each: {range: "{{ input.word | length }}"}, sequential: true, type: script, script: "true"}
"""


@pytest.fixture(autouse=True)
async def workflows(server: Any) -> None:
    (server.folder / ".workflows" / "gated.yaml").write_text(WORKFLOWS)
    assert (await server.app[RECONCILER].pipeline.reconcile("main")).error is None


async def answer_step(server: Any, job_id: str, step: str, *, approved: bool) -> None:
    """Approves or rejects a step once it waits."""

    async def answered() -> bool:
        path = f"/api/jobs/{job_id}/steps/{step}/approve"
        async with server.http.post(path, json={"approved": approved}) as response:
            return bool(response.status == 200)

    await eventually(answered, f"{step} is answered")


async def rejected(server: Any) -> str:
    """A job of which the second step has failed."""
    job_id = str(await server.start_job("gated"))
    await answer_step(server, job_id, "first", approved=True)
    await answer_step(server, job_id, "second", approved=False)
    return job_id


async def test_a_plan_shows_what_is_kept_and_starts_nothing(server: Any, stroem: Run) -> None:
    job_id = await rejected(server)
    done = await stroem("rerun", job_id[:8], "--failed", "--plan", "--input", "word=stop")
    assert done.exit_code == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()[3:6]] == [
        ["STEP", "STATUS", "REASON"],
        ["first", "completed", "kept"],
        ["second", "runs", "it", "failed"],
    ]
    assert "1 step kept, 1 step to run" in done.stdout
    assert (await server.get("/api/jobs"))["total"] == 1
    printed = json.loads((await stroem("rerun", job_id, "--plan", "--json")).stdout)
    assert (printed["source_type"], printed["kept_count"], printed["again_count"]) == ("rerun", 0, 2)


async def test_a_re_run_from_a_step_takes_new_input_and_is_waited_for(server: Any, stroem: Run) -> None:
    job_id = await rejected(server)
    waiting = asyncio.create_task(
        stroem("rerun", job_id, "--from", "second", "--input", "word=stop", "--input", "count=3", "--wait")
    )

    async def other() -> str | None:
        items = (await server.get("/api/jobs", source_type="restart"))["items"]
        return items[0]["job_id"] if items else None

    again = await eventually(other, "the job runs again")
    await answer_step(server, again, "second", approved=True)
    done = await waiting
    assert done.exit_code == 0, done.stderr
    assert f"Job {again} runs {job_id} again" in done.stderr
    job = await server.get(f"/api/jobs/{again}")
    assert job["steps"][1]["approval_message"] == "Second, stop 3?"
    status = (await stroem("status", again)).stdout
    assert f"runs again {job_id} (second)" in status
    assert f"kept from job {job_id[:8]}" in status
    assert f"run again  by {again}" in (await stroem("status", job_id)).stdout
    assert job_id[:8] in (await stroem("jobs")).stdout.splitlines()[1].split()[-1]


async def test_single_items_run_again(server: Any, stroem: Run) -> None:
    job_id = await server.start_job("loops")
    for step in ("ask[0]", "ask[1]"):
        await answer_step(server, job_id, step, approved=True)
    started = json.loads((await stroem("rerun", job_id, "--item", "ask[1]", "--json")).stdout)
    steps = (await server.get(f"/api/jobs/{started['job_id']}"))["steps"]
    assert [step["status"] for step in steps] == ["running", "completed", "suspended"]


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("--plan", "--wait"), 2, "--plan starts nothing"),
        (("--item", "ask"), 2, "is no item of a loop"),
        (("--input", "word"), 2, "write KEY=VALUE"),
        (("--timeout", "3"), 2, "--follow or --wait"),
        (("--from", "secnd"), 5, "Did you mean 'second'?"),
    ],
)
async def test_refusals_say_what_to_do(
    server: Any, stroem: Run, arguments: tuple[str, ...], code: int, text: str
) -> None:
    job_id = await rejected(server)
    done = await stroem("rerun", job_id, *arguments)
    assert done.exit_code == code
    assert text in done.stderr


@pytest.mark.parametrize("option", ["--wait", "--follow"])
async def test_a_task_that_is_tried_again_is_waited_for_to_its_last_attempt(
    server: Any, stroem: Run, option: str
) -> None:
    done = await stroem("trigger", "never", "-w", "main", option)
    assert done.exit_code == 1
    items = (await server.get("/api/jobs"))["items"]
    assert [item["status"] for item in items] == ["failed", "failed"]
    (retry,) = (item["job_id"] for item in items if item["retry_of_job_id"] is not None)
    assert f"Job {retry} tries again" in done.stderr
    assert done.stderr.count("failed after") == 2


async def test_a_dry_run_shows_what_is_known_and_starts_nothing(server: Any, stroem: Run) -> None:
    done = await stroem("trigger", "dry", "-w", "main", "word=go", "--dry-run")
    assert done.exit_code == 0, done.stderr
    for line in (
        'input      text = "go ••••••"',
        'input      text = "{{ say.output }}", after say',
        "if         {{ input.word == 'go' }} (true now)",
        "loops      2 times, at most 1 at once",
        "would wait  say: No worker is active",
    ):
        assert line in done.stdout
    assert (await server.get("/api/jobs"))["total"] == 0
    refused = await stroem("trigger", "dry", "-w", "main", "--dry-run")
    assert (refused.exit_code, "input.word: is required" in refused.stderr) == (5, True)
    assert (await stroem("trigger", "dry", "--dry-run", "--wait")).exit_code == 2
