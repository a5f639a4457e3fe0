"""Triggers hear each end of a job once: of their tasks, in order, across servers and crashes."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import attrs
import pytest

from stroem.interfaces.triggers.job_trigger import EndedJob, Heard
from stroem.interfaces.triggers.trigger_type import Fire
from stroem.orchestrator.triggers.fire_request import FireRequest
from stroem.orchestrator.triggers.outcome_loop import MOST_DEPTH
from stroem.store.database import Database
from stroem_job_outcome.outcome import Outcome
from stroem_job_outcome.trigger_type import JobOutcomeTrigger
from tests.orchestrator.triggers.outcome_site import TASKS, OutcomeSite
from tests.support.triggers import trigger_of
from tests.support.wait import eventually


@pytest.fixture
def site(database: Database, tmp_path: Path) -> OutcomeSite:
    return OutcomeSite(database=database, folder=tmp_path)


def on(task: str | tuple[str, ...] = (), starts: str = "page", **keys: Any) -> Any:
    """A trigger that hears a task. `keys` are further ones of `on`."""
    return trigger_of("job_outcome", task=starts, on=Outcome(task=task, **keys))


async def test_the_end_of_a_job_starts_another(site: OutcomeSite) -> None:
    await site.release(tell=on("extract"))
    ended = await site.run("extract", output={"rows": 3})
    assert await site.jobs("page") == []
    await site.hear()
    (job,) = await site.jobs("page")
    about = job["context"]["trigger"]
    assert (job["source_id"], about["job"]["id"], about["depth"]) == ("default/tell", str(ended), 1)
    assert about["job"]["output"] == {"one": {"rows": 3}}
    await site.hear()
    assert len(await site.jobs("page")) == 1
    assert await site.pending() == 0


async def test_only_heard_tasks_cost_a_row(site: OutcomeSite) -> None:
    await site.release(tell=on("extract"), off=attrs.evolve(on("load"), enabled=False))
    await site.run("load")
    assert await site.pending() == 0
    await site.run("extract")
    assert await site.pending() == 1


async def test_the_loop_is_woken_by_ends_that_are_heard(site: OutcomeSite) -> None:
    await site.release(tell=on("extract"))
    loop = site.services.triggers.outcome_loop
    await loop.pause_secs()
    loop.woken.clear()
    await site.run("load")
    assert not loop.woken.is_set()
    await site.run("extract")
    assert loop.woken.is_set()


async def test_failures_in_a_row(site: OutcomeSite) -> None:
    await site.release(tell=on("extract", status="failed", for_="2 in a row"))
    for fails in (True, False, True, True, True):
        await site.run("extract", fails=fails)
    await site.hear()
    (job,) = await site.jobs("page")
    assert job["context"]["trigger"]["job"]["error"].startswith("one: ")
    assert (await site.row("tell")).memory != {"rows": {}}
    await site.run("extract", fails=True)
    await site.hear()
    assert len(await site.jobs("page")) == 2


async def test_a_join_over_two_workspaces(site: OutcomeSite) -> None:
    await site.release(both=on(all_of=("extract", "shared"), starts="page"))
    await site.release("data")
    await site.run("extract")
    await site.run("shared", workspace="data")
    await site.hear()
    assert await site.jobs("page") == []
    await site.run("shared")
    await site.hear()
    assert len(await site.jobs("page")) == 1


async def test_an_outcome_of_another_workspace_needs_its_consent(site: OutcomeSite) -> None:
    """Else any workspace could read the outputs of all others."""
    await site.release(one=on("shared", workspace="data"), two=on("extract", workspace="data"))
    await site.release("data")
    await site.run("shared", workspace="data")
    await site.run("extract", workspace="data")
    await site.hear()
    assert [job["source_id"] for job in await site.jobs("page")] == ["default/one"]
    problem = (await site.row("two")).problem
    assert problem is not None
    assert "`callable_from` of the task must list that" in problem
    assert await site.pending() == 0


async def test_an_attempt_that_another_follows_does_not_count(site: OutcomeSite) -> None:
    await site.release(tell=on("retried", status=("failed", "completed")))
    await site.run("retried", fails=True)
    assert await site.pending() == 0
    await site.execute("UPDATE jobs SET starts_at = now() WHERE starts_at IS NOT NULL")
    await site.services.job_loop.run_once()
    await site.end(fails=True)
    await site.hear()
    (job,) = await site.jobs("page")
    assert job["context"]["trigger"]["job"]["source_type"] == "retry"


async def test_hooks_do_not_count(site: OutcomeSite) -> None:
    await site.release(tell=on("load"))
    await site.run("hooked")
    await site.end()
    assert [job["status"] for job in await site.jobs("load")] == ["completed"]
    assert await site.pending() == 0


@pytest.mark.parametrize("children", [False, True])
async def test_children_count_if_asked_for(site: OutcomeSite, children: bool) -> None:
    await site.release(tell=on("load", children=children))
    await site.run("parent")
    assert await site.pending() == int(children)


async def test_a_paused_trigger_hears_nothing(site: OutcomeSite) -> None:
    await site.release(tell=on("extract"))
    await site.execute("UPDATE triggers SET paused = true")
    await site.run("extract")
    await site.hear()
    await site.execute("UPDATE triggers SET paused = false")
    await site.hear()
    assert await site.jobs("page") == []
    assert await site.pending() == 0


async def test_outcomes_of_a_removed_trigger_are_dropped(site: OutcomeSite) -> None:
    await site.release(tell=on("extract"))
    await site.run("extract")
    await site.release()
    await site.hear()
    await site.services.triggers.outcome_loop.pause_secs()
    assert await site.pending() == 0
    await site.run("extract")
    assert await site.pending() == 0


async def test_outcomes_that_no_server_can_let_a_trigger_hear_are_dropped_after_a_day(site: OutcomeSite) -> None:
    await site.release(tell=on("extract"))
    await site.run("extract")
    await site.services.triggers.outcome_loop.pause_secs()
    assert await site.pending() == 1
    await site.execute("UPDATE job_outcomes SET at = now() - interval '25 hours'")
    await site.services.triggers.outcome_loop.pause_secs()
    assert await site.pending() == 0


async def test_a_type_that_fails_to_say_what_it_hears_stops_no_other(
    site: OutcomeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = JobOutcomeTrigger.tasks_heard

    def fail(self: JobOutcomeTrigger, workspace: str) -> Any:
        if self.on.children:
            raise KeyError("a fault of the type")
        return heard(self, workspace)

    monkeypatch.setattr(JobOutcomeTrigger, "tasks_heard", fail)
    await site.release(bad=on("extract", children=True), tell=on("extract"))
    await site.run("extract")
    await site.hear()
    assert [job["source_id"] for job in await site.jobs("page")] == ["default/tell"]


async def test_a_changed_trigger_hears_its_new_tasks(site: OutcomeSite) -> None:
    await site.release(tell=on("extract"))
    await site.release(tell=on("load", children=True))
    await site.run("extract")
    await site.run("load")
    await site.hear()
    (job,) = await site.jobs("page")
    assert job["context"]["trigger"]["job"]["task"] == "load"


async def test_many_servers_hear_each_end_once_and_in_order(site: OutcomeSite) -> None:
    names = [f"t{number}" for number in range(20)]
    await site.release(**dict.fromkeys(names, on("extract", for_="2 in a row")))
    for _ in range(6):
        await site.run("extract")
    servers = [site.services, site.server(), site.server()]
    await asyncio.gather(*(site.hear(server) for server in servers))
    await site.hear()
    sources = [job["source_id"] for job in await site.jobs("page")]
    assert sorted(sources) == sorted(f"default/{name}" for name in names for _ in range(3))
    assert await site.pending() == 0


async def test_a_crash_before_the_commit_loses_nothing(site: OutcomeSite, monkeypatch: pytest.MonkeyPatch) -> None:
    await site.release(tell=on("extract", for_="2 in a row"))
    await site.run("extract")
    await site.run("extract")
    loop = site.services.triggers.outcome_loop
    with monkeypatch.context() as patch:
        patch.setattr("stroem.store.triggers.outcomes.drop", _die)
        with pytest.raises(asyncio.CancelledError):
            await loop.run_once()
    assert await site.jobs("page") == []
    await site.hear(site.server())
    assert len(await site.jobs("page")) == 1


async def _die(*_: Any) -> None:
    raise asyncio.CancelledError


async def test_a_bad_outcome_does_not_stop_its_neighbours(site: OutcomeSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one whose type fails, nor one whose fire cannot be stored."""
    await site.release(good=on("extract"), bad=on("extract"), worse=on("extract"))
    ended = [await site.run("extract") for _ in range(3)]
    monkeypatch.setattr(JobOutcomeTrigger, "hear", _bad_hear(JobOutcomeTrigger.hear, ended[1]))
    bad, worse = (site.services.triggers.live.get("default", name) for name in ("bad", "worse"))
    assert bad is not None
    assert worse is not None
    object.__setattr__(bad.options.on, "within", -1)  # type: ignore[attr-defined]
    object.__setattr__(worse.options.on, "within", -2)  # type: ignore[attr-defined]
    await site.hear()
    sources = [job["source_id"] for job in await site.jobs("page")]
    assert sorted(sources) == ["default/bad"] * 2 + ["default/good"] * 3 + ["default/worse"] * 2
    assert [verdict for verdict, _ in await site.fires("bad")].count("failed") == 1
    assert [verdict for verdict, _ in await site.fires("worse")].count("failed") == 1
    assert await site.pending() == 0


