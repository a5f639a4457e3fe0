"""Conformance suite of runners. A plugin's own tests contain:

from stroem.testing.runner_conformance import RunnerConformance

class TestGreeterRunner(RunnerConformance):
    def make_runner(self) -> Runner:
        return GreeterRunner()
"""

import abc
import asyncio
import contextlib
import os
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

import attrs
import pytest
import pytest_asyncio

from stroem.definitions.action import Action
from stroem.interfaces.runner import Runner, RunnerFailed, StepOrder
from stroem.testing.bounded import BoundedTests
from stroem.testing.collected_output import CollectedOutput, SlowOutput
from stroem.testing.runs import Runs
from stroem.testing.scripts import Scripts

GRACE_SECS = 0.3


@attrs.frozen
class Finished:
    """Exit code and output of a step."""

    exit_code: int
    stdout: bytes
    stderr: bytes


@pytest.mark.asyncio
class RunnerConformance(BoundedTests, abc.ABC):
    """Base class: a subclass makes the runner, and gives `scripts` for one without a POSIX shell.

    Every wait has a bound, and processes that a runner leaves on this machine are ended after each test.
    """

    scripts: ClassVar[Scripts] = Scripts()
    shares_folders: ClassVar[bool] = True
    """Whether steps work in the folders of the order. Those on another machine get the files of `publish`."""

    @abc.abstractmethod
    def make_runner(self) -> Runner:
        """The runner under test, as a worker would make it."""

    def make_action(self, script: str) -> Action:
        """An action that runs a script of `scripts` with this runner. A container runner names an image here."""
        return Action(type="script", script=script, runner=self.make_runner().name)

    def make_options(self) -> object:
        """The `options` of that action, as the worker reads them: an instance of the runner's `Options`, or None."""
        return None

    def publish(self, order: StepOrder) -> StepOrder:
        """The order, whose directory is filled. A runner without shared folders makes it fetch the files from there."""
        return order

    def touch(self, order: StepOrder, name: str) -> None:
        """Makes a file in the directory of a step that runs."""
        (order.directory / name).touch()

    def system_variables(self) -> frozenset[str]:
        """The environment variables that the runner or its system adds to those of the order."""
        return frozenset({"PATH", "HOME", "LANG", "TZ", "USER", "TMPDIR", "PWD", "OLDPWD", "SHLVL", "_"})

    def is_running(self, marker: str) -> bool:
        """Whether a process with the marker among its arguments runs. A remote runner asks its system."""
        for entry in os.scandir("/proc"):
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and marker.encode() in Path(entry.path, "cmdline").read_bytes():
                    return True
        return False

    @pytest.fixture
    def order(self, tmp_path: Path) -> StepOrder:
        """An order with an action that tests replace."""
        return make_order(tmp_path, "order", self.make_action(self.scripts.exits(0)))

    @pytest_asyncio.fixture
    async def runs(self, tmp_path: Path) -> AsyncIterator[Runs]:
        """The runs of one test."""
        runs = Runs(tmp_path)
        yield runs
        await runs.close()

    async def finish(self, runs: Runs, order: StepOrder, script: str) -> Finished:
        """Runs a script to its end."""
        output = CollectedOutput()
        exit_code = await runs.end_of(self._start(runs, order, script, output))
        return Finished(exit_code, bytes(output.data["stdout"]), bytes(output.data["stderr"]))

    async def test_says_what_it_is(self) -> None:
        """A runner has a name and an ability, and its options are an attrs class or None."""
        runner = self.make_runner()
        assert runner.name, "a runner has a name"
        assert runner.ability, "a runner has an ability"
        assert runner.Options is None or attrs.has(runner.Options), "`Options` is an attrs class or None"

    @pytest.mark.parametrize("code", [0, 1, 7, 255])
    async def test_returns_the_exit_code(self, runs: Runs, order: StepOrder, code: int) -> None:
        """The exit code is that of the script."""
        done = await self.finish(runs, order, self.scripts.exits(code))
        assert done.exit_code == code

    async def test_a_signal_is_no_success(self, runs: Runs, order: StepOrder) -> None:
        """A script ended by a signal has a negative exit code, or that of a shell which saw it."""
        done = await self.finish(runs, order, self.scripts.dies())
        assert done.exit_code in (-9, 137), "SIGKILL is -9, or 137 as shells report it"

    async def test_each_stream_keeps_its_order(self, runs: Runs, order: StepOrder) -> None:
        """Output arrives once, in order, on its own stream."""
        done = await self.finish(runs, order, self.scripts.counts(500))
        assert done.stdout.split() == [b"out%d" % number for number in range(500)]
        assert done.stderr.split() == [b"err%d" % number for number in range(500)]

    async def test_an_unfinished_line_arrives(self, runs: Runs, order: StepOrder) -> None:
        """The last line needs no end."""
        done = await self.finish(runs, order, self.scripts.prints(b"no end"))
        assert done.stdout == b"no end"

    async def test_bytes_that_are_not_utf8_arrive(self, runs: Runs, order: StepOrder) -> None:
        """Output stays bytes, without decoding."""
        done = await self.finish(runs, order, self.scripts.prints(b"\xff\xfe\x00ok\n"))
        assert done.stdout == b"\xff\xfe\x00ok\n"

    async def test_a_long_line_arrives(self, runs: Runs, order: StepOrder) -> None:
        """A line of two megabytes is passed on whole, in however many pieces."""
        done = await self.finish(runs, order, self.scripts.prints_much(stdout=2_000_000, stderr=0))
        assert_same(done.stdout, b"o" * 2_000_000)

    async def test_much_output_on_both_streams_arrives(self, runs: Runs, order: StepOrder) -> None:
        """Neither stream waits for the other to be read."""
        done = await self.finish(runs, order, self.scripts.prints_much(stdout=3_000_000, stderr=3_000_000))
        assert_same(done.stdout, b"o" * 3_000_000)
        assert_same(done.stderr, b"e" * 3_000_000)

    async def test_a_slow_output_slows_the_step(self, runs: Runs, order: StepOrder) -> None:
        """While the output takes nothing, only a bounded amount is read from the step."""
        output = SlowOutput()
        running = self._start(runs, order, self.scripts.prints_much(stdout=30_000_000, stderr=0), output)
        done, _ = await asyncio.wait({running}, timeout=0.5)
        assert not done, "the step ended although nothing of its output was taken"
        assert output.given <= 4 * 1024 * 1024, "more than 4 MiB are on their way to an output that takes nothing"
        output.opened.set()
        assert await runs.end_of(running) == 0
        assert_same(bytes(output.data["stdout"]), b"o" * 30_000_000)

    async def test_output_comes_while_the_step_runs(self, runs: Runs, order: StepOrder) -> None:
        """A line is passed on at once, not at the end."""
        output = CollectedOutput()
        running = self._start(runs, order, self.scripts.waits_for("go", before="first", after="last"), output)
        await output.until("stdout", b"first\n")
        assert not running.done(), "the run ended while its script waits"
        self.touch(order, "go")
        assert await runs.end_of(running) == 0
        assert output.data["stdout"] == b"first\nlast\n"

    async def test_the_environment_is_that_of_the_order(
        self, runs: Runs, order: StepOrder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A step sees the variables of its order, what its system needs, and nothing of the worker's own."""
        monkeypatch.setenv("STROEM__WORKER_TOKEN", "secret of the worker")
        monkeypatch.setenv("WORKER_OWN", "not for steps")
        wanted = {"PLAIN": "value", "EMPTY": "", "SPACED": "a  b=c", "UNICODE": "ünïcode"}
        done = await self.finish(runs, attrs.evolve(order, env=wanted), self.scripts.prints_environment())
        found = dict(entry.split("=", 1) for entry in done.stdout.decode().split("\0") if entry)
        assert {name: found.get(name) for name in wanted} == wanted
        assert set(found) - set(wanted) - self.system_variables() == set(), "variables that the order does not name"

    async def test_runs_in_its_directory(self, runs: Runs, order: StepOrder) -> None:
        """The working directory is the step's own, with the files of the workspace, and can be written to."""
        (order.directory / "given.txt").write_text("given")
        done = await self.finish(runs, order, self.scripts.uses_files())
        assert done == Finished(0, b"given", b"")
        if self.shares_folders:
            assert (order.directory / "made.txt").read_text() == "made\n"
            assert (order.directory / "given.txt").read_text() == "changed\n"

    async def test_variables_name_the_folders_of_the_order(self, runs: Runs, order: StepOrder, tmp_path: Path) -> None:
        """A step reads and writes further folders, in the places that their variables name."""
        folders = {"GIVEN": tmp_path / "given", "MADE": tmp_path / "made"}
        for folder in folders.values():
            folder.mkdir()
        (folders["GIVEN"] / "given.txt").write_text("given")
        done = await self.finish(runs, attrs.evolve(order, folders=folders), self.scripts.uses_folders())
        assert done.stdout == b"given"
        assert (folders["MADE"] / "made.txt").read_text() == "made\n"

    async def test_runs_many_at_once(self, runs: Runs, tmp_path: Path) -> None:
        """Steps run beside each other, and their output does not mix."""
        script = self.scripts.meets(8)
        orders = [
            attrs.evolve(make_order(tmp_path, f"area-{n}", self.make_action("")), env={"NAME": f"ready-{n}"})
            for n in range(8)
        ]
        done = await asyncio.gather(*(self.finish(runs, order, script) for order in orders))
        assert [one.stdout for one in done] == [b"ready-%d\n" % number for number in range(8)]

    async def test_cancelling_asks_gently_first(self, runs: Runs, order: StepOrder) -> None:
        """A script that handles TERM has time to tidy up, and what it then prints is passed on."""
        output = await self.cancel(runs, order, self.scripts.tidies_up())
        assert output.data["stdout"] == b"ready\ntidied\n", "the script was not asked, or had no time, to tidy up"

    async def test_cancelling_ends_what_refuses(self, runs: Runs, order: StepOrder) -> None:
        """A script that ignores TERM is ended after the grace, and its children with it."""
        marker = uuid.uuid4().hex
        began = time.monotonic()
        await self.cancel(runs, order, self.scripts.refuses(marker))
        took = time.monotonic() - began
        assert took >= GRACE_SECS, "the script was ended before its grace was over"
        self.check_ended(marker)

    async def test_cancelling_ends_grandchildren(self, runs: Runs, order: StepOrder) -> None:
        """No process of the script survives."""
        marker = uuid.uuid4().hex
        await self.cancel(runs, order, self.scripts.waits_for_child(marker))
        self.check_ended(marker)

    async def test_cancelling_twice_still_ends_everything(self, runs: Runs, order: StepOrder) -> None:
        """Impatience does not leave processes behind."""
        marker = uuid.uuid4().hex
        await self.cancel(runs, order, self.scripts.refuses(marker), times=3)
        self.check_ended(marker)

    @pytest.mark.parametrize("how", ["leaves_child", "leaves_session"])
    async def test_what_the_script_leaves_behind_ends_with_it(self, runs: Runs, order: StepOrder, how: str) -> None:
        """A background process neither keeps the step from ending nor survives it."""
        marker = uuid.uuid4().hex
        done = await self.finish(runs, order, getattr(self.scripts, how)(marker))
        assert done.exit_code == 0
        assert done.stdout == b"started\n"
        self.check_ended(marker)

    async def test_an_action_that_cannot_run_says_why(self, runs: Runs, order: StepOrder) -> None:
        """An action with nothing to run is `RunnerFailed` with a message, not an exit code."""
        empty = attrs.evolve(order, action=attrs.evolve(self.make_action(""), script=None, cmd=None, image=None))
        with pytest.raises(RunnerFailed) as failure:
            await runs.end_of(runs.start(self.make_runner(), empty, CollectedOutput()))
        assert str(failure.value), "the failure says nothing"

    async def cancel(self, runs: Runs, order: StepOrder, script: str, *, times: int = 1) -> CollectedOutput:
        """Runs a script until it prints `ready`, cancels it, and waits for its end."""
        output = CollectedOutput()
        running = self._start(runs, attrs.evolve(order, grace_secs=GRACE_SECS), script, output)
        await output.until("stdout", b"ready")
        for _ in range(times):
            running.cancel()
            await asyncio.wait({running}, timeout=0.05)
        with pytest.raises(asyncio.CancelledError):
            await runs.end_of(running)
        return output

    def check_ended(self, marker: str) -> None:
        """Fails the test when a process with the marker among its arguments still runs."""
        assert not self.is_running(marker), "a process of the script runs on after its step"

    def _start(self, runs: Runs, order: StepOrder, script: str, output: CollectedOutput) -> "asyncio.Task[int]":
        ready = self.publish(attrs.evolve(order, action=self.make_action(script), options=self.make_options()))
        return runs.start(self.make_runner(), ready, output)


def assert_same(found: bytes, wanted: bytes) -> None:
    """Fails the test at the first difference of large data."""
    if found != wanted:
        at = next(
            (n for n, (a, b) in enumerate(zip(found, wanted, strict=False)) if a != b), min(len(found), len(wanted))
        )
        pytest.fail(f"{len(found)} bytes came instead of {len(wanted)}; they differ from byte {at} on")


def make_order(parent: Path, name: str, action: Action) -> StepOrder:
    """An order with directories of its own below `parent`."""
    directory, scratch = parent / name / "work", parent / name / "tmp"
    directory.mkdir(parents=True)
    scratch.mkdir()
    return StepOrder(
        job_id=uuid.uuid4(),
        workspace="workspace",
        task="task",
        step="step",
        attempt=1,
        action=action,
        input=None,
        env={},
        directory=directory,
        scratch=scratch,
        grace_secs=GRACE_SECS,
    )
