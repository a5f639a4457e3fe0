"""Re-runs of jobs over the API: of all of a job, of what failed, from steps, of items of loops."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from stroem.server.keys import RECONCILER, SERVICES
from tests.server.conftest import PlainWorker, Running

WORKFLOWS = """
secrets: {token: a-very-secret-token}
actions:
  say: {type: script, script: "say {{ input.text }}", input: {text: {type: string}}}
  approve: {type: approval, message: "Go on?"}
  child: {type: task, task: child}
tasks:
  release:
    input:
      version: {type: string, default: "1.0"}
      target: {type: string, default: prod}
      pin: {type: string, secret: true, default: none}
    flow:
      fetch: {action: say, input: {text: "fetch {{ input.version }}"}}
      prep:
        steps:
          one: {action: say, input: {text: one}}
          two: {action: say, depends_on: [one], input: {text: "two {{ one.output.text }}"}}
      build:
        action: say
        depends_on: [fetch, prep]
        for_each: [a, b, c]
        input: {text: "{{ each.item }}"}
      deploy:
        action: say
        depends_on: [build]
        input:
          text: "{{ input.target }} {{ fetch.output.text }} {{ build.output[1].text }} {{ prep.output.two.text }}"
    finally:
      clean: {action: say, input: {text: clean}}
  ordered:
    flow:
      each: {action: say, for_each: [a, b, c, d], sequential: true, input: {text: "{{ each.item }}"}}
  listed:
    input: {words: {type: string, default: "a,b"}}
    flow:
      each: {action: say, for_each: '{{ input.words | split(pat=",") }}', input: {text: "{{ each.item }}"}}
  hides:
    flow:
      login: {action: say, input: {text: "{{ secret.token }}"}}
      use: {action: say, depends_on: [login], input: {text: "{{ login.output.text }}"}}
      other: {action: say, depends_on: [login], input: {text: other}}
  parent:
    flow:
      ask: {action: approve}
      call: {action: child, depends_on: [ask]}
      after: {action: say, depends_on: [call], input: {text: "{{ call.output.inner.text }}"}}
  child:
    flow:
      inner: {action: say, input: {text: inner}}
  retried:
    retry: {attempts: 2, delay: 60}
    flow:
      first: {action: say, input: {text: first}}
      second: {action: say, depends_on: [first], input: {text: "{{ first.output.text }}"}}
