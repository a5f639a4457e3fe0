"""Dry runs of tasks over the API."""

from typing import Any

from stroem.server.keys import RECONCILER
from tests.server.conftest import PlainWorker, Running
from tests.support.wait import eventually

WORKFLOWS = """
secrets: {token: a-very-secret-token}
actions:
  say:
    type: script
    script: "say {{ input.text }}"
    input: {text: {type: string}, target: {type: string, default: "to {{ input.word }}"}}
  elsewhere: {type: script, tags: [moon], script: "true"}
  tell: {type: script, script: "true"}
tasks:
  t:
    timeout: 90
    retry: {attempts: 3, delay: 1}
    input:
      word: {type: string, required: true}
      pin: {type: string, secret: true, default: none}
      text: {type: string}
    flow:
      last: {action: say, depends_on: [group, letters], input: {text: "{{ letters.output }} {{ input.word }}"}}
      first: {action: say, input: {target: "{{ input.word }} {{ secret.token }} {{ input.pin }}"}}
      group:
        depends_on: [first]
        when: "input.word == 'stop'"
        steps:
          one: {action: elsewhere, retry: {attempts: 2}, timeout: 30}
          two: {action: say, depends_on: [one], when: "one.output.ok", input: {text: "{{ state.at }}"}}
      letters:
        action: say
        for_each: '{{ input.word | split(pat="") }}'
        max_concurrency: 2
        input: {text: "{{ each.item }}"}
      open: {action: say, depends_on: [first], for_each: "{{ first.output.items }}"}
      wrong: {action: say, input: {text: "{{ input.word.nothing.here }}"}}
    finally:
      clean: {action: say, input: {text: "{{ first.status }}"}}
    on_error: [{action: tell}]
"""


async def dry_run(server: Running, status: int = 200, **given: Any) -> Any:
    (server.folder / ".workflows" / "dry.yaml").write_text(WORKFLOWS)
    assert (await server.app[RECONCILER].pipeline.reconcile("main")).error is None
    async with server.http.post("/api/workspaces/main/tasks/t/dry-run", json={"input": given}) as response:
        found = await response.json()
        assert response.status == status, found
        return found


async def test_a_dry_run_tells_the_steps_in_order_and_starts_nothing(
    server: Running, plain_worker: PlainWorker
) -> None:
    found = await dry_run(server, word="go", pin="4711")
    assert (found["attempts"], found["timeout"], found["mode"]) == (3, 90, "distributed")
    assert found["hooks"] == {"on_error": ["tell"]}
    steps = {step["step_name"]: step for step in found["steps"]}
    assert list(steps) == ["first", "group", "group~.one", "group~.two", "letters", "last", "open", "wrong", "clean"]
    assert [step["step_name"] for step in found["steps"] if step["is_final"]] == ["clean"]
    assert (await server.get("/api/jobs"))["total"] == 0
    assert "4711" not in str(found)
    assert "a-very-secret-token" not in str(found)
    assert all(step["cache"] is None for step in found["steps"])


async def test_inputs_are_rendered_as_far_as_the_input_of_the_job_tells(server: Running) -> None:
    steps = {step["step_name"]: step for step in (await dry_run(server, word="go", pin="4711", text="{{ no"))["steps"]}
    assert steps["first"]["input"] == {"target": "go •••••• ••••••", "text": "{{ no"}
    assert steps["last"]["input"] == {"target": "to go"}
    assert steps["last"]["later"] == {
        "text": {"template": "{{ letters.output }} {{ input.word }}", "reads": ["letters"]},
    }
    assert steps["group~.two"]["later"]["text"]["reads"] == ["state"]
    assert steps["letters"]["later"]["text"]["reads"] == ["each"]
    assert steps["clean"]["later"]["text"]["reads"] == ["first"]
    assert steps["wrong"]["input"] == {"target": "to go"}
    assert steps["wrong"]["problems"][0].startswith("text: Template")


async def test_conditions_and_items_are_told_if_they_are_known(server: Running) -> None:
    steps = {step["step_name"]: step for step in (await dry_run(server, word="go"))["steps"]}
    assert steps["group"]["condition_value"] is False
    assert (steps["group~.two"]["condition"], steps["group~.two"]["condition_value"]) == ("{{ one.output.ok }}", None)
    assert (steps["letters"]["is_loop"], steps["letters"]["items"], steps["letters"]["max_concurrency"]) == (True, 4, 2)
    assert (steps["open"]["is_loop"], steps["open"]["items"]) == (True, None)
    one = steps["group~.one"]
    assert (one["ability"], one["tags"], one["attempts"], one["timeout"]) == ("script", ["moon"], 2, 30)


async def test_blockers_name_the_steps_that_no_worker_can_run(server: Running, plain_worker: PlainWorker) -> None:
    found = await dry_run(server, word="go")
    assert found["blockers"] == [
        {
            "kind": "worker",
            "step_name": "group~.one",
            "message": "No active worker that offers script has the tags moon",
        }
    ]


async def test_mistakes_in_the_input_are_those_of_a_start(server: Running) -> None:
    found = await dry_run(server, 400, pin={"not": "text"})
    assert found["code"] == "invalid-input"
    assert {field["field"] for field in found["fields"]} == {"input.word", "input.pin"}
    async with server.http.post("/api/workspaces/main/tasks/none/dry-run", json={}) as response:
        assert response.status == 404


async def begun(worker: PlainWorker) -> Any:
    """The claim of a step once its job has all its slots; None before."""
    claim = await worker.claim()
    return claim if claim["job_id"] else None


LIMITED = """
limits: {db: 1}
tasks:
  limited:
    concurrency: {limit: 1, policy: skip}
    limits: [db]
    flow:
      build: {type: script, script: "true", cache: {key: "v1"}}
      test: {type: script, depends_on: [build], script: "true", cache: {key: "{{ build.output.x }}"}}
"""


async def test_a_dry_run_tells_full_limits_and_results_of_caches(server: Running, plain_worker: PlainWorker) -> None:
    (server.folder / ".workflows" / "limited.yaml").write_text(LIMITED)
    assert (await server.app[RECONCILER].pipeline.reconcile("main")).error is None
    path = "/api/workspaces/main/tasks/limited"

    async def found() -> Any:
        async with server.http.post(f"{path}/dry-run", json={}) as response:
            return await response.json()

    before = await found()
    assert [step["cache"] for step in before["steps"]] == [{"job_id": None, "step_name": None}, None]
    assert before["blockers"] == []
    async with server.http.post(f"{path}/execute", json={}) as response:
        job_id = (await response.json())["job_id"]
    claim = await eventually(lambda: begun(plain_worker), "the job has its slots")
    assert [(one["kind"], one["step_name"]) for one in (await found())["blockers"]] == [("limit", None)] * 2
    assert "skipped" in (await found())["blockers"][0]["message"]
    await plain_worker.complete(claim, exit_code=0)
    after = await found()
    assert after["steps"][0]["cache"] == {"job_id": job_id, "step_name": "build"}
