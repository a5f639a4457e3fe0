"""Runners whose system may be away: what the worker offers meanwhile, and what it tells the server."""

import asyncio
import uuid
from collections.abc import Callable
from typing import Any, ClassVar

import attrs
import pytest
from aiohttp import web

from stroem.definitions.backoff import Backoff
from stroem.interfaces.runner import OutputWriter, RunnerFailed, RunnerLost, StepMark, StepOrder
from stroem.registry.registry import load_plugins
from stroem.worker.steps import leftovers, runners
from stroem.worker.steps.leftovers import installation_of
from tests.support.wait import eventually
from tests.worker.scripted_server import TOKEN


class Ferry:
    """A runner with a system that a test takes away and brings back."""

    name: ClassVar[str] = "ferry"
    ability: ClassVar[str] = "docker"
    Options: ClassVar[type | None] = None

    away: ClassVar[Exception | None] = None
    opened: ClassVar[int] = 0
    closed: ClassVar[int] = 0
    marks: ClassVar[list[StepMark | None]] = []
    sunk: ClassVar[Exception | None] = None

    async def open(self) -> None:
        type(self).opened += 1
        if self.away is not None:
            raise self.away

    async def close(self) -> None:
        type(self).closed += 1

    async def run(self, order: StepOrder, output: OutputWriter) -> int:
        self.marks.append(order.mark)
        await output.note("aboard")
        if self.sunk is not None:
            raise self.sunk
        return 0


class Stuck(Ferry):
    """One whose system accepts connections and never answers."""

    name: ClassVar[str] = "stuck"
    ability: ClassVar[str] = "kubernetes"

    async def open(self) -> None:
        await asyncio.Event().wait()


class Harbour(Ferry):
    """One in whose system there are things of other workers."""

    left: ClassVar[list[StepMark]] = []
    asked: ClassVar[list[str]] = []
    broken: ClassVar[Exception | None] = None

    async def leftovers(self, installation: str) -> list[StepMark]:
        self.asked.append(installation)
        if self.broken is not None:
            raise self.broken
        return [mark for mark in self.left if mark.installation == installation]

    async def remove(self, mark: StepMark) -> None:
        self.left.remove(mark)


@pytest.fixture(autouse=True)
def _quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "LOOK_SECS", 0.02)
    monkeypatch.setattr(runners, "OPEN_SECS", 0.2)


@pytest.fixture
def ferry(site: Any, monkeypatch: pytest.MonkeyPatch) -> type[Ferry]:
    """The runner, of which the registry knows."""
    fresh = type("Fresh", (Ferry,), {})
    loaded = {name: one for name, one in site.registry.runners.items() if one.ability == "script"}
    site.registry = load_plugins()
    monkeypatch.setitem(site.registry.__dict__, "runners", {**loaded, "ferry": fresh, "stuck": Stuck})
    return fresh


def told(server: Any, **said: object) -> Callable[[], bool]:
    """Whether the last heartbeat says this."""
    return lambda: {key: server.heartbeat.get(key) for key in said} == said


async def test_a_runner_that_is_away_at_the_start_is_offered_once_it_answers(
    site: Any, server: Any, ferry: type[Ferry], caplog: pytest.LogCaptureFixture
) -> None:
    ferry.away = RunnerFailed("No ferry\ntoday.")
    async with site.worker(capabilities=("script", "docker")):
        await server.until(lambda: server.requests)
        assert server.registrations[0]["capabilities"] == ["script"]
        assert server.registrations[0]["missing"] == {"docker": "No ferry today."}
        assert server.requests[-1]["capabilities"] == ["script"]
        ferry.away = None
        await server.until(told(server, capabilities=["script", "docker"], missing=None))
        server.release()
        await server.until(lambda: server.requests[-1]["capabilities"] == ["script", "docker"])
        outcome = await server.outcome(key := server.offer(runner="ferry"))
    assert outcome["exit_code"] == 0
    assert server.lines(key) == ["aboard"]
    assert "steps in ferry are not offered, and it is tried again: No ferry today." in caplog.text
    assert caplog.text.count("are not offered") == 1
    assert ferry.closed == 1


