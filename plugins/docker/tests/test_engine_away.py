"""An engine that ends, comes back or hangs while steps run."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import attrs
import pytest
from docker.errors import NotFound

from plugins.docker.tests.steps import Steps
from stroem.interfaces.runner import RunnerFailed, RunnerLost
from stroem.testing.collected_output import CollectedOutput
from stroem_docker import engine as engine_module
from stroem_docker import step_container
from tests.support.docker_engine import DockerEngine, docker_engine
from tests.support.wait import eventually

pytestmark = [
    pytest.mark.usefixtures("lost_sockets"),
    pytest.mark.filterwarnings("ignore:Exception ignored in.*socket:pytest.PytestUnraisableExceptionWarning"),
]

WAITS = "while [ ! -e /workspace/go ]; do sleep 0.05; done; echo went on"


@pytest.mark.slow("starts and stops whole programs")
async def test_a_killed_engine_that_comes_back_fails_its_steps(own_engine: DockerEngine, tmp_path: Path) -> None:
    async with Steps(own_engine.address, tmp_path) as steps:
        running, _ = await steps.begin(WAITS)
        await asyncio.to_thread(own_engine.stop, signal.SIGKILL)
        await asyncio.to_thread(own_engine.start)
        with pytest.raises(RunnerLost, match="The container engine went away while the step ran, and the container"):
            await running
        assert (await steps.run("echo again")).stdout == "again\n"
    assert own_engine.containers() == []


@pytest.mark.slow("starts and stops whole programs")
async def test_an_engine_that_keeps_its_containers_is_attached_to_again(tmp_path: Path) -> None:
    with docker_engine("--live-restore") as engine:
        async with Steps(engine.address, tmp_path) as steps:
            running, output = await steps.begin(WAITS)
            engine.stop()
            engine.start()
            while not output.notes:
                await asyncio.sleep(0.01)
            assert output.notes == ["The connection to the container was lost: what it printed meanwhile is missing."]
            (tmp_path / "steps" / "1" / "work" / "go").touch()
            await output.until("stdout", b"went on\n")
            assert await running == 0
        assert engine.containers() == []


@pytest.mark.slow("starts and stops whole programs")
async def test_a_step_that_prints_much_is_attached_to_again(tmp_path: Path) -> None:
    with docker_engine("--live-restore") as engine:
        async with Steps(engine.address, tmp_path) as steps:
            running, output = await steps.begin("yes; true")
            for _ in range(3):
                engine.stop()
                engine.start()
                count, known = len(output.notes), len(output.data["stdout"])
                await eventually(lambda count=count: len(output.notes) > count, "it is attached again")
                await eventually(lambda known=known: len(output.data["stdout"]) > known + 10_000_000, "it goes on")
            running.cancel()
            await asyncio.wait({running})
            assert set(bytes(output.data["stdout"]).removeprefix(b"ready\n")) == set(b"y\n")


@pytest.mark.slow("starts and stops whole programs")
async def test_an_engine_that_stays_away_fails_its_steps(
    own_engine: DockerEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_container, "AWAY_SECS", 0.3)
    async with Steps(own_engine.address, tmp_path) as steps:
        running, _ = await steps.begin(WAITS)
        own_engine.stop(signal.SIGKILL)
        with pytest.raises(RunnerLost, match=r"went away while the step ran, and was away for 0\.3 s: "):
            await running
        with pytest.raises(RunnerFailed, match="The container engine does not answer"):
            await steps.runner.open()
        told = f"The container engine at {own_engine.address} cannot be reached: "
        with pytest.raises(RunnerLost, match=told):  # of a step that was claimed just now
            await steps.run("true")
        own_engine.start()
        await steps.runner.open()


@pytest.mark.slow("starts and stops whole programs")
async def test_a_hanging_engine_keeps_no_step_from_being_cancelled(
    own_engine: DockerEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "ASK_SECS", 0.2)
    monkeypatch.setattr(step_container, "KILL_SECS", 0.2)
    async with Steps(own_engine.address, tmp_path) as steps:
        running, _ = await steps.begin(WAITS)
        own_engine.send(signal.SIGSTOP)
        running.cancel()
        async with asyncio.timeout(20):
            await asyncio.wait({running})
        assert running.cancelled()
        own_engine.send(signal.SIGCONT)


@pytest.mark.parametrize("after", [0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8])
async def test_a_step_that_is_cancelled_at_any_moment_leaves_nothing(steps: Steps, after: float) -> None:
    running = asyncio.create_task(steps.run("trap '' TERM; sleep 60"))
    await asyncio.wait({running}, timeout=after)
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()


async def test_an_engine_that_never_was_there_is_told(tmp_path: Path) -> None:
    steps = Steps(f"unix://{tmp_path}/no-socket", tmp_path)
    with pytest.raises(
        RunnerFailed,
        match=r"The container engine at unix:///.*/no-socket cannot be reached: No such file or directory$",
    ):
        await steps.runner.open()
    await steps.runner.close()


async def test_a_container_that_someone_removes_is_told(steps: Steps, engine: DockerEngine) -> None:
    running, _ = await steps.begin(WAITS)
    with engine.client() as client:
        client.remove_container(engine.containers()[0], force=True)
    with pytest.raises(RunnerLost, match="The container of the step was removed while it ran"):
        await running


_KILLED: dict[str, Any] = {"Running": False, "ExitCode": 137, "Status": "exited"}


@attrs.define
class ScriptedEngine:
    """Answers with one state after another, the last one again and again; with None, the container is gone."""

    states: list[dict[str, Any] | None]

    async def ask(self, _: object) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if state is None:
            raise NotFound("No such container")
        return {"State": state}


def scripted(*states: dict[str, Any] | None, memory: str | None = None) -> step_container.StepContainer:
    engine: Any = ScriptedEngine([*states])
    return step_container.StepContainer(name="x", engine=engine, output=CollectedOutput(), memory=memory)


@pytest.mark.parametrize("later", [None, {"Running": False, "ExitCode": 137, "Status": "removing"}])
async def test_a_kill_for_a_removal_is_told_as_such(later: dict[str, Any] | None) -> None:
    container = scripted(_KILLED, later)
    state = await container._state()
    with pytest.raises(RunnerLost, match="The container of the step was removed while it ran"):
        await container._exit_code(state or {})


@pytest.mark.parametrize(
    ("later", "memory", "words"),
    [
        (
            {**_KILLED, "OOMKilled": True},
            "24Mi",
            "was killed because the step needed more memory than its limit of 24Mi",
        ),
        (_KILLED, "24Mi", "does not say why: most often a process needed more memory than its limit of 24Mi"),
        (_KILLED, None, ""),
    ],
)
async def test_memory_of_which_the_engine_tells_late_or_never(
    later: dict[str, Any], memory: str | None, words: str
) -> None:
    container = scripted(_KILLED, _KILLED, later, memory=memory)
    assert await container._exit_code(await container._state() or {}) == 137
    output: Any = container.output
    text = output.data["stderr"].decode()
    assert words in text
    assert bool(words) == bool(text)
