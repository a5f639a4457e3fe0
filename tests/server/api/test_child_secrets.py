"""Secrets of a job in its own texts and those of the jobs that it starts, where the engine makes them."""

from typing import Any

import pytest

from stroem.server.keys import RECONCILER, SERVICES
from tests.server.conftest import Running

WORKFLOWS = """
secrets: {token: a-very-secret-token}
tasks:
  parent:
    input: {pin: {type: string, secret: true}}
    flow:
      child: {type: task, task: child, input: {text: "{{ input.pin }} {{ secret.token }}"}}
  child:
    input: {text: {type: string}}
    flow:
      items: {for_each: {range: "{{ input.text }}"}, type: script, script: "true", continue_on_failure: true}
      until: {type: wait, until: "{{ input.text }}", continue_on_failure: true}
      signal: {type: signal, signal: "{{ input.text }}"}
  alone:
    input: {pin: {type: string, secret: true}}
    flow:
      signal: {type: signal, signal: "go-{{ input.pin }}"}
  hosts:
    input: {pin: {type: string, secret: true}}
    flow:
      each: {for_each: ["{{ input.pin }}", "{{ secret.token }}", a-very-plain-one], type: script, script: "true"}
  failing:
    flow:
      inner: {type: task, task: inner}
      why: {type: script, depends_on: {inner: failure}, script: "why {{ inner.error }}"}
  inner:
    flow: {s: {for_each: [1, 2], type: script, script: "true"}}
"""


async def write(server: Running) -> None:
    (server.folder / ".workflows" / "children.yaml").write_text(WORKFLOWS)
    assert (await server.app[RECONCILER].pipeline.reconcile("main")).error is None


async def test_errors_and_signals_of_a_child_hide_the_secrets_of_its_parent(server: Running) -> None:
    await write(server)
    await server.start_job("parent", pin="my-own-pin")
    await server.app[SERVICES].job_loop.run_once()
    (child,) = (await server.get("/api/jobs", source_type="task"))["items"]
    detail = await server.get(f"/api/jobs/{child['job_id']}")
    steps = {step["step_name"]: step for step in detail["steps"]}
    assert steps["items"]["error_message"].startswith("A range has whole numbers, not '••••••")
    assert steps["until"]["error_message"].startswith("until must be a time")
    assert steps["signal"]["waits_for"].startswith("signal:••••••")
    history = await server.get(f"/api/jobs/{child['job_id']}/history")
    (listed,) = (await server.get("/api/jobs", source_type="task"))["items"]
    assert listed["reason"].startswith("Waiting for the signal '••••••")
    assert listed["reason"] == detail["reason"]
    queued = await server.get("/api/queue/steps", held="signal")
    assert [one["blocker"]["name"][:6] for one in queued["items"]] == ["••••••"]
    for shown in (str(detail), str(history), str(listed), str(queued)):
        assert "my-own-pin" not in shown
        assert "a-very-secret-token" not in shown


async def test_what_a_job_waits_for_hides_its_own_secrets(server: Running) -> None:
    await write(server)
    job_id = await server.start_job("alone", pin="my-own-pin")
    await server.app[SERVICES].job_loop.run_once()
    detail = await server.get(f"/api/jobs/{job_id}")
    (listed,) = (await server.get("/api/jobs"))["items"]
    assert listed["reason"] == detail["reason"] == "Waiting for the signal 'go-••••••'"
    (queued,) = (await server.get("/api/queue/steps", held="signal"))["items"]
    assert queued["blocker"]["name"] == "go-••••••"
    waiting = await server.get(f"/api/jobs/{job_id}/waiting")
    assert waiting["forecast"]["unknown"].endswith("Waiting for the signal 'go-••••••'")
    for shown in (detail, listed, queued, waiting):
        assert "my-own-pin" not in str(shown)


@pytest.mark.parametrize(("text", "indexes"), [("a-very", [2]), ("my-own", []), ("plain", [2])])
async def test_a_search_does_not_tell_that_items_hold_a_text_as_a_secret(
    server: Running, text: str, indexes: list[int]
) -> None:
    await write(server)
    job_id = await server.start_job("hosts", pin="my-own-pin")
    await server.app[SERVICES].job_loop.run_once()
    page = await server.get(f"/api/jobs/{job_id}/steps/each/items", search=text, limit=1)
    assert [item["index"] for item in page["items"]] == indexes
    assert "next_cursor" not in page


async def test_a_failed_child_tells_its_step_why(server: Running, plain_worker: Any) -> None:
    await write(server)
    job_id = await server.start_job("failing")
    for _ in range(2):
        await plain_worker.complete(await plain_worker.claim(), exit_code=1)
    await server.app[SERVICES].job_loop.run_once()
    (child,) = (await server.get("/api/jobs", source_type="task"))["items"]
    (loop, *_) = (await server.get(f"/api/jobs/{child['job_id']}"))["steps"]
    assert loop["error_message"] == "2 of 2 iterations failed"
    claim = await plain_worker.claim()
    assert claim["action_spec"]["script"] == f"why Job {child['job_id']} of task 'inner' failed"
    assert claim["job_id"] == job_id
