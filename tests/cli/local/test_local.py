"""Tasks, actions and triggers of a folder, without a server."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stroem.cli.main import stroem as program

WORKFLOWS = """\
actions:
  greet: {type: shell, cmd: "echo hello", description: Greets., input: {name: {type: string}}}
  unused: {type: docker, image: alpine}
tasks:
  hello:
    description: Says hello.
    input: {token: {type: string, secret: true, default: hunter2}}
    flow:
      first: {action: greet}
      second: {type: shell, cmd: "true", depends_on: [first]}
triggers:
  nightly: {type: scheduler, cron: "0 3 * * *", task: hello}
"""
NOWHERE = {"STROEM_URL": "http://127.0.0.1:1"}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / ".workflows").mkdir()
    (tmp_path / ".workflows" / "a.yaml").write_text(WORKFLOWS)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(program, arguments, env=NOWHERE)


def items(*arguments: str) -> list[dict[str, object]]:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    found: list[dict[str, object]] = json.loads(done.stdout)["items"]
    return found


def test_lists_are_read_from_the_folder(workspace: Path) -> None:
    path = ("--path", str(workspace))
    assert [task["id"] for task in items("tasks", *path)] == ["hello"]
    assert [action["id"] for action in items("actions", *path)] == ["greet", "unused"]
    assert [(one["name"], len(one["next_runs"])) for one in items("triggers", *path)] == [("nightly", 5)]
    for command, words in (("tasks", "Says hello."), ("actions", "Greets."), ("triggers", "nightly")):
        assert words in run(command, *path).stdout


def test_a_task_is_shown_with_its_steps_and_without_secrets(workspace: Path) -> None:
    for form in ((), ("--json",)):
        done = run("inspect", "hello", "--path", str(workspace), *form)
        assert done.exit_code == 0, done.output
        assert "hunter2" not in done.output
        assert all(word in done.stdout for word in ("first", "second", "greet", "nightly"))
    found = json.loads(done.stdout)
    assert "greet" in found["actions"]
    assert "unused" not in found["actions"]


def test_the_steps_of_finally_are_shown(workspace: Path) -> None:
    step = "{type: shell, cmd: x}"
    text = f"tasks: {{tidy: {{flow: {{work: {step}}}, finally: {{clean: {step}}}}}}}"
    (workspace / ".workflows" / "tidy.yaml").write_text(text)
    assert "FINALLY" in run("inspect", "tidy", "--path", str(workspace)).stdout
    found = json.loads(run("inspect", "tidy", "--path", str(workspace), "--json").stdout)
    assert (list(found["flow"]), list(found["finally_steps"])) == (["work"], ["clean"])


def test_a_mistyped_task_is_suggested(workspace: Path) -> None:
    done = run("inspect", "helo", "--path", str(workspace))
    assert (done.exit_code, "Did you mean 'hello'?" in done.stderr) == (1, True)


def test_mistakes_do_not_hide_the_rest(workspace: Path) -> None:
    (workspace / ".workflows" / "b.yaml").write_text("tasks: {other: {flow: {s: {action: missing}}}}\n")
    done = run("tasks", "--path", str(workspace))
    assert done.exit_code == 0
    assert "hello" in done.stdout
    assert "1 mistake; see: stroem validate" in done.stderr


def test_a_folder_is_not_looked_for_on_a_server(workspace: Path) -> None:
    for command in ("tasks", "triggers"):
        assert run(command, "--path", str(workspace), "-w", "default").exit_code == 2
