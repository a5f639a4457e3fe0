"""`stroem validate`."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stroem.cli.main import stroem

BROKEN = """\
tasks:
  hello:
    flow:
      greet:
        action: gret
        wiat: 1
actions:
  greet: {type: shell, cmd: "echo hello"}
"""


def validate(*arguments: str) -> Result:
    return CliRunner().invoke(stroem, ["validate", *arguments])


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / ".workflows").mkdir()
    (tmp_path / ".workflows" / "good.yaml").write_text(
        "actions:\n  ok: {type: shell, cmd: 'true'}\ntasks:\n  fine: {flow: {only: {action: ok}}}\n"
    )
    return tmp_path


@pytest.fixture
def broken(workspace: Path) -> Path:
    (workspace / ".workflows" / "bad.yaml").write_text(BROKEN)
    return workspace


def test_a_good_workspace_is_exit_code_0(workspace: Path) -> None:
    result = validate(str(workspace))
    assert (result.exit_code, result.output) == (0, "No mistakes.\n")


def test_all_mistakes_are_shown_with_their_place(broken: Path) -> None:
    result = validate(str(broken))
    assert result.exit_code == 1
    file = broken / ".workflows" / "bad.yaml"
    assert f"{file}:5:17: error unknown-action" in result.output
    assert f"{file}:6:9: error unknown-key" in result.output
    assert "greet" in result.output
    assert "2 errors, 0 warnings" in result.output


def test_json_lists_the_problems(broken: Path) -> None:
    for arguments in (("--json",), ("--format", "json")):
        result = validate(str(broken), *arguments)
        assert result.exit_code == 1
        assert {problem["line"] for problem in json.loads(result.output)["items"]} == {5, 6}


def test_github_gets_annotations_with_paths_from_here(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(broken)
    lines = validate("--format", "github").output.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("::error file=.workflows/bad.yaml,line=") for line in lines)


def test_of_a_file_only_its_own_mistakes_are_shown(broken: Path) -> None:
    assert validate(str(broken / ".workflows" / "good.yaml")).exit_code == 0
    assert validate(str(broken / ".workflows" / "bad.yaml")).exit_code == 1


def test_a_file_of_another_workspace_is_checked_there(
    broken: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path_factory.mktemp("here")
    (here / ".workflows").mkdir()
    monkeypatch.chdir(here)
    (here / "there").symlink_to(broken)
    for path in (os.path.relpath(broken), "there"):
        result = validate(f"{path}/.workflows/bad.yaml")
        assert result.exit_code == 1
        assert "bad.yaml:5:17: error unknown-action" in result.output


def test_a_link_to_a_file_elsewhere_is_told(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "a.yaml"
    elsewhere.write_text("tasks: {}\n")
    (workspace / ".workflows" / "link.yaml").symlink_to(elsewhere)
    assert "warning link" in validate(str(workspace / ".workflows" / "link.yaml")).output


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (".workflows/empty.yaml", "", "is empty"),
        (".workflows/comments.yaml", "---\n# nothing yet\n", "is empty"),
        (".workflows/text.yaml", "hello\n", "wrong-type"),
        ("notes.md", "hello\n", "is no workflow file"),
        ("tasks.yaml", "tasks: {}\n", "is no workflow file"),
    ],
)
def test_a_file_that_defines_nothing_is_told(workspace: Path, name: str, content: str, words: str) -> None:
    (workspace / name).write_text(content)
    result = validate(str(workspace / name))
    assert (result.exit_code, words in result.output) == (1, True), result.output


@pytest.mark.parametrize("name", ["notes.md", "data.json", "script"])
def test_a_file_where_no_workflows_are_is_told_by_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("hello\n")
    result = validate(str(tmp_path / name))
    assert (result.exit_code, f"{name} is no workflow file" in result.output) == (1, True), result.output


def test_a_folder_without_workflows_is_no_success(tmp_path: Path) -> None:
    result = validate(str(tmp_path))
    assert result.exit_code == 1
    assert "There is no folder .workflows" in result.output


def test_a_workspace_may_give_rights_alone(tmp_path: Path) -> None:
    rules = tmp_path / "stroem-rules.yaml"
    rules.write_text("rules:\n  - {role: viewer, everyone: true}\n")
    for path in (tmp_path, rules):
        result = validate(str(path))
        assert (result.exit_code, result.output) == (0, "No mistakes.\n")
    rules.write_text("rules:\n  - {role: viewr, everyone: true}\n")
    for path in (tmp_path, rules):
        result = validate(str(path))
        assert (result.exit_code, "stroem-rules.yaml:2:" in result.output) == (1, True), result.output


def test_a_workflow_folder_without_files_is_no_success(tmp_path: Path) -> None:
    (tmp_path / ".workflows").mkdir()
    result = validate(str(tmp_path))
    assert result.exit_code == 1
    assert "no workflow files" in result.output


def test_the_examples_are_valid() -> None:
    assert validate(str(Path(__file__).parents[3] / "workspaces" / "example")).exit_code == 0


LIBRARY = """\
actions:
  send: {type: script, source: send.sh, env: {TOKEN: "{{ secret.token }}"}}
