"""Processes that a step leaves behind, however they detached from it."""

import asyncio
import os
import re
import uuid
from pathlib import Path

import attrs
import pytest

from stroem.definitions.action import Action
from stroem.interfaces.runner import StepOrder
from stroem.testing.runner_conformance import CollectedOutput, make_order
from stroem_shell.runner import ShellRunner
from tests.support.wait import eventually

DETACHED = {
    "in a session of its own": "setsid {} &",
    "in a session of its own, silent": "setsid {} >/dev/null 2>&1 &",
    "a daemon": "(setsid sh -c '{} >/dev/null 2>&1 </dev/null & exit') &",
    "a daemon that tells nothing of its origin": "cd /; (env -i setsid sh -c '{} >/dev/null 2>&1 </dev/null & exit') &",
    "immune to hangups": "nohup {} >/dev/null 2>&1 &",
    "that ignores TERM": "setsid sh -c 'trap \"\" TERM; {}; :' >/dev/null 2>&1 &",
}


def order(tmp_path: Path, script: str, name: str = "area") -> StepOrder:
    """An order for a shell script."""
    return attrs.evolve(make_order(tmp_path, name, Action(type="script", script=script)), grace_secs=0.3)


def sleeper() -> str:
    """A command that runs for ever, as no other does."""
    return f"sleep 9{uuid.uuid4().int % 10**15}"


def running(command: str) -> list[int]:
    """The processes that execute a command, the dead left out."""
    wanted = command.replace(" ", "\0").encode() + b"\0"
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cmdline").read_bytes() == wanted:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


async def started(command: str) -> int:
    """Waits until a command runs; its process."""
    return (await eventually(lambda: running(command), f"{command} runs"))[0]


def dead_children() -> list[int]:
    """The children of this process that are over and not reaped."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [int(pid) for pid in children if ") Z " in Path("/proc", pid, "stat").read_text()]


@pytest.mark.parametrize("script", DETACHED.values(), ids=DETACHED)
async def test_what_detached_ends_with_its_step(tmp_path: Path, script: str) -> None:
    command = sleeper()
    output = CollectedOutput()
    wait = f"while ! pgrep -fx '{command}' >/dev/null; do sleep 0.01; done"
    assert await ShellRunner().run(order(tmp_path, f"{script.format(command)}\n{wait}\necho done"), output) == 0
    assert running(command) == []
    assert output.data["stdout"] == b"done\n"
    assert re.fullmatch(rb"[12] process(es)? that the script left running ended with the step\n", output.data["stderr"])
    await eventually(lambda: dead_children() == [], "all are reaped")


@pytest.mark.parametrize("script", DETACHED.values(), ids=DETACHED)
async def test_what_detached_ends_when_its_step_is_cancelled(tmp_path: Path, script: str) -> None:
    command = sleeper()
    task = asyncio.create_task(
        ShellRunner().run(order(tmp_path, f"{script.format(command)}\nsleep 300"), CollectedOutput())
    )
    await started(command)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert running(command) == []
    await eventually(lambda: dead_children() == [], "all are reaped")


@pytest.mark.parametrize("script", DETACHED.values(), ids=DETACHED)
async def test_other_steps_keep_theirs(tmp_path: Path, script: str) -> None:
    mine, theirs = sleeper(), sleeper()
    gate = tmp_path / "gate"
    waiting = order(tmp_path, f"{script.format(theirs)}\nwhile [ ! -e {gate} ]; do sleep 0.01; done", "other")
    other = asyncio.create_task(ShellRunner().run(waiting, CollectedOutput()))
    kept = await started(theirs)
    assert await ShellRunner().run(order(tmp_path, script.format(mine), "mine"), CollectedOutput()) == 0
    assert running(mine) == []
    assert running(theirs) == [kept]
    gate.touch()
    assert await other == 0
    assert running(theirs) == []


async def test_processes_that_are_no_step_s_are_left_alone(tmp_path: Path) -> None:
    command = sleeper()
    gate = tmp_path / "gate"
    waiting = order(tmp_path, f"while [ ! -e {gate} ]; do sleep 0.01; done", "other")
    other = asyncio.create_task(ShellRunner().run(waiting, CollectedOutput()))
    await asyncio.sleep(0)  # it runs now, so that orphans are adopted
    process = await asyncio.create_subprocess_shell(f"{command} >/dev/null & exit", start_new_session=True)
    assert await process.wait() == 0
    stranger = await started(command)
    assert await ShellRunner().run(order(tmp_path, "setsid sleep 300 &"), CollectedOutput()) == 0
    assert running(command) == [stranger]
    gate.touch()
    assert await other == 0
    assert running(command) == [stranger]
    os.kill(stranger, 9)
    os.waitpid(stranger, 0)


async def test_orphans_are_not_adopted_when_no_step_runs(tmp_path: Path) -> None:
    assert await ShellRunner().run(order(tmp_path, "true"), CollectedOutput()) == 0
    command = sleeper()
    process = await asyncio.create_subprocess_shell(f"{command} >/dev/null & exit")
    assert await process.wait() == 0
    stranger = await started(command)
    os.kill(stranger, 9)
    with pytest.raises(ChildProcessError):
        os.waitpid(stranger, 0)


async def test_daemons_that_end_by_themselves_are_reaped_and_not_told(tmp_path: Path) -> None:
    output = CollectedOutput()
    assert await ShellRunner().run(order(tmp_path, "for n in 1 2 3; do setsid true & done; wait"), output) == 0
    assert output.data["stderr"] == b""
    await eventually(lambda: dead_children() == [], "all are reaped")


async def test_those_that_begin_others_all_the_time_are_ended_with_all_of_them(tmp_path: Path) -> None:
    command = sleeper()
    breed = f"while :; do (setsid {command} & sleep 0.001); done"
    task = asyncio.create_task(
        ShellRunner().run(order(tmp_path, f"{breed} & setsid sh -c '{breed}'"), CollectedOutput())
    )
    await eventually(lambda: len(running(command)) >= 30, "30 processes run")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert running(command) == []
