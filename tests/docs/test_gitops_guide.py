"""The guide "From a pull request to production" is true: every file and command of its local part, as written."""

import inspect
import os
import re
import shlex
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from stroem.cli.main import stroem
from stroem.reconciler.configured.set_files import read_workspace_set
from stroem.reconciler.sources.sources import Sources
from stroem.reconciler.workspaces import conditions
from stroem.records.condition import NOT_LOOKED
from stroem.registry.making import try_plugins
from stroem.registry.registry import load_plugins
from stroem.settings.loader import server_settings
from stroem.settings.server import LibrarySettings, WorkspaceSettings
from tests.docs.page import DOCS, Block, Page, codes, rows
from tests.docs.replay import Replay, started
from tests.support.programs import STROEM

GUIDE = Page(DOCS / "guides/gitops.md")
EXPLANATION = Page(DOCS / "explanation/gitops.md")
REMOTE = "On a git host"
LOOK = "settings read again"


def _local() -> Iterator[Block]:
    """The blocks of the part that needs no git host."""
    end = GUIDE.text[: GUIDE.text.index(f"\n## {REMOTE}\n")].count("\n") + 1
    for block in GUIDE.blocks:
        if block.line < end and (block.language == "console" or block.mark("file")):
            yield block


class Reader(Replay):
    """Somebody with git and a shell, whose Strøm follows a repository beside it."""

    is_served = False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.top = folder
        self.log = folder / "log"
        self.environment |= {"LOGNAME": "ada", "USER": "ada", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
        self.environment["PATH"] = f"{self._program()}:{os.environ['PATH']}"

    def write(self, block: Block) -> None:
        """Writes the file that a block shows. When it is the settings, waits until they are in effect."""
        name = block.mark("file")
        assert name
        looks = self._looks()
        text = block.text
        if "STROEM_URL" in self.environment:
            text = text.replace("http://localhost:8080", self.environment["STROEM_URL"])
        (self.folder / name).write_text(text)
        if name.endswith("settings.yaml"):
            self.until(lambda: self._looks() > looks)

    def shell(self, command: str) -> str:
        """What a command prints on both streams. One that is of `stroem` alone is run in this process."""
        words = shlex.split(command, comments=True)
        if words[0] == "stroem" and not {">", ";"} & {*command}:
            return self._stroem(words[1:])
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        )
        if words[:2] == ["git", "push"]:
            self.until(lambda: self.seen() == self._tip())
        return done.stdout

    def _stroem(self, words: list[str]) -> str:
        here = Path.cwd()
        os.chdir(self.folder)
        try:
            return CliRunner().invoke(stroem, words, input="y\n", env=self.environment).output
        finally:
            os.chdir(here)

    def _program(self) -> Path:
        """A folder with the program `stroem`, for lines that only a shell understands."""
        folder = self.top / "bin"
        folder.mkdir()
        program = folder / "stroem"
        program.write_text(f'#!/bin/sh\nexec {shlex.join(STROEM)} "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return folder

    def _tip(self) -> str | None:
        """Where the followed branch stands; what was seen if nobody tells of it."""
        repository = self.top / "gitops" / "flows.git"
        if not (repository / "hooks" / "post-receive").exists():
            return self.seen()
        return subprocess.check_output(["git", "rev-parse", "main"], cwd=repository, text=True).strip()

    def _looks(self) -> int:
        return self.log.read_text().count(LOOK) if self.log.exists() else 0


@pytest.mark.slow("replays a page of the documentation")
def test_the_local_part() -> None:
    blocks = [*_local()]
    start = next(number for number, block in enumerate(blocks) if "$ stroem up" in block.text)
    arguments = shlex.split(re.search(r"^\$ stroem (up .*)$", blocks[start].text, re.MULTILINE)[1])  # type: ignore[index]
    with tempfile.TemporaryDirectory(prefix="stroem-guide-", ignore_cleanup_errors=True) as folder:
        reader = Reader(Path(folder))
        _follow(reader, blocks[:start])
        with reader.log.open("ab") as log, started([*arguments, "--log-level", "info"], reader.folder, log) as address:
            reader.environment["STROEM_URL"] = address
            reader.until(lambda: reader.seen() is not None)
            _follow(reader, blocks[start:])


def _follow(reader: Reader, blocks: list[Block]) -> None:
    for block in blocks:
        if block.mark("file"):
            reader.write(block)
        else:
            reader.run(block)


@pytest.mark.parametrize("mark", ["github-actions", "gitlab-ci"])
def test_the_pipelines_call_what_there_is(mark: str) -> None:
    (block,) = (block for block in GUIDE.blocks if mark in block.marks)
    assert yaml.safe_load(block.text)
    calls = re.findall(r"(?<!/)stroem (\w+)(.*)", block.text)
    assert [name for name, _ in calls] == ["validate", "plan"]
    for name, rest in calls:
        command = stroem.get_command(click.Context(stroem), name)
        assert command is not None
        context = click.Context(command, info_name=name, resilient_parsing=True)
        assert not command.make_parser(context).parse_args(shlex.split(rest))[1]


def test_the_sources_push_hooks_and_sinks_can_be_made(tmp_path: Path) -> None:
    registry = load_plugins()
    blocks = [block for block in GUIDE.blocks if "server-settings" in block.marks]
    for block in blocks:
        settings = server_settings(yaml.safe_load(block.text), {})
        sources = Sources(registry=registry, cache=tmp_path, auth=settings.git_auth)
        wanted: list[WorkspaceSettings | LibrarySettings] = [*settings.workspaces.values()]
        if settings.workspaces_from:
            wanted.append(settings.workspaces_from)
        assert wanted
        for one in wanted:
            assert sources.mistakes(one) == (), block
        assert try_plugins(registry.push_hooks, settings.push_hooks, "push_hooks")[1] == ()
        assert try_plugins(registry.event_sinks, settings.event_sinks, "event_sinks")[1] == ()
    assert len(blocks) >= 4


def test_the_file_of_a_workspace_is_valid() -> None:
    (block,) = (block for block in GUIDE.blocks if "workspace-settings" in block.marks)
    found = read_workspace_set({"billing.yaml": block.text.encode()})
    assert (found.problems, [*found.workspaces]) == ((), ["billing"])
    assert found.workspaces["billing"].guards.approval


def test_how_following_git_works_tells_every_reason_of_ready() -> None:
    told = {code for row in rows(EXPLANATION.section("Conditions")) for code in codes(row[0])}
    source = inspect.getsource(conditions)
    ready = {*re.findall(r'\((?:False|True|facts\.release is not None), "(\w+)"', source)}
    assert told == {NOT_LOOKED, *ready} - {"Idle", "No", "Held", "Retrying", "Starting"}