"""
USER = """\
secrets: {token: long}
tasks:
  tell: {flow: {only: {action: notify/send}, other: {action: far/away}}}
"""


@pytest.fixture
def with_library(workspace: Path) -> Path:
    (workspace / "libs/notify/.workflows").mkdir(parents=True)
    (workspace / "libs/notify/.workflows/send.yaml").write_text(LIBRARY)
    (workspace / "libs/notify/send.sh").write_text("echo sent\n")
    (workspace / ".workflows/user.yaml").write_text(USER)
    (workspace / ".stroem.yaml").write_text(
        "libraries:\n  notify: {type: folder, path: libs/notify}\n  far: {type: git, url: https://host/far.git}\n"
    )
    return workspace


def test_libraries_in_the_workspace_are_checked_with_it(with_library: Path) -> None:
    result = validate(str(with_library))
    assert result.exit_code == 0
    assert f"{with_library}/.stroem.yaml:3:3: warning unread-library" in result.output
    assert "0 errors, 1 warning" in result.output
    (with_library / ".workflows/user.yaml").write_text(USER.replace("notify/send", "notify/sent"))
    assert "did you mean 'send'?" in validate(str(with_library)).output


def test_mistakes_in_a_library_are_told_where_they_stand(with_library: Path) -> None:
    (with_library / "libs/notify/send.sh").unlink()
    result = validate(str(with_library))
    assert result.exit_code == 1
    assert f"{with_library}/libs/notify/.workflows/send.yaml:2:32: error missing-file" in result.output


def test_a_library_that_is_not_where_it_is_said_to_be(with_library: Path) -> None:
    (with_library / ".stroem.yaml").write_text("libraries: {notify: {type: folder, path: lib}, far: {type: x}}\n")
    result = validate(str(with_library))
    assert result.exit_code == 1
    assert ".stroem.yaml:1:13: error missing-file: there is no folder 'lib'" in result.output
    assert "unknown-action" not in result.output


def test_mistakes_in_the_file_that_names_libraries_are_shown(with_library: Path) -> None:
    (with_library / ".stroem.yaml").write_text("libraries: {notify: {type: folder, pth: lib}, far: {type: x}}\n")
    assert "error unknown-key" in validate(str(with_library)).output
    assert validate(str(with_library / ".stroem.yaml")).exit_code == 1
    assert "unknown-action" not in validate(str(with_library)).output


def test_a_library_by_itself(with_library: Path) -> None:
    library = str(with_library / "libs/notify")
    assert "unknown-secret" in validate(library).output
    assert validate(library, "--library").output == "No mistakes.\n"


def test_mistakes_in_rules_of_rights_are_shown(workspace: Path) -> None:
    (workspace / "stroem-rules.yaml").write_text("rules:\n  - {role: viewr, everyone: true}\n")
    result = validate(str(workspace))
    assert result.exit_code == 1
    assert "stroem-rules.yaml:2:12" in result.output
    assert "there is no role 'viewr'; did you mean 'viewer'?" in result.output
