"""What every runner must do, as tests. A plugin's own tests say:

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
from pathlib import Path

import attrs
import pytest

from stroem.definitions.action import Action
from stroem.interfaces.runner import Runner, RunnerFailed, StepOrder, Stream

PATIENCE_SECS = 20
GRACE_SECS = 0.3


class CollectedOutput:
    """An output that keeps everything, and tells when something is in it."""

    def __init__(self) -> None:
        self.data: dict[Stream, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        self._came = asyncio.Event()

    async def write(self, stream: Stream, data: bytes) -> None:
        """Keeps the bytes."""
        self.data[stream] += data
        self._came.set()

    async def until(self, stream: Stream, wanted: bytes) -> None:
        """Waits until the stream holds some bytes."""
        async with asyncio.timeout(PATIENCE_SECS):
            while wanted not in self.data[stream]:
                self._came.clear()
                await self._came.wait()


class SlowOutput(CollectedOutput):
    """An output that takes nothing until it is opened, and counts what it was given meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = asyncio.Event()
        self.given = 0

    async def write(self, stream: Stream, data: bytes) -> None:
        """Waits, then keeps the bytes."""
        self.given += len(data)
        await self.opened.wait()
        await super().write(stream, data)


@attrs.frozen
class Finished:
    """How a step ended and what it printed."""

    exit_code: int
    stdout: bytes
    stderr: bytes


