"""Warnings for parts without effect: one for each use."""

import attrs
import pytest

from stroem.conversion.problem_places import MAX_PROBLEMS
from stroem.dialects.environment import Environment
from stroem.dialects.no_effect import NO_EFFECT, TYPES_WITHOUT_EFFECT
from stroem.validation.effects import idle_for_task
from tests.validation.conftest import check_workspace

ACTION = "actions: {a: {type: shell, cmd: x}}\n"
BASE = "tasks:\n  t:\n    flow:\n      s:\n        type: shell\n        cmd: x\n"
USES = {
    "MCP servers": ("mcp_servers: {m: {command: x}, n: {command: y}}\n", 7, 1, "'mcp_servers'"),
    "an agent": ("actions:\n  g: {type: agent, provider: x, prompt: y, model: z}\n", 8, 7, "'agent'"),
    "a container": ("actions:\n  g: {type: docker, image: x, command: [y]}\n", 8, 7, "no installed plugin runs it"),
    "a pod": ("actions:\n  g: {type: pod, image: x, manifest: {a: b}}\n", 8, 7, "no installed plugin runs it"),
    "a container of a script": ("actions:\n  g: {type: shell, cmd: x, runner: docker}\n", 8, 28, "runner 'docker'"),
    "workdir": ("actions:\n  g: {type: shell, cmd: x, workdir: y}\n", 8, 28, "top of the workspace"),
    "limits": ("actions:\n  g: {type: shell, cmd: x, resources: {pids: 1}}\n", 8, 40, "'pids'"),
}
TASK = ACTION + "tasks:\n  t:\n    flow:\n      s: {action: a}\n"


@pytest.mark.parametrize("name", USES)
def test_each_use_is_one_warning_at_its_place(name: str) -> None:
    text, line, column, message = USES[name]
    (problem,) = check_workspace({"a.yaml": BASE + text}).problems
    assert (problem.code, problem.severity) == ("no-effect", "warning")
    assert message in problem.message
    assert (problem.line, problem.column) == (line, column)


def test_a_job_is_told_what_concerns_its_task_alone() -> None:
    found = check_workspace(
        {
            "a.yaml": """
            actions:
              used: {type: shell, cmd: "echo {{ state.x }} 'GLOBAL_STATE: {}'", workdir: sub}
              other: {type: shell, cmd: x, workdir: sub}
            tasks:
              t: {flow: {a: {action: used}, b: {type: shell, cmd: x, resources: {shm: 1Mi}}, c: {action: used}}}
              u: {retry: {delay: 5}, flow: {a: {action: other}}}
            triggers: {n: {type: scheduler, cron: "@daily", task: t}}
            on_error: [{action: other}]
            """
        }
    )
    assert [problem.severity for problem in found.problems] == ["warning"] * 3
    assert [line.partition(":")[0] for line in idle_for_task("t", found.definitions, ["local"])] == [
        "tasks.t.flow.b.resources.shm",
        "actions.used.workdir",
    ]


def test_a_hook_that_cannot_start_is_warned_of() -> None:
    actions = "actions:\n  ask: {type: approval, message: x}\n  say: {type: shell, cmd: x}\n"
    text = f"{actions}on_error: [{{action: say}}, {{action: ask}}]\n"
    found = [problem for problem in check_workspace({"a.yaml": text}).problems if "hook" in problem.message]
    assert [(problem.code, problem.severity, problem.line, problem.column) for problem in found] == [
        ("no-effect", "warning", 4, 28)
    ]


def test_a_retry_of_a_step_that_waits_on_the_server_is_warned_of() -> None:
    text = """
        actions:
          nap: {type: wait, for: 5m, retry: {attempts: 2}}
          say: {type: shell, cmd: x, retry: {attempts: 2}}
        tasks:
          t:
            flow:
              ask: {type: approval, message: x, retry: {attempts: 3}}
              a: {action: nap}
              b: {action: say, retry: {attempts: 3}}
        """
    found = check_workspace({"a.yaml": text}).problems
    assert [(one.code, one.severity, one.line, one.message) for one in found] == [
        ("no-effect", "warning", 3, "`retry` has no effect: a step of type wait has one attempt"),
        ("no-effect", "warning", 8, "`retry` has no effect: a step of type approval has one attempt"),
    ]


