"""Approvals of a job that `stroem run` runs."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

WORKFLOWS = """
tasks:
  ship:
    flow:
      gate:
        type: approval
        message: Ship it?
        input:
          percent: { type: integer, required: true }
      after: { type: shell, depends_on: [gate], cmd: 'echo share {{ gate.output.input.percent }}' }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".workflows").mkdir()
    (tmp_path / ".workflows/ship.yaml").write_text(WORKFLOWS)
    return tmp_path


def conversation(folder: Path, answers: list[tuple[str, str]]) -> tuple[int, str]:
    """Runs the task at a terminal: each answer is typed once its question is shown. Exit code and output."""
    leader, follower = pty.openpty()
    command = [Path(sys.executable).with_name("stroem"), "run", "ship", "--path", folder]
    with subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, close_fds=True) as process:
        os.close(follower)
        shown, left = "", list(answers)
        while True:
            try:
                data = os.read(leader, 4096)
            except OSError:  # the other end is closed
                break
            shown += data.decode(errors="replace")
            if left and left[0][0] in shown:
                shown = shown.partition(left[0][0])[2]
                os.write(leader, left.pop(0)[1].encode())
        code = process.wait()
    os.close(leader)
    return code, shown


@pytest.mark.slow("starts and stops whole programs")
def test_an_approval_is_asked_for_with_its_fields(folder: Path) -> None:
    answers = [("Approve?", "y\n"), ("percent (integer, required)", "many\n"), ("whole number", "")]
    answers += [("Approve?", "y\n"), ("percent (integer, required)", "10\n")]
    code, shown = conversation(folder, answers)
    assert (code, "share 10" in shown) == (0, True), shown


@pytest.mark.slow("starts and stops whole programs")
def test_a_rejection_fails_the_job(folder: Path) -> None:
    code, shown = conversation(folder, [("Approve?", "n\n"), ("Reason", "not today\n")])
    assert code == 1, shown
