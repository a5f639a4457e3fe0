"""Looking into a checkout runs nothing of it, whatever lies in it."""

import os
import shutil
import subprocess
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner

from stroem.cli.main import stroem as program
from tests.support.git.repository import ENVIRONMENT

WORKFLOW = "tasks: {hello: {flow: {one: {type: shell, cmd: 'true'}}}}\n"
COMMANDS = (
    ("plan", "flows"),
    ("plan", "."),
    ("plan", "-C", "flows"),
    ("plan", "HEAD~1.."),
    ("plan", "HEAD~1..HEAD"),
    ("plan", "HEAD~1...HEAD"),
    ("plan", "-C", "flows", "HEAD~1.."),
    ("validate", "flows"),
    ("validate", "."),
    ("validate", ".workflows/a.yaml"),
    ("schema",),
    ("schema", "server"),
)


@attrs.frozen
class Trap:
    """A checkout that runs a program for a git that obeys it; the program leaves `canary` behind."""

    root: Path
    canary: Path

    @property
    def program(self) -> Path:
        """The program, which takes any arguments."""
        return self.canary.with_name("spring.sh")

    def git(self, *arguments: str) -> None:
        """Runs git in the checkout, before the trap is set."""
        subprocess.run(["git", "-C", self.root, *arguments], check=True, env=ENVIRONMENT, capture_output=True)

    def write(self, path: str, text: str) -> None:
        """Writes a file of the checkout."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trap:
    """A checkout with two commits that is harmless yet."""
    found = Trap(tmp_path / "repo", tmp_path / "canary")
    found.root.mkdir()
    found.program.write_text(f"#!/bin/sh\ntouch {found.canary}\nexit 1\n")
    found.program.chmod(0o755)
    found.git("init", "-q", "-b", "main")
    for text in ("", "# changed\n"):
        found.write(".workflows/a.yaml", WORKFLOW + text)
        found.write("flows/.workflows/a.yaml", WORKFLOW + text)
        found.git("add", "-A")
        found.git("commit", "-q", "-m", "A change")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(found.root)
    return found


def bare_repository_of_ordinary_files(trap: Trap) -> None:
    """Hostile additions that a pull request can hide."""
    trap.write("flows/HEAD", "ref: refs/heads/main\n")
    trap.write("flows/objects/.k", "")
    trap.write("flows/refs/.k", "")
    config = f'[core]\nrepositoryformatversion = 0\nbare = false\nworktree = .\nfsmonitor = "{trap.program}"\n'
    trap.write("flows/config", config)
    trap.git("add", "-A")
    trap.git("commit", "-q", "-m", "Ordinary files")


def settings_that_run_programs(trap: Trap) -> None:
    """A `.git/config` as it comes in an archive or from a cache."""
    run = trap.program
    config = f"""
[core]
\tfsmonitor = {run}
\thooksPath = {run.parent}/hooks
\tpager = {run}
\teditor = {run}
\tsshCommand = {run}
\tgitProxy = {run}
\talternateRefsCommand = {run}
\taskPass = {run}
[diff]
\texternal = {run}
[diff "x"]
\tcommand = {run}
\ttextconv = {run}
[filter "x"]
\tclean = {run}
\tsmudge = {run}
\tprocess = {run}
\trequired = true
[credential]
\thelper = {run}
[gpg]
\tprogram = {run}
[uploadpack]
\tpackObjectsHook = {run}
[alias]
\trev-parse = !{run}
\tls-files = !{run}
"""
    with (trap.root / ".git/config").open("a") as file:
        file.write(config)
    trap.write(".gitattributes", "* filter=x diff=x\n")
    trap.write(".git/info/attributes", "* filter=x diff=x\n")


def settings_that_are_included(trap: Trap) -> None:
    """The same from a file of the checkout."""
    trap.write("flows/gitconfig", f"[core]\n\tfsmonitor = {trap.program}\n")
    with (trap.root / ".git/config").open("a") as file:
        file.write("[include]\n\tpath = ../flows/gitconfig\n")


def settings_of_this_working_tree(trap: Trap) -> None:
    """The same from the file that is read for one working tree only."""
    trap.git("config", "extensions.worktreeConfig", "true")
    trap.write(".git/config.worktree", f"[core]\n\tfsmonitor = {trap.program}\n")


def hooks(trap: Trap) -> None:
    """One program for each hook that git knows."""
    names = ("post-index-change", "fsmonitor-watchman", "post-checkout", "reference-transaction", "pre-auto-gc")
    for name in names:
        shutil.copy(trap.program, trap.root / ".git/hooks" / name)


def objects_that_a_remote_promises(trap: Trap) -> None:
    """A commit whose tree is missing; git fetches it by the program of the remote."""
    trap.git("config", "core.repositoryFormatVersion", "1")
    trap.git("config", "extensions.partialClone", "origin")
    trap.git("config", "remote.origin.promisor", "true")
    trap.git("config", "remote.origin.url", str(trap.root))
    trap.git("config", "remote.origin.uploadpack", str(trap.program))
    tree = subprocess.check_output(["git", "-C", trap.root, "rev-parse", "HEAD~1^{tree}"], text=True).strip()
    (trap.root / ".git/objects" / tree[:2] / tree[2:]).unlink()


def a_folder_of_git_inside(trap: Trap) -> None:
    """A repository in a folder of the checkout, as an archive can hold one."""
    shutil.copytree(trap.root / ".git", trap.root / "flows/.git")
    with (trap.root / "flows/.git/config").open("a") as file:
        file.write(f"[core]\n\tfsmonitor = {trap.program}\n")


@pytest.mark.parametrize(
    "sets",
    [
        bare_repository_of_ordinary_files,
        settings_that_run_programs,
        settings_that_are_included,
        settings_of_this_working_tree,
        hooks,
        objects_that_a_remote_promises,
        a_folder_of_git_inside,
    ],
)
def test_nothing_runs(trap: Trap, sets: object) -> None:
    assert callable(sets)
    sets(trap)
    for command in COMMANDS:
        result = CliRunner().invoke(program, command)
        assert not trap.canary.exists(), f"{command} ran a program"
        assert result.exception is None or isinstance(result.exception, SystemExit), (command, result.exception)


def test_no_program_is_started(trap: Trap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even one that the user has: what is not started obeys nothing."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("git", "ssh", "sh", "less"):
        shutil.copy(trap.program, programs / name)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    for command in COMMANDS:
        CliRunner().invoke(program, command)
        assert not trap.canary.exists(), f"{command} started a program"