def _bad_hear(hear: Any, bad: uuid.UUID) -> Any:
    def heard(self: JobOutcomeTrigger, ended: EndedJob, memory: Any, workspace: str) -> Heard:
        found: Heard = hear(self, ended, memory, workspace)
        if ended.id == bad and self.on.within == -1:
            raise KeyError("a fault of the type")
        if ended.id == bad and self.on.within == -2:
            context = {"trigger": {"text": {"a value that cannot be stored"}}}
            return attrs.evolve(found, fire=Fire(key=str(bad), context=context))  # type: ignore[dict-item]
        return found

    return heard


async def test_a_chain_is_cut(site: OutcomeSite) -> None:
    """Two workspaces whose tasks start each other: validation sees only one of them."""
    tasks = {**TASKS, "ping": attrs.evolve(TASKS["page"], callable_from=("*",))}
    await site.release(pong=on("ping", workspace="other", starts="ping"), tasks=tasks)
    await site.release("other", pong=on("ping", workspace="default", starts="ping"), tasks=tasks)
    await site.run("ping")
    for _ in range(2 * MOST_DEPTH):
        await site.hear()
        await site.end()
    depths = [(job["context"] or {"trigger": {"depth": 0}})["trigger"]["depth"] for job in await site.jobs("ping")]
    assert depths == list(range(MOST_DEPTH + 1))
    (event,) = await site.events("trigger_cut")
    assert "10 jobs before it have followed" in event
    assert await site.pending() == 0


