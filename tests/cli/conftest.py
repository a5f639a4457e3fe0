"""A running Strøm, as a user starts it, and the program to talk to it."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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
triggers:
  nightly:
    type: scheduler
    cron: "0 3 * * *"
    task: counts
"""

Program = Callable[..., subprocess.CompletedProcess[str]]
STROEM = (sys.executable, "-m", "stroem.cli.main")


@pytest.fixture(scope="session")
def workspace_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with tasks that work, fail and wait."""
    root = tmp_path_factory.mktemp("workspace")
    (root / ".workflows").mkdir()
    (root / ".workflows" / "tasks.yaml").write_text(WORKFLOWS)
    return root


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with nothing in it."""
    return tmp_path_factory.mktemp("home")


class Running:
    """A `stroem up` in a process of its own."""

    def __init__(self, *arguments: str, home: Path) -> None:
        self.process = subprocess.Popen(
            [*STROEM, "up", "--json", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            env=environment(home),
            cwd=home,
        )
        assert self.process.stdout is not None
        readable, _, _ = select.select([self.process.stdout], [], [], 60)
        line = self.process.stdout.readline() if readable else b""
        assert line, "stroem up did not get ready"
        self.address: str = json.loads(line)["address"]

    def stop(self) -> int:
        """Ends it as an operator does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def environment(home: Path, **more: str) -> dict[str, str]:
    """A clean environment for the program."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STROEM", "XDG"))}
    return {**kept, "HOME": str(home), **more}


@pytest.fixture(scope="session")
def running(workspace_dir: Path, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A Strøm that is up on the workspace."""
    data = tmp_path_factory.mktemp("data")
    running = Running("--data-dir", str(data), "--workspace", str(workspace_dir), home=home)
    yield running
    assert running.stop() == 0


@pytest.fixture
def stroem(running: Running, home: Path) -> Program:
    """Runs the program against the Strøm that is up."""

    def run(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*STROEM, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            env=environment(home, STROEM_URL=running.address),
        )

    return run
