"""Runs of a runner under test, bounded in time and always cleaned up."""

import asyncio
import os
import signal
from pathlib import Path

import attrs
import pytest

from stroem.interfaces.runner import ConnectedRunner, Runner, StepOrder
from stroem.testing.collected_output import CollectedOutput

END_SECS = 60
"""Seconds for a run to end, by itself or after its cancellation."""

TIDY_SECS = 1


@attrs.define
class Runs:
    """Starts runs and waits for their ends. `place` is a folder below which all of their directories are."""

    place: Path
    _tasks: list[asyncio.Task[int]] = attrs.field(factory=list)
    _runners: list[Runner] = attrs.field(factory=list)

    def start(self, runner: Runner, order: StepOrder, output: CollectedOutput) -> "asyncio.Task[int]":
        """Begins a run."""
        self._runners.append(runner)
        task = asyncio.get_running_loop().create_task(_run(runner, order, output))
        self._tasks.append(task)
        return task

    async def end_of(self, task: "asyncio.Task[int]") -> int:
        """The exit code of a run. Fails the test when the run does not end in time; raises what the run raised."""
        done, _ = await asyncio.wait({task}, timeout=END_SECS)
        if not done:
            again = "though it was cancelled" if task.cancelling() else "though its script is over by then"
            pytest.fail(f"The runner did not end its step within {END_SECS} s, {again}.")
        return task.result()

    async def close(self) -> None:
        """Ends all runs, and all processes that they left. A run that does not end is given up."""
        pending = {task for task in self._tasks if not task.done()}
        for task in pending:
            task.cancel()
        if pending:
            await asyncio.wait(pending, timeout=TIDY_SECS)
        self._end_processes()
        if pending:
            await asyncio.wait(pending, timeout=TIDY_SECS)
        for task in pending:
            if not task.done():
                asyncio._unregister_task(task)  # the loop would wait for it at its own end
        for runner in self._runners:
            if isinstance(runner, ConnectedRunner):
                await runner.close()

    def _end_processes(self) -> None:
        mark = os.fsencode(f"{self.place}/")
        for entry in os.scandir("/proc"):
            if entry.name.isdigit() and int(entry.name) != os.getpid() and _is_below(Path(entry.path), mark):
                try:
                    os.kill(int(entry.name), signal.SIGKILL)
                except OSError:
                    continue


async def _run(runner: Runner, order: StepOrder, output: CollectedOutput) -> int:
    if isinstance(runner, ConnectedRunner):
        await runner.open()
    return await runner.run(order, output)


def _is_below(process: Path, mark: bytes) -> bool:
    try:
        return os.fsencode((process / "cwd").readlink()).startswith(mark) or mark in (process / "environ").read_bytes()
    except OSError:
        return False