"""

Fails = Callable[[str], bool]


@pytest.fixture(autouse=True)
async def workflows(server: Running) -> None:
    await write(server, WORKFLOWS)


async def write(server: Running, text: str) -> None:
    """Makes the workflows of the workspace, as a new release."""
    (server.folder / ".workflows" / "reruns.yaml").write_text(text)
    assert (await server.app[RECONCILER].pipeline.reconcile("main")).error is None


async def work(worker: PlainWorker, fails: Fails = lambda _: False) -> list[str]:
    """Runs all steps that are ready and become so, and returns their names and inputs: `fetch: fetch 1.0`."""
    ran = []
    await worker.server.app[SERVICES].job_loop.run_once()
    while (claim := await worker.claim())["step_name"] is not None:
        text = claim["input"]["text"]
        ran.append(f"{claim['step_name']}: {text}")
        await worker.log(claim, f"says {text}")
        outcome: dict[str, Any] = {"exit_code": 3} if fails(claim["step_name"]) else {"output": {"text": text}}
        await worker.complete(claim, **outcome)
        await worker.server.app[SERVICES].job_loop.run_once()
    return ran


async def post(server: Running, path: str, body: Any, status: int = 200) -> Any:
    async with server.http.post(path, json=body) as response:
        found = await response.json()
        assert response.status == status, found
        return found


async def rerun(server: Running, job_id: str, **body: Any) -> str:
    return str((await post(server, f"/api/jobs/{job_id}/rerun", body))["job_id"])


async def plan(server: Running, job_id: str, **body: Any) -> Any:
    return await post(server, f"/api/jobs/{job_id}/rerun/plan", body)


async def steps_of(server: Running, job_id: str) -> dict[str, Any]:
    return {step["step_name"]: step for step in (await server.get(f"/api/jobs/{job_id}"))["steps"]}


async def log_of(server: Running, job_id: str, step: str) -> str:
    return str((await server.get(f"/api/jobs/{job_id}/steps/{step}/logs"))["logs"])


async def failed_release(server: Running, worker: PlainWorker, **given: Any) -> str:
    """A job that failed at the second item of its loop."""
    job_id = await server.start_job("release", **given)
    await work(worker, lambda name: name == "build[1]")
    return job_id


async def test_what_failed_runs_again_and_the_rest_is_kept(server: Running, plain_worker: PlainWorker) -> None:
    first = await failed_release(server, plain_worker)
    again = await rerun(server, first, failed=True)
    assert await work(plain_worker) == ["build[1]: b", "deploy: prod fetch 1.0 b two one", "clean: clean"]
    job = await server.get(f"/api/jobs/{again}")
    assert (job["status"], job["source_type"], job["source_job_id"]) == ("completed", "restart", first)
    assert (job["restart"], job["restart_from_step"]) == ({"failed": True, "steps": []}, None)
    assert job["output"] == {"deploy": {"text": "prod fetch 1.0 b two one"}}
    steps = await steps_of(server, again)
    kept = {name for name, step in steps.items() if step.get("kept_from_job_id") == first}
    assert kept == {"fetch", "prep", "prep~.one", "prep~.two", "build[0]", "build[2]"}
    assert steps["build"]["output"] == [{"text": "a"}, {"text": "b"}, {"text": "c"}]
    assert steps["fetch"]["input"] == {"text": "fetch 1.0"}
    former = await steps_of(server, first)
    for name in kept:
        own = {"kept_from_job_id": None, "worker_id": None, "ready_at": None}
        assert {**steps[name], **own} == {**former[name], **own}
    assert "says one" in await log_of(server, again, "prep~.one")
    assert "says fetch" not in str(await server.get(f"/api/jobs/{again}/logs"))
    assert (await server.get(f"/api/jobs/{first}"))["rerun_job_ids"] == [again]


async def test_history_and_list_name_the_job_that_is_run_again(server: Running, plain_worker: PlainWorker) -> None:
    first = await failed_release(server, plain_worker)
    again = await rerun(server, first, steps=["deploy", "build[1]"])
    items = {item["job_id"]: item for item in (await server.get("/api/jobs"))["items"]}
    assert (items[again]["source_job_id"], items[again]["restart_from_step"]) == (first, "deploy")
    history = (await server.get(f"/api/jobs/{again}/history"))["items"]
    assert (history[0]["cause"], history[0]["actor"]) == ("created", "restart")
    assert history[0]["detail"] == f"runs job {first} again"
    kept = [item["step_name"] for item in history if item["cause"] == "kept"]
    assert kept == ["fetch", "prep", "build[0]", "build[2]"]
    await work(plain_worker)


async def test_re_runs_of_re_runs_keep_what_the_first_job_ran(server: Running, plain_worker: PlainWorker) -> None:
    """Also a step inside a group, and an item of a loop, that the second job has kept as a whole."""
    first = await failed_release(server, plain_worker)
    second = await rerun(server, first, failed=True)
    await work(plain_worker, lambda name: name == "deploy")
    third = await rerun(server, second, failed=True)
    assert await work(plain_worker) == ["deploy: prod fetch 1.0 b two one", "clean: clean"]
    fourth = await rerun(server, third, steps=["build[2]", "prep~.two"])
    ran = await work(plain_worker)
    assert ran[0] == "prep~.two: two one"
    assert sorted(ran[1:4]) == ["build[0]: a", "build[1]: b", "build[2]: c"]
    steps = await steps_of(server, fourth)
    assert steps["prep~.one"]["kept_from_job_id"] == first
    assert "kept_from_job_id" not in steps["prep"]
    assert "says one" in await log_of(server, fourth, "prep~.one")
    fifth = await rerun(server, fourth, steps=["build[0]"])
    assert await work(plain_worker) == ["build[0]: a", "deploy: prod fetch 1.0 b two one", "clean: clean"]
    assert (await steps_of(server, fifth))["build[1]"]["kept_from_job_id"] == fourth
    assert (await server.get(f"/api/jobs/{fifth}"))["status"] == "completed"


async def test_all_of_a_job_runs_on_the_current_release(server: Running, plain_worker: PlainWorker) -> None:
    first = await failed_release(server, plain_worker, pin="4711")
    await write(server, WORKFLOWS.replace("fetch {{", "get {{"))
    again = await rerun(server, first, input={"version": "2", "pin": "••••••"})
    ran = await work(plain_worker)
    assert ran[0] == "fetch: get 2"
    assert ran[-2:] == ["deploy: prod get 2 b two one", "clean: clean"]
    job = await server.get(f"/api/jobs/{again}")
    assert (job["source_type"], job["restart"], job["input"]["pin"]) == ("rerun", None, "••••••")
    former = await server.get(f"/api/jobs/{first}")
    assert job["revision"] != former["revision"]
    pinned = await rerun(server, first, release="pinned")
    assert (await work(plain_worker))[0] == "fetch: fetch 1.0"
    assert (await server.get(f"/api/jobs/{pinned}"))["revision"] == former["revision"]


async def test_the_secret_of_the_source_job_is_used_again(server: Running, plain_worker: PlainWorker) -> None:
    await write(server, WORKFLOWS.replace("text: clean}}", 'text: "clean {{ input.pin }}"}}'))
    first = await failed_release(server, plain_worker, pin="4711")
    again = await rerun(server, first, steps=["deploy"], input={"pin": "••••••"})
    assert (await work(plain_worker))[-1] == "clean: clean 4711"
    assert "4711" not in str(await server.get(f"/api/jobs/{again}"))


async def test_a_plan_says_what_differs_in_the_release_and_why_steps_run(
    server: Running, plain_worker: PlainWorker
) -> None:
    first = await failed_release(server, plain_worker)
    changed = WORKFLOWS.replace("{text: one}", "{text: uno}").replace(
        "    finally:", "      check: {action: say, input: {text: check}}\n    finally:"
    )
    await write(server, changed.replace("default: prod", "default: staging"))
    body = {"steps": ["deploy"], "release": "current"}
    found = await plan(server, first, **body)
    assert {(one["kind"], one["step"], *one["parts"]) for one in found["differences"]} == {
        ("changed", None, "input"),
        ("changed", "prep~.one", "input"),
        ("added", "check"),
    }
    assert (found["release"]["is_pinned"], found["source_type"]) == (False, "restart")
    assert [step["step"] for step in found["kept"]] == ["fetch"]
    reasons = {step["step"]: step["reason"] for step in found["again"]}
    assert reasons == {
        "prep": "steps inside run again",
        "build": "it is behind 'prep'",
        "deploy": "it was chosen",
        "clean": "it ends each job",
        "check": "the release adds it",
    }
    assert (found["kept_count"], found["again_count"]) == (1, 5)
    assert (await server.get("/api/jobs"))["total"] == 1
    await rerun(server, first, **body)
    assert sorted((await work(plain_worker))[:2]) == ["check: check", "prep~.one: uno"]


async def test_a_removed_step_before_others_moves_their_numbers(server: Running, plain_worker: PlainWorker) -> None:
    first = await server.start_job("release")
    await work(plain_worker, lambda name: name == "deploy")
    without_fetch = WORKFLOWS.replace('      fetch: {action: say, input: {text: "fetch {{ input.version }}"}}\n', "")
    without_fetch = without_fetch.replace("depends_on: [fetch, prep]", "depends_on: [prep]")
    await write(server, without_fetch.replace("{{ fetch.output.text }} ", ""))
    found = await plan(server, first, failed=True, release="current")
    assert [step["step"] for step in found["kept"]] == ["prep"]
    again = await rerun(server, first, failed=True, release="current")
    assert (await work(plain_worker))[-2:] == ["deploy: prod b two one", "clean: clean"]
    steps = await steps_of(server, again)
    assert (steps["prep~.two"]["input"], steps["prep~.two"]["kept_from_job_id"]) == ({"text": "two one"}, first)


async def test_a_plan_warns_of_changed_inputs_that_kept_steps_have_read(
    server: Running, plain_worker: PlainWorker
) -> None:
    first = await failed_release(server, plain_worker)
    found = await plan(server, first, failed=True, input={"version": "2", "target": "prod"})
    assert found["warnings"] == ["Step 'fetch' is kept, and has read the former value of the input 'version'"]
    async with server.http.post(
        f"/api/jobs/{first}/rerun", json={"failed": True, "input": {"version": "2", "target": "prod"}}
    ) as response:
        assert (await response.json())["warnings"] == found["warnings"]
    found = await plan(server, first, steps=["clean"])
    assert found["warnings"] == ["Step 'build' is kept as failed, so the job may fail again: run it again too"]


async def test_items_are_kept_by_their_index_when_the_list_changes(server: Running, plain_worker: PlainWorker) -> None:
    first = await server.start_job("listed")
    await work(plain_worker, lambda name: name == "each[0]")
    given = {"steps": ["each[1]"], "input": {"words": "x,y,z"}}
    assert (await plan(server, first, **given))["warnings"] == [
        "Step 'each[0]' is kept as failed, so the job may fail again: run it again too",
        "Step 'each' reads the input 'words' again, and keeps items by their index",
    ]
    again = await rerun(server, first, **given)
    assert sorted(await work(plain_worker)) == ["each[1]: y", "each[2]: z"]
    assert (await server.get(f"/api/jobs/{again}"))["status"] == "failed"


async def test_items_of_a_loop_in_order_are_kept_before_their_turn(server: Running, plain_worker: PlainWorker) -> None:
    first = await server.start_job("ordered")
    await work(plain_worker)
    again = await rerun(server, first, steps=["each[0]", "each[2]"])
    assert await work(plain_worker) == ["each[0]: a", "each[2]: c"]
    assert (await server.get(f"/api/jobs/{again}"))["status"] == "completed"
    failing = await rerun(server, again, steps=["each[1]"])
    await work(plain_worker, lambda name: name == "each[1]")
    last = await rerun(server, failing, failed=True)
    assert await work(plain_worker) == ["each[1]: b"]
    assert (await server.get(f"/api/jobs/{last}"))["output"] == {"each": [{"text": text} for text in "abcd"]}


async def test_items_that_did_not_run_after_a_failure_run_again(server: Running, plain_worker: PlainWorker) -> None:
    first = await server.start_job("ordered")
    await work(plain_worker, lambda name: name == "each[1]")
    await rerun(server, first, failed=True)
    assert await work(plain_worker) == ["each[1]: b", "each[2]: c", "each[3]: d"]


async def test_a_step_with_secrets_in_its_output_runs_again_if_it_is_read(
    server: Running, plain_worker: PlainWorker
) -> None:
    first = await server.start_job("hides")
    await work(plain_worker)
    found = await plan(server, first, steps=["use"])
    reasons = {step["step"]: step["reason"] for step in found["again"]}
    assert "its output has secrets" in reasons["login"]
    await rerun(server, first, steps=["use"])
    assert "use: a-very-secret-token" in await work(plain_worker)
    again = await rerun(server, first, steps=["other"])
    assert await work(plain_worker) == ["other: other"]
    assert "a-very-secret-token" not in str(await server.get(f"/api/jobs/{again}"))


async def test_a_kept_sub_task_keeps_its_output_and_another_starts_a_new_job(
    server: Running, plain_worker: PlainWorker
) -> None:
    first = await server.start_job("parent")
    await post(server, f"/api/jobs/{first}/steps/ask/approve", {"approved": True})
    await work(plain_worker, lambda name: name == "after")
    await rerun(server, first, failed=True)
    assert await work(plain_worker) == ["after: inner"]
    assert (await server.get("/api/jobs", source_type="task"))["total"] == 1
    again = await rerun(server, first, steps=["call"])
    assert await work(plain_worker) == ["inner: inner", "after: inner"]
    assert (await server.get("/api/jobs", source_type="task"))["total"] == 2
    asking = await rerun(server, again, steps=["ask"])
    steps = await steps_of(server, asking)
    assert (steps["ask"]["status"], steps["call"]["status"]) == ("suspended", "pending")
    await post(server, f"/api/jobs/{asking}/steps/ask/approve", {"approved": False})
    assert (await server.get(f"/api/jobs/{asking}"))["status"] == "failed"


async def test_a_retry_of_a_re_run_keeps_the_same_steps(server: Running, plain_worker: PlainWorker) -> None:
    first = await server.start_job("retried")
    await work(plain_worker, lambda name: name == "second")
    (retry,) = (await server.get("/api/jobs", source_type="retry"))["items"]
    await post(server, f"/api/jobs/{retry['job_id']}/cancel", {})
    found = await plan(server, first, failed=True)
    assert found["warnings"] == [f"The job was repeated already, by job {retry['job_id']}"]
    again = await rerun(server, first, failed=True)
    assert await work(plain_worker, lambda name: name == "second") == ["second: first"]
    async with server.app[SERVICES].database.begin() as connection:
        await connection.execute("UPDATE jobs SET starts_at = now() WHERE starts_at IS NOT NULL")
    assert await work(plain_worker) == ["second: first"]
    following = (await server.get(f"/api/jobs/{again}"))["retry_job_id"]
    job = await server.get(f"/api/jobs/{following}")
    assert (job["status"], job["source_job_id"], job["restart"]["failed"]) == ("completed", first, True)
    assert (await steps_of(server, following))["first"]["kept_from_job_id"] == first


async def test_hooks_and_uploads_are_not_run_again(server: Running, plain_worker: PlainWorker) -> None:
    hooked = WORKFLOWS.replace(
        "  ordered:",
        "  hooked:\n    on_success: [{action: say, input: {text: hi}}]\n"
        "    flow: {s: {action: say, input: {text: hi}}}\n  ordered:",
    )
    await write(server, hooked)
    first = await server.start_job("hooked")
    assert await work(plain_worker) == ["s: hi", "hook: hi"]
    (hook,) = (await server.get("/api/jobs", source_type="hook"))["items"]
    await rerun(server, first, steps=["s"])
    assert await work(plain_worker) == ["s: hi", "hook: hi"]  # that of the re-run
    found = await post(server, f"/api/jobs/{hook['job_id']}/rerun", {"release": "pinned"}, 409)
    assert "is a hook of another job" in found["error"]
    async with server.http.post("/api/workspaces/main/tasks/hooked/state", params={"a": "1"}) as response:
        upload = (await response.json())["job_id"]
    found = await post(server, f"/api/jobs/{upload}/rerun", {}, 409)
    assert "upload of state" in found["error"]


async def test_refusals_of_re_runs_say_what_to_do(server: Running, plain_worker: PlainWorker) -> None:
    path = f"/api/jobs/{uuid.uuid4()}/rerun"
    assert (await post(server, path, {}, 404))["code"] == "not-found"
    assert (await post(server, path, {"release": "pinned"}, 404))["code"] == "not-found"
    running = await server.start_job("ordered")
    found = await post(server, f"/api/jobs/{running}/rerun", {}, 409)
    assert "once it has ended" in found["error"]
    await work(plain_worker)
    found = await post(server, f"/api/jobs/{running}/rerun", {"failed": True}, 409)
    assert "No step of the job has failed" in found["error"]
    found = await post(server, f"/api/jobs/{running}/rerun/plan", {"steps": ["eac", "each[9]", "each", "_server"]}, 400)
    assert [field["field"] for field in found["fields"]] == ["steps[0]", "steps[1]", "steps[3]"]
    assert found["fields"][0]["message"] == "Step 'eac' not found. The only one is 'each'."
    failed = await failed_release(server, plain_worker)
    found = await post(server, f"/api/jobs/{failed}/rerun", {"input": {"version": {"a": 1}}}, 400)
    assert found["fields"][0]["field"] == "input.version"
    await write(server, WORKFLOWS.replace("  release:", "  renamed:"))
    found = await post(server, f"/api/jobs/{failed}/rerun", {}, 404)
    assert "release" in found["error"]
    assert await rerun(server, failed, release="pinned")
    await work(plain_worker)


async def test_a_re_run_whose_source_is_gone_fails_alone(server: Running, plain_worker: PlainWorker) -> None:
    """Nothing is run that was to be kept, and jobs that begin at the same moment do."""
    retries = []
    for _ in range(2):
        first = await server.start_job("retried")
        await work(plain_worker, lambda name: name == "second")
        again = await rerun(server, first, failed=True)
        await work(plain_worker, lambda name: name == "second")
        retries.append((await server.get(f"/api/jobs/{again}"))["retry_job_id"])
    async with server.app[SERVICES].database.begin() as connection:
        await connection.execute("UPDATE jobs SET source_job_id = %s WHERE id = %s", (uuid.uuid4(), retries[0]))
        await connection.execute("UPDATE jobs SET starts_at = now() WHERE id = ANY(%s)", (retries,))
    assert await work(plain_worker) == ["second: first"]
    broken, sound = [await server.get(f"/api/jobs/{job_id}") for job_id in retries]
    assert (broken["status"], sound["status"]) == ("failed", "completed")
    assert "cannot be decided" in broken["error_message"]
    assert not [step for step in broken["steps"] if step["started_at"] is not None]


async def test_a_long_chain_of_re_runs_hides_the_secrets_of_its_first_job(
    server: Running, plain_worker: PlainWorker
) -> None:
    """Also once the task has no such secret any more, and after a restart of the server."""
    first = await failed_release(server, plain_worker, pin="4711-0815")
    await write(server, WORKFLOWS.replace("pin: {type: string, secret: true, default: none}", "pin: {type: string}"))
    last = await rerun(server, first)
    await work(plain_worker)
    chain = 1200
    async with server.app[SERVICES].database.begin() as connection:
        await connection.execute(
            """
            INSERT INTO jobs (id, workspace, task, mode, status, source_type, source_job_id, release_id, revision,
                              files, plan, raw_input, input, redacted, created_at, completed_at)
            SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, workspace, task, mode, status, 'rerun',
                   CASE WHEN n = 0 THEN id ELSE ('00000000-0000-4000-8000-' || lpad((n - 1)::text, 12, '0'))::uuid END,
                   release_id, revision, files, plan, raw_input, input, redacted, now(), now()
            FROM jobs, generate_series(0, %s) n WHERE id = %s
            """,
            (chain, last),
        )
    end = f"00000000-0000-4000-8000-{chain:012}"
    assert (await server.get(f"/api/jobs/{end}"))["raw_input"]["pin"] == "••••••"
    again = await rerun(server, end)
    assert (await server.get(f"/api/jobs/{again}"))["input"]["pin"] == "••••••"
    await work(plain_worker)