def test_what_works_is_not_warned_of() -> None:
    text = """
        actions:
          a: {type: script, script: "cat $STATE_DIR/x; echo 'STATE: {}' {{ state.x }}", runner: docker, image: x}
          b: {type: docker, image: x, command: [y], entrypoint: [z], workdir: ., resources: {pids: 9, gpus: -1}}
          d: {type: shell, cmd: z, resources: {cpu: 0.5, memory: 1Gi, gpus: 1, license: 1}}
          c: {type: shell, cmd: y, image: x, workdir: sub, resources: {cpu: 0.5, memory: 1Gi, shm: 1Mi}}
          ask: {type: approval, message: x}
          sub: {type: task, task: t}
          nap: {type: wait, for: 5m}
        tasks: {t: {mode: local, flow: {a: {action: a, sequential: false}}}}
        triggers: {daily: {type: scheduler, cron: "@daily", task: t}}
    """
    assert check_workspace({"a.yaml": text}, Environment(runners={"local": None, "docker": None})).problems == ()


def test_a_plugin_that_runs_containers_ends_their_warning() -> None:
    text = {"a.yaml": "actions: {a: {type: docker, image: x}, b: {type: pod, image: x}}"}
    assert len(check_workspace(text).problems) == 2
    assert check_workspace(text, Environment(runners={"docker": None, "pod": None})).problems == ()


def test_mistakes_inside_of_what_has_no_effect_are_found() -> None:
    text = """
        actions:
          a: {type: shell, cmd: "{{ hook.eror_message }} {{ each.itm }}"}
        tasks:
          t:
            flow:
              s: {action: a, for_each: [1], input: {v: "{{ each.itme }}", w: "{{ each.item.anything }}"}}
            on_error: [{action: a, input: {v: "{{ hook.eror }}", w: "{{ hook.failed_steps }}"}}]
        on_cancel: [{action: a, input: {v: "{{ hook.job }}"}}]
    """
    problems = [problem for problem in check_workspace({"a.yaml": text}).problems if problem.severity == "error"]
    assert [(problem.code, problem.message, problem.line) for problem in problems] == [
        ("unknown-name", "'hook' has no 'eror_message'", 3),
        ("unknown-name", "'each' has no 'itm'", 3),
        ("unknown-name", "'each' has no 'itme'", 7),
        ("unknown-name", "'hook' has no 'eror'", 8),
        ("unknown-name", "'hook' has no 'job'", 9),
    ]
    assert problems[0].hint == "did you mean 'error_message'?"
    assert problems[1].hint == "did you mean 'item'?"


def test_many_warnings_hide_no_error_and_are_none() -> None:
    names = [f"t{index}" for index in range(MAX_PROBLEMS + 10)]
    tasks = "".join(f"  {name}: {{flow: {{s: {{type: shell, cmd: x, workdir: y}}}}}}\n" for name in names)
    text = f"actions: {{a: {{type: shell, cmd: x}}}}\ntasks:\n{tasks}"
    valid = check_workspace({"a.yaml": text}).problems
    assert {problem.severity for problem in valid} == {"warning"}
    assert (len(valid), valid[-1].code) == (MAX_PROBLEMS + 1, "too-many-problems")
    broken = check_workspace({"a.yaml": f"{text}  last: {{flow: {{s: {{action: b}}}}}}\n"}).problems
    assert [problem.code for problem in broken if problem.severity == "error"] == ["unknown-action"]


def test_the_table_names_fields_and_types_that_there_are() -> None:
    assert all(name in attrs.fields_dict(cls) for cls, name in NO_EFFECT)
    assert set(TYPES_WITHOUT_EFFECT) == {"agent"}
