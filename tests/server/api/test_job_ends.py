"""Hooks, retries and cleanup of jobs, over the API."""

from typing import Any

from stroem.server.keys import RECONCILER, SERVICES
from tests.server.conftest import Running

WORKFLOWS = """
secrets: {token: a-very-secret-token}
actions:
  record: {type: task, task: record}
  tell:
    type: script
    script: say {{ input.text }}
    input: {text: {type: string, required: true}}
tasks:
  again:
    retry: {attempts: 3, delay: 60}
    flow: {a: {type: script, script: "true"}}
  quiet:
    input: {pin: {type: string, secret: true}}
    flow: {a: {type: script, script: "true"}}
    on_success:
      - action: record
        input: {about: "{{ input.pin }} and {{ secret.token }}"}
  record:
    input: {about: {type: string}}
    flow: {write: {type: script, script: "write {{ input.about }}"}}
  noisy:
    flow: {a: {type: script, script: "true"}}
    finally: {clean: {type: script, script: "clean {{ a.status }}"}}
    on_error:
      - action: tell
        input: {text: "{{ hook.error_message }} {{ secret.token }}"}
      - action: tell
        input: {text: "{{ hook.failed_steps[7].step_name }}"}
"""


async def write(server: Running) -> None:
    (server.folder / ".workflows" / "ends.yaml").write_text(WORKFLOWS)
    status = await server.app[RECONCILER].pipeline.reconcile("main")
    assert status.error is None


async def run_next(worker: Any, **outcome: Any) -> Any:
    """Takes the next step and ends it."""
    claim = await worker.claim()
    await worker.complete(claim, **outcome)
    return claim


async def test_the_jobs_of_a_retry_name_one_another(server: Running, plain_worker: Any) -> None:
    await write(server)
    first = await server.start_job("again")
    await run_next(plain_worker, exit_code=1)
    page = await server.get("/api/jobs", source_type="retry")
    (item,) = page["items"]
    job = await server.get(f"/api/jobs/{item['job_id']}")
    for found in (item, job):
        assert (found["status"], found["source_type"], found["source_id"]) == ("pending", "retry", first)
        assert (found["retry_of_job_id"], found["retry_job_id"]) == (first, None)
        assert (found["retry_attempt"], found["max_retries"]) == (1, 2)
        assert found["starts_at"] is not None
    failed = await server.get(f"/api/jobs/{first}")
    assert (failed["status"], failed["retry_job_id"], failed["retry_attempt"]) == ("failed", item["job_id"], 0)
    async with server.http.post(f"/api/jobs/{first}/cancel") as response:
        assert (response.status, await response.json()) == (200, {"status": "cancelled"})
    assert (await server.get(f"/api/jobs/{item['job_id']}"))["status"] == "cancelled"
    async with server.http.post(f"/api/jobs/{first}/cancel") as response:
        assert response.status == 409


async def test_hooks_follow_the_cleanup_of_a_failed_job(server: Running, plain_worker: Any) -> None:
    await write(server)
    job_id = await server.start_job("noisy")
    await run_next(plain_worker, exit_code=1, error="no a-very-secret-token here")
    cleanup = await run_next(plain_worker)
    assert (cleanup["step_name"], cleanup["action_spec"]["script"]) == ("clean", "clean failed")
    (hook,) = (await server.get("/api/jobs", source_type="hook"))["items"]
    assert (hook["task_name"], hook["source_id"], hook["status"]) == ("_hook:tell", job_id, "pending")
    claim = await run_next(plain_worker, exit_code=1)
    assert (claim["job_id"], claim["step_name"]) == (hook["job_id"], "hook")
    assert claim["action_spec"]["script"] == "say a: no •••••• here a-very-secret-token"
    detail = await server.get(f"/api/jobs/{hook['job_id']}")
    assert detail["steps"][0]["input"] == {"text": "a: no •••••• here ••••••"}
    await server.app[SERVICES].job_loop.run_once()
    logs = (await server.get(f"/api/jobs/{job_id}/steps/_server/logs"))["logs"]
    assert "[hooks] on_error: tell cannot start: " in logs
    assert f"[hooks] _hook:tell failed (job {hook['job_id']})" in logs
    assert "a-very-secret-token" not in logs + str(detail)
    assert [step["step_name"] for step in (await server.get(f"/api/jobs/{job_id}"))["steps"]] == ["a", "clean"]


async def test_the_secrets_of_a_job_are_hidden_in_the_job_of_its_hook(server: Running, plain_worker: Any) -> None:
    await write(server)
    await server.start_job("quiet", pin="my-own-pin")
    await run_next(plain_worker)
    claim = await plain_worker.claim()
    assert claim["action_spec"]["script"] == "write my-own-pin and a-very-secret-token"
    await plain_worker.start(claim)
    await plain_worker.log(claim, "it is my-own-pin")
    await plain_worker.complete(claim, output={"said": "a-very-secret-token, my-own-pin"})
    (hook,) = (await server.get("/api/jobs", source_type="hook"))["items"]
    detail = await server.get(f"/api/jobs/{hook['job_id']}")
    assert (detail["task_name"], detail["status"]) == ("record", "completed")
    assert detail["input"] == detail["raw_input"] == {"about": "•••••• and ••••••"}
    shown = str(detail) + (await server.get(f"/api/jobs/{hook['job_id']}/logs"))["logs"]
    assert "my-own-pin" not in shown
    assert "a-very-secret-token" not in shown
