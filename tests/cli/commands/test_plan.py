"""`stroem plan` in a real checkout."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stroem.cli.main import stroem as program
from stroem.cli.output import exit_codes
from stroem.conversion import canonical
from stroem.records.release_plan import ReleasePlan
from tests.support.git.repository import ENVIRONMENT

WORKFLOW = """\
secrets:
  token: hunter22
actions:
  greet: {type: script, source: scripts/greet.sh}
tasks:
  hello: {flow: {one: {action: greet}}}
triggers:
  nightly: {type: scheduler, cron: "0 3 * * *", task: hello}
"""


class Checkout:
    """A repository with a working tree, written by git itself."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", "-C", self.root, *arguments], check=True, env=ENVIRONMENT, capture_output=True)
        return done.stdout.decode().strip()

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def commit(self, message: str = "A change") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache for this test alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A workspace in git, with a file that is not to be committed."""
    (tmp_path / "repo").mkdir()
    found = Checkout(tmp_path / "repo")
    found.write(".workflows/a.yaml", WORKFLOW)
    found.write("scripts/greet.sh", "echo hi\n")
    found.write(".gitignore", "build/\n")
    found.commit("First")
    found.write("build/out", "ignored")
    return found


def plan(*arguments: str) -> Result:
    return CliRunner().invoke(program, ["plan", *arguments])


def planned(*arguments: str) -> ReleasePlan:
    result = plan(*arguments, "--json")
    assert result.exit_code in (exit_codes.OK, exit_codes.FAILED, exit_codes.CHANGED), result.output
    return canonical.from_json(json.loads(result.stdout), ReleasePlan)


def test_a_clean_working_tree_changes_nothing(checkout: Checkout) -> None:
    (checkout.root / "scripts/greet.sh").chmod(0o600)
    checkout.write(".DS_Store", "no folder hands this over")
    checkout.commit()
    result = plan(str(checkout.root))
    assert (result.exit_code, result.output.splitlines()[-1]) == (exit_codes.OK, "Nothing would change.")


def test_what_is_not_committed_yet_is_told(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.write(".workflows/a.yaml", WORKFLOW.replace("0 3", "0 4"))
    checkout.write("scripts/greet.sh", "echo ho\n")
    checkout.write("scripts/new.sh", "echo\n")
    monkeypatch.chdir(checkout.root)
    result = plan()
    assert result.exit_code == exit_codes.CHANGED
    assert '~ cron: "0 3 * * *" → "0 4 * * *"' in result.output
    assert "~ nightly (hello): next " in result.output
    assert "~ scripts/greet.sh (used by hello)" in result.output
    assert "+ scripts/new.sh" in result.output
    assert "build" not in result.output
    assert plan("--no-exit-code").exit_code == exit_codes.OK


def test_two_commits(checkout: Checkout) -> None:
    hook = "  hook: {type: webhook, name: h, task: hello}\n"
    checkout.write(".workflows/a.yaml", WORKFLOW.replace("hunter22", "hunter33") + hook)
    second = checkout.commit("Second")
    checkout.write(".workflows/a.yaml", "tasks: nonsense, and not committed")
    found = planned("-C", str(checkout.root), "HEAD~1..HEAD")
    assert found.valid
    assert found.new.revision == second
    assert found.new.commit is not None
    assert found.new.commit.title == "Second"
    assert [(change.kind, change.name, change.change) for change in found.changes] == [
        ("trigger", "hook", "added"),
        ("secret", "token", "changed"),
    ]
    for form in ("text", "json", "markdown"):
        assert "hunter" not in plan("-C", str(checkout.root), "HEAD~1..HEAD", "--format", form).output


def test_names_of_commits_as_git_has_them(checkout: Checkout) -> None:
    root = str(checkout.root)
    checkout.git("switch", "-q", "-c", "team/feature")
    checkout.write("scripts/more.sh", "1\n")
    checkout.commit()
    checkout.git("tag", "-a", "v1", "-m", "One")
    checkout.git("switch", "-q", "main")
    checkout.write("scripts/other.sh", "1\n")
    checkout.commit()
    assert [file.path for file in planned("-C", root, "main..team/feature").files] == [
        "scripts/more.sh",
        "scripts/other.sh",
    ]
    assert [file.path for file in planned("-C", root, "main...v1").files] == ["scripts/more.sh"]
    assert [file.path for file in planned("-C", root, "HEAD~1..").files] == ["scripts/other.sh"]
    assert not planned("-C", root, "main..main").changed


def test_a_commit_that_no_branch_leads_to(checkout: Checkout) -> None:
    checkout.git("switch", "-q", "--detach")
    checkout.write("scripts/more.sh", "1\n")
    checkout.commit()
    assert [file.path for file in planned(str(checkout.root), "--no-exit-code").files] == []
    assert [file.path for file in planned("-C", str(checkout.root), "main..HEAD").files] == ["scripts/more.sh"]


def test_a_workspace_inside_a_repository(checkout: Checkout) -> None:
    checkout.write("teams/data/.workflows/b.yaml", "tasks: {t: {flow: {s: {type: shell, cmd: 'true'}}}}\n")
    folder = checkout.root / "teams/data"
    assert planned(str(folder)).old is None
    checkout.commit()
    assert not planned(str(folder)).changed
    checkout.write("teams/data/run.sh", "1\n")
    assert [file.path for file in planned(str(folder / ".workflows/b.yaml")).files] == ["run.sh"]
    found = planned("-C", str(folder), "HEAD~1..HEAD")
    assert (found.old, [change.name for change in found.changes]) == (None, ["t"])


def test_a_second_working_tree(checkout: Checkout, tmp_path: Path) -> None:
    checkout.git("worktree", "add", "-q", str(tmp_path / "other"), "-b", "other")
    assert not planned(str(tmp_path / "other")).changed
    (tmp_path / "other/scripts/greet.sh").unlink()
    found = planned(str(tmp_path / "other"))
    assert [(file.path, file.change) for file in found.files] == [("scripts/greet.sh", "removed")]
    assert not found.valid


def test_in_a_folder_without_git_everything_is_new(tmp_path: Path) -> None:
    (tmp_path / ".workflows").mkdir()
    (tmp_path / ".workflows/a.yaml").write_text("tasks: {t: {flow: {s: {type: shell, cmd: 'true'}}}}\n")
    found = planned(str(tmp_path))
    assert found.old is None
    assert [(change.name, change.change) for change in found.changes] == [("t", "added")]
    result = plan("-C", str(tmp_path), "a..b")
    assert result.exit_code == exit_codes.FAILED
    assert "is in no git repository" in result.output


def test_a_workspace_that_gives_rights_alone(tmp_path: Path) -> None:
    (tmp_path / "stroem-rules.yaml").write_text("rules: [{verbs: [job.run], groups: [dev]}]\n")
    result = plan(str(tmp_path))
    assert result.exit_code == 2
    assert "Rights\n  + group dev gains job.run on everything\n" in result.stdout


def test_before_the_first_commit_everything_is_new(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    checkout.write(".workflows/a.yaml", "tasks: {t: {flow: {s: {type: shell, cmd: 'true'}}}}\n")
    assert planned(str(tmp_path)).old is None


def test_mistakes_are_told_and_are_exit_code_1(checkout: Checkout) -> None:
    checkout.write(".workflows/a.yaml", WORKFLOW.replace("action: greet", "action: gret"))
    result = plan(str(checkout.root))
    assert result.exit_code == exit_codes.FAILED
    assert "error .workflows/a.yaml:6:32: unknown-action: there is no action 'gret'" in result.output
    assert "The revision is not valid (1 error)" in result.output


def test_an_emptied_workspace_is_a_plan_too(checkout: Checkout) -> None:
    checkout.git("rm", "-q", "-r", ".workflows")
    found = planned(str(checkout.root))
    assert found.count("task").removed == 1
    assert found.fires[0].change == "removed"


def test_a_library_in_the_workspace_and_one_that_is_elsewhere(checkout: Checkout) -> None:
    checkout.write("libs/say/.workflows/a.yaml", "actions: {loud: {type: script, source: loud.sh}}\n")
    checkout.write("libs/say/loud.sh", "echo LOUD\n")
    checkout.write(".workflows/b.yaml", "tasks: {shout: {flow: {a: {action: say/loud}, b: {action: far/any}}}}\n")
    far = "far: {type: git, url: https://host/far.git, ref: v1}"
    declared = f"libraries:\n  say: {{type: folder, path: libs/say}}\n  {far}\n"
    checkout.write(".stroem.yaml", declared)
    checkout.commit()
    clean = planned(str(checkout.root))
    assert not clean.changed
    problems = [(problem.code, problem.severity) for problem in clean.problems if problem.code != "no-effect"]
    assert problems == [("unread-library", "warning")]
    checkout.write("libs/say/loud.sh", "echo LOUDER\n")
    checkout.write(".stroem.yaml", declared.replace("v1", "v2"))
    found = planned(str(checkout.root))
    assert [(change.kind, change.name) for change in found.changes] == [("library", "far")]
    used = {file.path: file.used_by.names for file in found.files}
    assert used["_libraries/say/loud.sh"] == ("shout",)


def test_a_report_goes_to_a_file(checkout: Checkout, tmp_path: Path) -> None:
    file = tmp_path / "plan.md"
    result = plan("-C", str(checkout.root), "HEAD..HEAD", "--format", "markdown", "--output", str(file))
    assert (result.exit_code, result.stdout) == (exit_codes.OK, "")
    assert "Nothing would change. The report is in " in result.stderr
    assert file.read_text().startswith("### Nothing would change")
    assert plan(str(checkout.root), "--output", str(tmp_path / "no" / "file")).exit_code == exit_codes.FAILED


@pytest.mark.parametrize(
    ("target", "code", "message"),
    [
        ("nothing", exit_codes.USAGE, "There is no folder 'nothing'"),
        ("../nothing", exit_codes.USAGE, "There is no folder '../nothing'"),
        ("main..nothing", exit_codes.FAILED, "There is no commit 'nothing'"),
        ("--upload-pack=x..main", exit_codes.USAGE, "No such option"),
    ],
)
def test_what_is_not_there(checkout: Checkout, target: str, code: int, message: str) -> None:
    result = plan("-C", str(checkout.root), target)
    assert result.exit_code == code
    assert message in result.output


def test_options_that_do_not_go_together() -> None:
    assert "--ref belongs to --workspace" in plan("--ref", "main").output
    assert "which cannot see 'a..b'" in plan("a..b", "--workspace", "x").output


def test_without_the_program_git(checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not planned(str(checkout.root)).changed


def test_what_git_would_not_add_is_left_out(checkout: Checkout) -> None:
    checkout.write(".git/info/exclude", "scratch.sh\n")
    checkout.write("scripts/.gitignore", "*.log\n!keep.log\n")
    checkout.write("vendored/.git/HEAD", "ref: refs/heads/main\n")
    for path in ("scratch.sh", "scripts/a.log", "scripts/keep.log", "vendored/deep/a.sh", "build/deep/b.sh"):
        checkout.write(path, "1\n")
    found = planned(str(checkout.root)).files
    assert [file.path for file in found] == ["scripts/.gitignore", "scripts/keep.log"]


def test_a_damaged_repository_is_told(checkout: Checkout) -> None:
    checkout.write(".git/config", "[core\n")
    result = plan(str(checkout.root))
    assert result.exit_code == exit_codes.FAILED
    assert f"The git repository {checkout.root} cannot be read" in result.output


def test_in_a_hook_that_git_runs(checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert not planned(str(checkout.root)).changed


def test_changed_rules_of_rights_tell_who_gains_and_loses_what(checkout: Checkout) -> None:
    checkout.write("stroem-rules.yaml", "rules: [{verbs: [job.run], groups: [dev]}]\n")
    result = plan(str(checkout.root))
    assert "+ group dev gains job.run on everything" in result.output
    assert "Plan: 1 file differs; rights change.\n" in result.output
    checkout.git("add", "--all")
    checkout.git("commit", "-q", "-m", "Rules")
    checkout.write("stroem-rules.yaml", 'rules: [{verbs: [job.run], groups: [dev], tasks: ["deploy/*"]}]\n')
    result = plan(str(checkout.root))
    assert "- group dev loses job.run on everything, but not on */deploy/*" in result.output


def test_a_server_is_asked_about_its_workspace(stroem: Callable[..., Result]) -> None:
    result = stroem("plan", "--workspace", "default")
    assert (result.exit_code, result.output.splitlines()[-1]) == (exit_codes.OK, "Nothing would change.")
    assert result.output.startswith("From  release ")
    refused = stroem("plan", "--workspace", "default", "--ref", "feature")
    assert refused.exit_code == exit_codes.REFUSED
    assert "'feature' is not known here" in refused.output
