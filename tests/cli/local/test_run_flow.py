"""Flows of YAML files, run by `stroem run`."""

import json
from pathlib import Path
from typing import Any

import pytest

WORKFLOWS = """
tasks:
  child:
    input: {n: {type: integer, required: true}}
    flow:
      fails: {when: input.n == 7, type: shell, cmd: exit 1}
      say: {type: shell, cmd: 'echo "OUTPUT: {\\"twice\\": {{ input.n * 2 }}}"'}
  main:
    input: {full: {type: boolean, default: false}, tries: {required: true}}
    flow:
      build: {type: shell, cmd: 'echo "OUTPUT: {\\"targets\\": [\\"a\\", \\"b\\"]}"'}
      deploy:
        depends_on: [build]
        for_each: build.output.targets
        type: shell
        cmd: 'echo "OUTPUT: \\"{{ each.item }}-{{ each.index }}-{{ each.total }}\\""'
      only-full: {depends_on: [build], when: input.full, type: shell, cmd: "false"}
      after: {depends_on: [only-full, build], type: shell, cmd: "true"}
      flaky:
        type: shell
        env: {TRIES: "{{ input.tries }}"}
        cmd: 'echo x >> $TRIES; test $(wc -l < $TRIES) -ge 2'
        retry: {max_attempts: 2, delay: 1}
      bad: {type: shell, cmd: exit 3, continue_on_failure: true}
      mend:
        depends_on: {bad: failure, build: success}
        type: shell
        cmd: 'echo "OUTPUT: \\"{{ bad.status }}: {{ bad.error }}\\""'
      never: {depends_on: {build: failure, bad: always}, type: shell, cmd: "false"}
      children: {for_each: {range: [1, 4]}, sequential: true, type: task, task: child, input: {n: "{{ each.item }}"}}
      grid:
        matrix: {os: [l, w], py: [1, 2], exclude: [{os: w, py: 1}]}
        type: shell
        cmd: 'echo "OUTPUT: \\"{{ each.item.os }}{{ each.item.py }}\\""'
      poll: {until: output.n >= 2, type: shell, cmd: 'echo "OUTPUT: {\\"n\\": {{ each.index }}}"'}
      nap: {type: wait, for: 1s}
      empty: {for_each: "[]", type: shell, cmd: "false"}
  failing:
    flow:
      sub: {type: task, task: child, input: {n: 7}}
  secretive:
    flow:
      sub: {type: task, task: child-of-secret, input: {given: "{{ secret.TOKEN }}"}}
  child-of-secret:
    input: {given: {}}
    flow:
      say: {type: shell, cmd: 'echo it is {{ input.given }}; echo "OUTPUT: \\"{{ input.given }}\\""'}
  grouped:
    flow:
      prepare: {type: shell, cmd: 'echo "OUTPUT: [\\"eu\\", \\"us\\"]"'}
      region:
        depends_on: [prepare]
        for_each: prepare.output
        sequential: true
        steps:
          build: {type: shell, cmd: 'echo "OUTPUT: \\"{{ each.item }}\\""'}
          host:
            depends_on: [build]
            for_each: [1, 2]
            steps:
              copy: {type: shell, cmd: 'echo "OUTPUT: \\"{{ build.output }}{{ each.item }}\\""'}
              check:
                depends_on: [copy]
                when: each.index == 0
                type: shell
                cmd: 'echo "OUTPUT: \\"{{ copy.output }} of {{ prepare.output | length }}\\""'
      plain:
        depends_on: [region]
        steps:
          a: {type: shell, cmd: 'echo "OUTPUT: 1"'}
          b: {type: shell, depends_on: {a: success}, cmd: 'echo "OUTPUT: {{ a.output + 1 }}"'}
      last:
        depends_on: [plain]
        type: shell
        cmd: 'echo "OUTPUT: \\"{{ plain.output.b }} {{ region.output[1].host[0].check }}\\""'
  again:
    input: {tries: {required: true}}
    retry: {attempts: 3, delay: 1}
    flow:
      s:
        type: shell
        env: {TRIES: "{{ input.tries }}"}
        cmd: 'echo x >> $TRIES; test $(wc -l < $TRIES) -ge 2'
  bounded:
    flow:
      loop: {while: "true", max_rounds: 3, type: shell, cmd: "true"}
secrets: {TOKEN: s3cr3t-token}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / ".workflows").mkdir()
    (tmp_path / ".workflows" / "a.yaml").write_text(WORKFLOWS)
    return tmp_path


def job_of(done: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The job that was run, and its steps by name."""
    *_, end = map(json.loads, done.stdout.splitlines())
    return end["job"], {step["step_name"]: step for step in end["job"]["steps"]}


