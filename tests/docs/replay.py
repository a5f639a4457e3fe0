"""Does what a page says: writes its files, runs its commands, and compares what they print."""

import contextlib
import json
import re
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from click.testing import CliRunner

from stroem.cli.main import stroem
from tests.docs.page import Block, Page
from tests.support.programs import Program, environment
from tests.support.wait import eventually_blocking

_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_VARIABLE = (
    (re.compile(_ID), "ID"),
    (re.compile(r"\bjob [0-9a-f]{8}\b(?!-)"), "job SHORT"),
    (re.compile(r"\bBackfill [0-9a-f]{8}\b"), "Backfill SHORT"),
    (re.compile(r"\b[0-9a-f]{40}\b"), "COMMIT"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "REVISION"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC"), "TIME"),
    (re.compile(r"^Server: http\S+", re.MULTILINE), "SERVER"),
    (re.compile(r"\b\d+\.\d\d s\b"), "SECONDS"),
    (re.compile(r" +"), " "),
)


@contextlib.contextmanager
def up(workspace: Path) -> Iterator[str]:
    """The address of a Strøm that is up on a workspace meanwhile."""
    with (
        tempfile.TemporaryDirectory(prefix="stroem-docs-") as data_dir,
        started(["up", "--workspace", str(workspace), "--data-dir", data_dir]) as address,
    ):
        yield address


@contextlib.contextmanager
def started(arguments: Sequence[str], folder: Path | None = None, log: IO[bytes] | None = None) -> Iterator[str]:
    """The address of what a call of `stroem up` starts, on a free port, meanwhile."""
    listening = ("--port", "0", "--json")
    program = Program(*arguments, *listening, env=environment(), cwd=folder or Path.cwd(), log=log)
    try:
        yield program.address
    finally:
        program.stop()


class Replay:
    """One reader, in one folder, with one Strøm that is up on it."""

    is_served = True
    """Whether the server follows the files that the reader edits."""

    def __init__(self, folder: Path, address: str | None = None) -> None:
        self.folder = folder
        self.environment = {"NO_COLOR": "1"}
        self._ids: dict[str, str] = {}
        if address is not None:
            self.environment["STROEM_URL"] = address

    def write(self, block: Block) -> None:
        """Writes the file that a block shows, or the one line of it, and waits until the server has seen it."""
        file = self.folder / (block.mark("file") or "")
        text = block.text
        if needle := block.mark("replaces"):
            lines = file.read_text().splitlines(keepends=True)
            text = "".join(block.text if needle in line else line for line in lines)
        if file.exists() and file.read_text() == text:
            return
        before = self.seen()
        file.write_text(text)
        self.until(lambda: self.seen() != before)

    def run(self, block: Block) -> None:
        """Runs the commands of a block, each of which must print what the block says."""
        for command, expected in _commands(block.text):
            if command.startswith("cd "):
                self.folder /= command.removeprefix("cd ")
            elif not command.startswith(("stroem up", "make ")):
                self._run(command, expected, block)

    def _run(self, command: str, expected: str, block: Block) -> None:
        before = self.seen() if self.is_served and command.startswith("sed ") else None
        arguments = self._with_real_ids(command)
        self._await_job(arguments)
        printed = self.shell(arguments)
        self._learn_ids(expected, printed)
        assert compared(printed) == compared(expected), f"{block}: {command}\n{printed}"
        if before is not None:
            self.until(lambda: self.seen() != before)

    def shell(self, command: str) -> str:
        """Runs a command line, and gives what it prints on both streams. `stroem` is run in this process: it starts
        in no time, and commands are many."""
        words = shlex.split(command)
        if words[0].endswith("stroem"):
            with contextlib.chdir(self.folder):
                return CliRunner().invoke(stroem, words[1:], env=self.environment).output
        return subprocess.run(words, cwd=self.folder, stdout=subprocess.PIPE, text=True, check=True).stdout

    def _await_job(self, command: str) -> None:
        """A reader looks at a job when it is over, and cancels it when it is under way."""
        words = command.split()
        if words[1] in ("status", "logs"):
            self.shell(f"stroem status {words[2]} --watch")
        elif words[1] == "cancel":
            self.until(lambda: self.shell(f"stroem logs {words[2]}") != "")

    def seen(self) -> str | None:
        """The revision that the server has seen; None where there is no server."""
        if "STROEM_URL" not in self.environment:
            return None
        workspaces = json.loads(self.shell("stroem workspaces --json"))
        return str(workspaces["items"][0]["observed_revision"])

    def until(self, reached: Callable[[], bool]) -> None:
        """Waits, where there is a server, until something is so."""
        if "STROEM_URL" in self.environment:
            eventually_blocking(reached)

    def _learn_ids(self, expected: str, printed: str) -> None:
        told, real = dict.fromkeys(re.findall(_ID, expected)), dict.fromkeys(re.findall(_ID, printed))
        self._ids.update(zip(told, real, strict=False))

    def _with_real_ids(self, command: str) -> str:
        for told, real in self._ids.items():
            command = command.replace(told[:8], real[:8])
        return command


def replay_guide(guide: Page, folder: Path, reader: type[Replay] = Replay) -> None:
    """Writes the files of a guide into a workspace, and runs its commands on a Strøm that is up on that."""
    (folder / ".workflows").mkdir()
    for block in guide.blocks:
        if block.mark("file"):
            Replay(folder).write(block)
    with up(folder) as address:
        running = reader(folder, address)
        for block in guide.blocks:
            if block.language == "console":
                running.run(block)


def _commands(text: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        yield command, expected


def compared(text: str) -> list[str]:
    """The lines without what differs from run to run; steps that run side by side print in any order."""
    for pattern, name in _VARIABLE:
        text = pattern.sub(name, text)
    return sorted(line.strip() for line in text.splitlines() if line.strip())