async def test_the_source_is_polled_first_if_asked_for(site: OutcomeSite) -> None:
    """A source that is away keeps nothing from firing, nor do others wait for it."""
    fresh = attrs.evolve(on("extract"), force_refresh=True)
    await site.release(fresh=fresh, other=on("extract"))
    await site.run("extract")
    await site.hear()
    assert [job["source_id"] for job in await site.jobs("page")] == ["default/other"]
    await eventually(lambda: site.services.triggers.outcome_loop.woken.is_set())
    await site.hear()
    assert [job["source_id"] for job in await site.jobs("page")] == ["default/other", "default/fresh"]
    assert site.refreshed == ["default"]


async def test_a_fire_by_hand_needs_no_job_for_the_inputs_that_it_gives(site: OutcomeSite) -> None:
    await site.release(tell=attrs.evolve(on("extract"), input={"text": "{{ trigger.job.id }}"}))
    firer = site.services.triggers.firer
    for given, verdict in (({}, "failed"), ({"text": "by hand"}, "started")):
        request = FireRequest(workspace="default", trigger="tell", fire=Fire(key=verdict), actor="ada", given=given)
        (fired,) = await firer.fire([request])
        assert fired.verdict == verdict


async def test_a_retry_keeps_the_depth(site: OutcomeSite) -> None:
    await site.release(one=on("extract", starts="retried"), two=on("retried"))
    await site.run("extract")
    await site.hear()
    await site.end(fails=True)
    await site.execute("UPDATE jobs SET starts_at = now() WHERE starts_at IS NOT NULL")
    await site.services.job_loop.run_once()
    await site.end()
    await site.hear()
    (job,) = await site.jobs("page")
    assert job["context"]["trigger"]["depth"] == 2


async def test_large_outputs_are_left_out(site: OutcomeSite) -> None:
    await site.release(tell=on("extract"))
    await site.run("extract", output={"text": "x" * 300_000})
    await site.hear()
    (job,) = await site.jobs("page")
    assert job["context"]["trigger"]["job"]["output"] is None


async def test_the_loop_runs_in_a_server(site: OutcomeSite) -> None:
    await site.release(tell=on("extract"))
    async with asyncio.TaskGroup() as group:
        tasks = site.services.triggers.start(group)
        await site.run("extract")
        assert await eventually(lambda: site.jobs("page"))
        for task in tasks:
            task.cancel()