@pytest.mark.parametrize(
    ("error", "kind"), [(RunnerFailed("No ticket."), "setup"), (RunnerLost("Sunk."), "worker_lost")]
)
async def test_a_step_is_told_apart_that_was_not_begun_from_one_that_was_lost(
    site: Any, server: Any, ferry: type[Ferry], error: Exception, kind: str
) -> None:
    ferry.sunk = error
    async with site.worker(capabilities=("docker",)):
        outcome = await server.outcome(server.offer(runner="ferry"))
    assert (outcome["exit_code"], outcome["error"], outcome["error_kind"]) == (-1, str(error), kind)


async def test_a_runner_that_goes_away_is_offered_no_more(site: Any, server: Any, ferry: type[Ferry]) -> None:
    async with site.worker(capabilities=("docker", "script")):
        await server.until(lambda: server.requests)
        assert server.registrations[0]["capabilities"] == ["docker", "script"]
        assert "missing" not in server.registrations[0]
        ferry.away = RunnerFailed("Low tide.")
        await server.until(told(server, capabilities=["script"], missing={"docker": "Low tide."}))
        ferry.away = RunnerFailed("No fuel.")
        await server.until(told(server, capabilities=["script"], missing={"docker": "No fuel."}))
        server.release()
        await server.until(lambda: server.requests[-1]["capabilities"] == ["script"])
        assert (await server.outcome(server.offer("true")))["exit_code"] == 0


async def test_a_worker_without_any_runner_registers_and_asks_for_no_steps(
    site: Any, server: Any, ferry: type[Ferry]
) -> None:
    ferry.away = RunnerFailed("Storm.")
    async with site.worker(capabilities=("docker",)):
        await server.until(lambda: server.requests)
        assert server.registrations[0]["capabilities"] == []
        assert server.registrations[0]["missing"] == {"docker": "Storm."}
        assert server.requests[-1]["max_steps"] == 0
        ferry.away = None
        await server.until(told(server, capabilities=["docker"]))
        server.release()
        await server.until(lambda: server.requests[-1]["max_steps"] == 4)