def test_a_flow_with_conditions_loops_retries_and_sub_tasks(here, workspace: Path) -> None:
    done = here("run", "main", f"tries={workspace / 'tries'}", "--path", str(workspace), "--json")
    job, steps = job_of(done)
    assert (done.exit_code, job["status"]) == (0, "completed"), done.stderr
    outputs = {name: step["output"] for name, step in steps.items() if step["output"] is not None}
    assert outputs["deploy"] == ["a-0-2", "b-1-2"]
    assert (outputs["deploy[0]"], outputs["deploy[1]"]) == ("a-0-2", "b-1-2")
    assert outputs["mend"] == "failed: Exit code: 3"
    assert outputs["children"] == [{"say": {"twice": 2 * n}} for n in (1, 2, 3)]
    assert outputs["grid"] == ["l1", "l2", "w2"]
    assert outputs["poll"] == {"n": 2}
    assert {name: step["skip_reason"] for name, step in steps.items() if step["status"] == "skipped"} == {
        "only-full": "Skipped: its condition is false",
        "never": "Skipped: step 'build' is completed, not failed",
        "empty": "Skipped: the list of items is empty",
    }
    assert steps["after"]["status"] == "completed"
    assert (steps["flaky"]["status"], steps["flaky"]["retry_attempt"], steps["flaky"]["max_retries"]) == (
        "completed",
        1,
        2,
    )
    assert [one["error"] for one in steps["flaky"]["retry_history"]] == ["Exit code: 1"]
    assert (steps["deploy[1]"]["loop_source"], steps["deploy[1]"]["loop_index"]) == ("deploy", 1)
    assert job["output"].keys() == {"deploy", "mend", "children", "grid", "poll"}


def test_the_failure_of_a_sub_task_is_that_of_its_step(here, workspace: Path) -> None:
    done = here("run", "failing", "--path", str(workspace), "--json")
    job, steps = job_of(done)
    assert (done.exit_code, job["status"], steps["sub"]["status"]) == (1, "failed", "failed")


def test_a_secret_that_a_sub_task_gets_is_hidden_there_too(here, workspace: Path) -> None:
    done = here("run", "secretive", "--path", str(workspace), "--json")
    job, _ = job_of(done)
    assert job["status"] == "completed", done.stderr
    assert job["output"] == {"sub": {"say": "••••••"}}
    assert "s3cr3t-token" not in done.stdout + done.stderr


def test_rounds_without_end_fail_at_their_limit(here, workspace: Path) -> None:
    job, steps = job_of(here("run", "bounded", "--path", str(workspace), "--json"))
    assert (job["status"], steps["loop"]["error_message"]) == ("failed", "The loop has more than 3 rounds")


def test_groups_in_loops_and_alone(here, workspace: Path) -> None:
    job, steps = job_of(here("run", "grouped", "--path", str(workspace), "--json"))
    assert job["status"] == "completed"
    assert job["output"] == {"last": "2 us1 of 2"}
    inside = {
        f"region[{region}].host[{host}].{step}" for region in (0, 1) for host in (0, 1) for step in ("copy", "check")
    }
    assert inside | {"region[0]", "region[1].build", "region[0].host[1]", "plain~.a", "plain~.b"} <= steps.keys()
    assert steps["region[1].host[1].copy"]["output"] == "us2"
    assert steps["region[1].host[1].check"]["status"] == "skipped"


def test_a_task_is_tried_again_to_the_end(here, workspace: Path) -> None:
    done = here("run", "again", f"tries={workspace / 'tries'}", "--path", str(workspace), "--json")
    ends = [event["job"] for event in map(json.loads, done.stdout.splitlines()) if event.get("event") == "end"]
    assert [(job["status"], job["source_type"], job["retry_attempt"]) for job in ends] == [
        ("failed", "api", 0),
        ("completed", "retry", 1),
    ]
    assert done.exit_code == 0


def test_a_dry_run_shows_the_steps_and_runs_nothing(here, workspace: Path) -> None:
    tries = workspace / "tries"
    done = here("run", "again", f"tries={tries}", "--path", str(workspace), "--dry-run", "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert ([step["step_name"] for step in found["steps"]], found["attempts"]) == (["s"], 3)
    assert not tries.exists()