@pytest.mark.asyncio
class RunnerConformance(abc.ABC):
    """Subclass it, say how the runner is made, and how an action is made that runs a POSIX shell script."""

    @abc.abstractmethod
    def make_runner(self) -> Runner:
        """The runner under test, as a worker would make it."""

    def make_action(self, script: str) -> Action:
        """An action that runs a shell script with this runner. A container runner names an image here."""
        return Action(type="script", script=script, runner=self.make_runner().name)

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
        """An order whose action a test replaces."""
        return make_order(tmp_path, "order", self.make_action("true"))

    async def finish(self, order: StepOrder, script: str) -> Finished:
        """Runs a script to its end."""
        output = CollectedOutput()
        async with asyncio.timeout(PATIENCE_SECS):
            exit_code = await self.make_runner().run(attrs.evolve(order, action=self.make_action(script)), output)
        return Finished(exit_code, bytes(output.data["stdout"]), bytes(output.data["stderr"]))

    async def test_says_what_it_is(self) -> None:
        """A runner has a name and an ability, and its options are an attrs class or None."""
        runner = self.make_runner()
        assert runner.name
        assert runner.ability
        assert runner.Options is None or attrs.has(runner.Options)

    @pytest.mark.parametrize("code", [0, 1, 7, 255])
    async def test_returns_the_exit_code(self, order: StepOrder, code: int) -> None:
        """The exit code is that of the script."""
        assert (await self.finish(order, f"exit {code}")).exit_code == code

    async def test_a_signal_is_no_success(self, order: StepOrder) -> None:
        """A script ended by a signal has a negative exit code, or that of a shell which saw it."""
        assert (await self.finish(order, "kill -KILL $$")).exit_code in (-9, 137)

    async def test_each_stream_keeps_its_order(self, order: StepOrder) -> None:
        """What is printed arrives once, in order, on its own stream."""
        done = await self.finish(order, "i=0; while [ $i -lt 500 ]; do echo out$i; echo err$i >&2; i=$((i+1)); done")
        assert done.stdout.split() == [b"out%d" % number for number in range(500)]
        assert done.stderr.split() == [b"err%d" % number for number in range(500)]

    async def test_an_unfinished_line_arrives(self, order: StepOrder) -> None:
        """The last line needs no end."""
        assert (await self.finish(order, "printf 'no end'")).stdout == b"no end"

    async def test_bytes_that_are_not_utf8_arrive(self, order: StepOrder) -> None:
        """Output is bytes; nobody decodes it on the way."""
        assert (await self.finish(order, r"printf '\377\376\000ok\n'")).stdout == b"\xff\xfe\x00ok\n"

    async def test_a_long_line_arrives(self, order: StepOrder) -> None:
        """A line of two megabytes is passed on whole, in however many pieces."""
        done = await self.finish(order, "head -c 2000000 /dev/zero | tr '\\0' x; echo; echo end")
        assert done.stdout == b"x" * 2_000_000 + b"\nend\n"

    async def test_much_output_on_both_streams_arrives(self, order: StepOrder) -> None:
        """Neither stream waits for the other to be read."""
        script = "head -c 3000000 /dev/zero | tr '\\0' e >&2; head -c 3000000 /dev/zero | tr '\\0' o"
        done = await self.finish(order, script)
        assert done.stdout == b"o" * 3_000_000
        assert done.stderr == b"e" * 3_000_000

    async def test_a_slow_output_slows_the_step(self, order: StepOrder) -> None:
        """While the output takes nothing, only a bounded amount is read from the step."""
        output = SlowOutput()
        script = "head -c 30000000 /dev/zero | tr '\\0' o; echo done >&2"
        running = asyncio.create_task(
            self.make_runner().run(attrs.evolve(order, action=self.make_action(script)), output)
        )
        done, _ = await asyncio.wait({running}, timeout=0.5)
        assert not done
        assert output.given <= 4 * 1024 * 1024
        output.opened.set()
        async with asyncio.timeout(PATIENCE_SECS):
            assert await running == 0
        assert output.data["stdout"] == b"o" * 30_000_000

    async def test_output_comes_while_the_step_runs(self, order: StepOrder) -> None:
        """A line is passed on at once, not at the end."""
        output = CollectedOutput()
        script = "echo first; while [ ! -e go ]; do sleep 0.01; done; echo last"
        running = asyncio.create_task(
            self.make_runner().run(attrs.evolve(order, action=self.make_action(script)), output)
        )
        await output.until("stdout", b"first\n")
        assert not running.done()
        (order.directory / "go").touch()
        async with asyncio.timeout(PATIENCE_SECS):
            assert await running == 0
        assert output.data["stdout"] == b"first\nlast\n"

    async def test_the_environment_is_that_of_the_order(
        self, order: StepOrder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A step sees the variables of its order, what its system needs, and nothing of the worker's own."""
        monkeypatch.setenv("STROEM__WORKER_TOKEN", "secret of the worker")
        monkeypatch.setenv("WORKER_OWN", "not for steps")
        wanted = {"PLAIN": "value", "EMPTY": "", "SPACED": "a  b=c", "UNICODE": "ünïcode"}
        done = await self.finish(
            attrs.evolve(order, env=wanted), "env -0 2>/dev/null || tr '\\n' '\\0' </proc/self/environ"
        )
        found = dict(entry.split("=", 1) for entry in done.stdout.decode().split("\0") if entry)
        assert {name: found.get(name) for name in wanted} == wanted
        assert set(found) - set(wanted) <= self.system_variables()

    async def test_runs_in_its_directory(self, order: StepOrder) -> None:
        """The working directory is the step's own, with the files of the workspace, and can be written to."""
        (order.directory / "given.txt").write_text("given")
        done = await self.finish(order, "cat given.txt; echo made > made.txt; echo changed > given.txt")
        assert done.stdout == b"given"
        assert (order.directory / "made.txt").read_text() == "made\n"
        assert (order.directory / "given.txt").read_text() == "changed\n"

    async def test_runs_many_at_once(self, tmp_path: Path) -> None:
        """Steps run beside each other, and their output does not mix."""
        script = (
            'echo $NAME > "../../$NAME"; while [ $(ls ../.. | grep -c ready-) -lt 8 ]; do sleep 0.01; done; echo $NAME'
        )
        orders = [
            attrs.evolve(make_order(tmp_path, f"area-{n}", self.make_action("")), env={"NAME": f"ready-{n}"})
            for n in range(8)
        ]
        done = await asyncio.gather(*(self.finish(order, script) for order in orders))
        assert [one.stdout for one in done] == [b"ready-%d\n" % number for number in range(8)]

    async def test_cancelling_asks_gently_first(self, order: StepOrder) -> None:
        """A script that handles TERM has time to tidy up, and what it then prints is passed on."""
        output = await self.cancel(order, "trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.01; done")
        assert output.data["stdout"] == b"ready\ntidied\n"

    async def test_cancelling_ends_what_refuses(self, order: StepOrder) -> None:
        """A script that ignores TERM is ended after the grace, and its children with it."""
        marker = uuid.uuid4().hex
        began = time.monotonic()
        await self.cancel(
            order,
            f"trap '' TERM; sh -c 'trap \"\" TERM; while :; do sleep 0.05; done' {marker} & echo ready; wait; sleep 99",
        )
        assert GRACE_SECS <= time.monotonic() - began < PATIENCE_SECS
        assert not self.is_running(marker)

    async def test_cancelling_ends_grandchildren(self, order: StepOrder) -> None:
        """Nothing that the script started goes on."""
        marker = uuid.uuid4().hex
        await self.cancel(order, f"sh -c 'while :; do sleep 0.05; done; : {marker}' & echo ready; wait")
        assert not self.is_running(marker)

    async def test_cancelling_twice_still_ends_everything(self, order: StepOrder) -> None:
        """Impatience does not leave processes behind."""
        marker = uuid.uuid4().hex
        script = (
            f"trap '' TERM; sh -c 'trap \"\" TERM; while :; do sleep 0.05; done' {marker} & echo ready; wait; sleep 99"
        )
        await self.cancel(order, script, times=3)
        assert not self.is_running(marker)

    async def test_what_the_script_leaves_behind_ends_with_it(self, order: StepOrder) -> None:
        """A background process neither keeps the step from ending nor survives it."""
        marker = uuid.uuid4().hex
        done = await self.finish(order, f"sh -c 'while :; do sleep 0.05; done' {marker} & echo started")
        assert done.exit_code == 0
        assert done.stdout == b"started\n"
        assert not self.is_running(marker)

    async def test_an_action_that_cannot_run_says_why(self, order: StepOrder) -> None:
        """An action with nothing to run is `RunnerFailed` with a message, not an exit code."""
        empty = attrs.evolve(order, action=attrs.evolve(self.make_action(""), script=None, cmd=None, image=None))
        with pytest.raises(RunnerFailed) as failure:
            await self.make_runner().run(empty, CollectedOutput())
        assert str(failure.value)

    async def cancel(self, order: StepOrder, script: str, *, times: int = 1) -> CollectedOutput:
        """Runs a script until it prints `ready`, cancels it, and waits for its end."""
        output = CollectedOutput()
        changed = attrs.evolve(order, action=self.make_action(script), grace_secs=GRACE_SECS)
        running = asyncio.create_task(self.make_runner().run(changed, output))
        await output.until("stdout", b"ready")
        for _ in range(times):
            running.cancel()
            await asyncio.wait({running}, timeout=0.05 if times > 1 else None)
        async with asyncio.timeout(PATIENCE_SECS):
            with pytest.raises(asyncio.CancelledError):
                await running
        return output


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