async def test_a_runner_that_stands_in_for_another_gets_its_steps_while_its_system_is_there(
    site: Any, server: Any, ferry: type[Ferry], monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = type("Bridge", (Ferry,), {"name": "bridge", "ability": "kubernetes", "stands_in_for": ("docker",)})
    own = type("Own", (Ferry,), {"name": "docker"})
    local = site.registry.runners["local"]
    for runner in (bridge, own):
        runner.marks = []
    monkeypatch.setitem(site.registry.__dict__, "runners", {"local": local, "docker": own, "bridge": bridge})
    async with site.worker(capabilities=("docker", "kubernetes")):
        await server.outcome(server.offer(runner="docker"))
        assert (len(bridge.marks), len(own.marks)) == (1, 0)
        bridge.away = RunnerFailed("Closed.")
        await server.until(told(server, capabilities=["docker"], missing={"kubernetes": "Closed."}))
        await server.outcome(server.offer(runner="docker"))
        assert (len(bridge.marks), len(own.marks)) == (1, 1)
    bridge.away = None
    async with site.worker(capabilities=("kubernetes",)):
        await server.until(lambda: server.registrations[-1]["capabilities"] == ["kubernetes", "docker"])


@pytest.mark.parametrize("error", [ValueError("a bug"), OSError(2, "no socket")])
async def test_a_runner_that_fails_to_open_stops_no_other(
    site: Any, server: Any, ferry: type[Ferry], error: Exception
) -> None:
    ferry.away = error
    async with site.worker(capabilities=("script", "docker", "kubernetes")):
        assert (await server.outcome(server.offer("true")))["exit_code"] == 0
        assert server.registrations[0]["capabilities"] == ["script"]
        missing = server.registrations[0]["missing"]
        assert missing == {"docker": repr(error), "kubernetes": "no answer within 0.2 s"}
        ferry.away = None
        await server.until(told(server, capabilities=["script", "docker"]))


async def test_what_is_offered_is_told_again_until_the_server_has_heard_it(
    site: Any, server: Any, ferry: type[Ferry]
) -> None:
    server.lease_secs = 0.15
    async with site.worker(capabilities=("script", "docker")):
        await server.until(lambda: server.requests)
        refused: list[dict[str, Any]] = []

        def refuse(path: str, body: dict[str, Any]) -> Any:
            if path != "heartbeat" or "capabilities" not in body or len(refused) == 2:
                return None
            refused.append(body)
            return web.json_response({"error": "bad gateway"}, status=502)

        server.refuse = refuse
        ferry.away = RunnerFailed("Low tide.")
        await server.until(told(server, capabilities=["script"]))
        assert len(refused) == 2
        await server.until(lambda: "capabilities" not in server.heartbeat)
        looks = ferry.opened
        await eventually(lambda: ferry.opened > looks + 2, "further looks")
        assert "capabilities" not in server.heartbeat


def harbour(site: Any, monkeypatch: pytest.MonkeyPatch) -> type[Harbour]:
    """The runner with leftovers, and short pauses between looks."""
    fresh = type("Port", (Harbour,), {"left": [], "asked": [], "marks": []})
    monkeypatch.setitem(site.registry.__dict__, "runners", {**site.registry.runners, "ferry": fresh})
    monkeypatch.setattr(leftovers, "PAUSES", Backoff(first_secs=0.02, longest_secs=0.02))
    return fresh


async def test_what_nobody_runs_is_removed_from_the_systems_of_runners(
    site: Any, server: Any, ferry: type[Ferry], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = harbour(site, monkeypatch)
    own = installation_of(TOKEN)
    marks = [StepMark(installation=own, job_id=uuid.uuid4(), step_id=number, attempt=1) for number in (1, 2, 3)]
    stranger = attrs.evolve(marks[0], installation="another")
    port.left.extend([*marks, stranger])
    server.running_ids = {2, 3}
    async with site.worker(capabilities=("docker",)):
        await eventually(lambda: port.left == [*marks[1:], stranger], "the first is removed")
        server.running_ids = {3}
        await eventually(lambda: port.left == [marks[2], stranger], "the second is removed")
        key = server.offer(runner="ferry", step_id=7)
        await server.outcome(key)
    assert set(port.asked) == {own}
    assert port.marks == [StepMark(installation=own, job_id=uuid.UUID(key[0]), step_id=7, attempt=1)]


@pytest.mark.parametrize("error", [RunnerFailed("no answer"), ValueError("a bug")])
async def test_leftovers_stay_while_it_is_not_known_who_runs_them(
    site: Any, server: Any, ferry: type[Ferry], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    port = harbour(site, monkeypatch)
    mark = StepMark(installation=installation_of(TOKEN), job_id=uuid.uuid4(), step_id=1, attempt=1)
    port.left.append(mark)
    asked: list[Any] = []

    def refuse(path: str, body: dict[str, Any]) -> Any:
        if path != "running":
            return None
        asked.append(body)
        return web.json_response({"error": "no such page"}, status=404)

    server.refuse = refuse
    async with site.worker(capabilities=("docker",)):
        await eventually(lambda: len(asked) > 2, "it asks again")
        assert port.left == [mark]
        port.broken = error
        looks = len(port.asked)
        await eventually(lambda: len(port.asked) > looks + 2, "it looks again")
        port.broken, server.refuse = None, lambda path, body: None
        await eventually(lambda: port.left == [], "it is removed")
