"""A running Strøm, as a user starts it, and the program to talk to it."""

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stroem.cli.main import stroem as program
from stroem.cli.program.logging import LineFormatter
from stroem.cli.program.process_setup import PR_SET_DUMPABLE
from tests.support import programs
from tests.support.programs import PATIENCE_SECS, STROEM, Program
from tests.support.workspace_files import write_workspace

WORKFLOWS = """\
actions:
  greet:
    type: shell
    cmd: 'echo "Hello, {{ input.name }}!"; echo "OUTPUT: {\\"count\\": {{ input.count }}}"'
    input:
      name: {type: string}
      count: {type: integer}
tasks:
  hello:
    description: Greets somebody.
    input:
      name: {type: string, required: true}
      count: {type: integer, default: 1}
    flow:
      greet:
        action: greet
        input: {name: "{{ input.name }}", count: "{{ input.count }}"}
  broken:
    flow:
      first: {type: shell, cmd: "echo before; echo trouble >&2; exit 3"}
      second: {type: shell, cmd: "echo never", depends_on: [first]}
  waits:
    flow:
      sleep: {type: shell, cmd: "echo asleep; sleep 300"}
  counts:
    flow:
      count: {type: shell, cmd: "for n in $(seq 1 30); do echo line $n; done"}
  drips:
    flow:
      drip: {type: shell, cmd: "for n in $(seq 1 100); do echo drop $n; sleep 0.01; done"}
triggers:
  nightly:
    type: scheduler
    cron: "0 3 * * *"
    task: counts
  inbox:
    type: webhook
    name: in
    task: hello
    input: {name: "{{ body.name }}"}
"""

Environment = Callable[..., dict[str, str]]
Start = Callable[..., Program]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def workspace_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with tasks that work, fail and wait."""
    return write_workspace(tmp_path_factory.mktemp("workspace"), WORKFLOWS, "tasks.yaml")


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Makes an environment for the program: a home with nothing in it, and no settings but those given."""
    home = tmp_path_factory.mktemp("home")

    def make(**more: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in programs.environment().items()
            if not name.startswith("XDG") and name not in ("NO_COLOR", "TERM")
        }
        if kept.pop("PYTHONDONTWRITEBYTECODE", None):  # compiling everything takes longer than most tests here
            kept["PYTHONPYCACHEPREFIX"] = str(home / "bytecode")
        return {**kept, "HOME": str(home), **more}

    return make


@pytest.fixture(scope="session")
def start(
    environment: Environment, make_data_dir: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Start]:
    """Starts programs that stay; what runs at the end is ended."""
    started: list[Program] = []

    def begin(*arguments: str, **more: str) -> Program:
        begun = Program(*arguments, env=environment(**more), cwd=tmp_path_factory.getbasetemp())
        started.append(begun)
        return begun

    yield begin
    for each in started:
        if each.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                each.stop()
            each.process.kill()
        assert each.process.stdout is not None
        each.process.stdout.close()


@pytest.fixture(scope="session")
def make_data_dir() -> Iterator[Callable[[], Path]]:
    """Makes folders that a database can be in; pytest's own are closed to the user that it runs as for root."""
    with tempfile.TemporaryDirectory(prefix="stroem-cli-", ignore_cleanup_errors=True) as folder:
        yield lambda: Path(tempfile.mkdtemp(dir=folder))


@pytest.fixture
def data_dir(make_data_dir: Callable[[], Path]) -> Path:
    """A data folder for one test."""
    return make_data_dir()


@pytest.fixture(scope="session")
def running(make_data_dir: Callable[[], Path], workspace_dir: Path, start: Start) -> Program:
    """A Strøm that is up on the workspace."""
    data = str(make_data_dir())
    return start("up", "--json", "--port", "0", "--data-dir", data, "--workspace", str(workspace_dir))


@pytest.fixture(scope="session")
def run(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs the program to its end."""

    def to_end(
        *arguments: str, stdin: str | None = None, cwd: Path | None = None, **more: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*STROEM, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECS,
            env=environment(**more),
            cwd=cwd or tmp_path_factory.getbasetemp(),
        )

    return to_end


@pytest.fixture
def here(
    environment: Environment, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Runs a command to its end in this process, with the environment of a program."""

    def to_end(*arguments: str, cwd: Path | None = None, **more: str) -> Result:
        env = environment(**more)
        with monkeypatch.context() as patch:
            for name in {*os.environ} - {*env}:
                patch.delenv(name)
            for name, value in env.items():
                patch.setenv(name, value)
            patch.chdir(cwd or tmp_path_factory.getbasetemp())
            patch.setattr(tempfile, "tempdir", env.get("TMPDIR"))
            patch.setattr(LineFormatter, "redact", LineFormatter.redact)
            done = CliRunner().invoke(program, arguments)
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, *map(ctypes.c_ulong, (1, 0, 0, 0)))
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return to_end


@pytest.fixture
def stroem(running: Program) -> Callable[..., Result]:
    """Runs a command against the Strøm that is up, in this process."""

    def against(*arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(program, arguments, input=stdin, env={"STROEM_URL": running.address})

    return against
