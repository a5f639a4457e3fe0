"""The suite for runners, run against runners that break its rules."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow("starts and stops whole programs")

HEAD = """
import asyncio, subprocess, time
import stroem.testing.bounded as bounded
import stroem.testing.collected_output as collected_output
import stroem.testing.runs as runs
from stroem.testing.runner_conformance import RunnerConformance

bounded.TEST_SECS = {test_secs}
collected_output.PATIENCE_SECS = {output_secs}
runs.END_SECS = {end_secs}

class Bad:
    name, ability, Options = "bad", "script", None

    def begin(self, order, **options):
        argv = ["/bin/sh", "-c", order.action.script]
        return subprocess.Popen(argv, cwd=order.directory, env=dict(order.env), **options)

class TestBad(RunnerConformance):
    def make_runner(self):
        return Runner()
"""

NEVER_ENDS = """
class Runner(Bad):
    async def run(self, order, output):
        await output.write("stdout", b"ready")
        self.begin(order, start_new_session=True)
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                continue
"""

BLOCKS = """
class Runner(Bad):
    async def run(self, order, output):
        self.begin(order)
        time.sleep(3600)
"""

LEAVES_PROCESSES = """
class Runner(Bad):
    async def run(self, order, output):
        process = self.begin(order, stdout=subprocess.PIPE, start_new_session=True)
        try:
            await output.write("stdout", process.stdout.readline())
            await asyncio.sleep(0 if "started" in order.action.script else 3600)
            return 0
        finally:
            process.stdout.close()
            process.returncode = 0
"""

SAYS_NOTHING = """
class Runner(Bad):
    async def run(self, order, output):
        self.begin(order).wait()
        return 42
"""


def suite(tmp_path: Path, runner: str, tests: str, bounds: dict[str, int]) -> str:
    """Pytest's output for a failing runner; no process is left then. Only the given bounds of the suite are short."""
    file = tmp_path / "test_bad.py"
    file.write_text(HEAD.format(**{"test_secs": 120, "output_secs": 60, "end_secs": 60, **bounds}) + runner)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "-k", tests),
            *("-o", "asyncio_mode=auto", "--basetemp", str(tmp_path / "runs"), str(file)),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tmp_path,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    left = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/environ") if marks(path, tmp_path)]
    assert left == []
    return done.stdout


def marks(environ: Path, folder: Path) -> bool:
    """Whether a process has its directory below a folder."""
    try:
        return environ.with_name("cwd").readlink().is_relative_to(folder)
    except OSError:
        return False


NEVER_IN_TIME = "did not end its step within 2 s"
RUNS_ON = "a process of the script runs on after its step"
CASES = {
    "never ends": (
        NEVER_ENDS,
        {"end_secs": 2},
        {"ends_what_refuses": f"{NEVER_IN_TIME}, though it was cancelled", "leaves_child": NEVER_IN_TIME},
    ),
    "blocks": (BLOCKS, {"test_secs": 4}, {"unfinished_line": "The test took longer than 4 s"}),
    "leaves processes": (LEAVES_PROCESSES, {}, {"cancelling_ends_grandchildren": RUNS_ON, "leaves_child": RUNS_ON}),
    "says nothing": (
        SAYS_NOTHING,
        {"output_secs": 3, "test_secs": 10},
        {
            "comes_while": "b'first\\n' did not come on stdout within 3 s; what came ends:",
            "exit_code": "assert 42 == 7",
            "unfinished_line": "b'' == b'no end'",
            "long_line": "0 bytes came instead of 2000000; they differ from byte 0 on",
            "signal_is_no_success": "SIGKILL is -9",
        },
    ),
}


@pytest.mark.parametrize(("runner", "bounds", "said"), CASES.values(), ids=CASES)
def test_a_bad_runner_fails_in_time_and_is_told_why(
    tmp_path: Path, runner: str, bounds: dict[str, int], said: dict[str, str]
) -> None:
    output = suite(tmp_path, runner, " or ".join(said), bounds)
    assert [text for text in said.values() if text not in output] == []
    assert " passed" not in output.splitlines()[-1]
