"""Secrets of a job in the jobs that it starts, in texts that the engine makes."""

from typing import Any

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
