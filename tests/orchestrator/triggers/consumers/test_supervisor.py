"""Consumers: one job while the trigger is live, whatever happens."""

import asyncio

import pytest

from stroem.definitions.action import Action
from stroem.definitions.field import InputField
from stroem.definitions.task import Step, Task
from stroem.orchestrator.triggers.consumers.orphans import ConsumerOrphans
from stroem.orchestrator.triggers.consumers.restarts import REMOVED
from stroem.orchestrator.triggers.live_triggers import WorkspaceTriggers
from stroem.store.statement import execute
from tests.orchestrator.triggers.consumers.consumer_site import ConsumerSite, event, source


async def test_a_live_trigger_has_one_consumer_whichever_server_looks(site: ConsumerSite) -> None:
    await site.release(s=source())
    servers = [site.server() for _ in range(3)]
    await asyncio.gather(*(site.supervise(one) for one in servers))
    (job,) = await site.jobs()
    assert (job["task"], job["source_type"], job["source_id"]) == ("t", "event_source", "default/s")
    row = await site.consumer()
    assert (row.state, row.job_id, row.starts) == ("running", job["id"], 1)


async def test_the_claim_of_its_step_names_the_trigger_and_its_variables(site: ConsumerSite) -> None:
    options = {"env": {"TOKEN": "{{ secret.k }}", "PLAIN": "x"}, "max_in_flight": 3, "backoff_secs": 7}
    await site.release(s=source(**options))
    await site.supervise()
    (claim,) = await site.claim()
    config = claim.event_source_config
    assert config is not None
    assert (config.source_id, config.target_task, config.batch_events) == ("default/s", "other", 100)
    assert (config.max_in_flight, config.backoff_secs, config.consecutive_failures) == (3, 7, 0)
    assert config.env == {"TOKEN": "a-secret-value", "PLAIN": "x"}
    assert claim.action_spec["env"].items() >= config.env.items()  # type: ignore[union-attr]
    job = await site.job(claim.job_id)
    assert "a-secret-value" not in str(job)


async def test_a_restarted_consumer_is_told_the_last_event(site: ConsumerSite) -> None:
    await site.release(s=source())
    await site.supervise()
    (claim,) = await site.claim()
    await site.take(event(0, "a"), event(1, "b"), event(2))
    await site.end(claim)
    await site.supervise()
    await site.due_now()
    await site.supervise()
    again = next(one for one in await site.claim() if one.event_source_config is not None)
    assert again.action_spec["env"] == {**(claim.action_spec.get("env") or {}), "STROEM_LAST_EVENT_ID": "b"}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("policy", "exit_code", "state"),
    [
        ("always", 0, "waiting"),
        ("always", 1, "waiting"),
        ("on_failure", 0, "ended"),
        ("on_failure", 1, "waiting"),
        ("never", 0, "ended"),
        ("never", 1, "ended"),
    ],
)
async def test_the_policy_says_what_follows_an_end(site: ConsumerSite, policy: str, exit_code: int, state: str) -> None:
    await site.release(s=source(restart_policy=policy, backoff_secs=60))
    await site.supervise()
    (claim,) = await site.claim()
    await site.end(claim, exit_code)
    await site.supervise()
    row = await site.consumer()
    assert (row.state, row.job_id, row.last_job) == (state, None, claim.job_id)
    assert row.failures == exit_code
    assert row.ended_at is not None
    if state == "waiting":
        pause = (row.starts_at - row.ended_at).total_seconds()
        assert pause == pytest.approx(60 if exit_code else 1, abs=0.5)


async def test_the_loss_of_a_worker_is_no_failure_of_its_consumer(site: ConsumerSite) -> None:
    await site.release(s=source(backoff_secs=60))
    for failures, failed in ((0, False), (0, False), (1, True), (1, False)):
        await site.supervise()
        (claim,) = await site.claim()
        if failed:
            await site.end(claim, 1)
        else:
            await site.end(claim, -1, error="The worker was shut down", error_kind="worker_lost")
        await site.supervise()
        row = await site.consumer()
        assert row.ended_at is not None
        assert row.failures == failures
        assert (row.starts_at - row.ended_at).total_seconds() == pytest.approx(60 if failed else 1, abs=0.5)
        await site.due_now()


async def test_failures_in_a_row_are_kept_by_the_row(site: ConsumerSite) -> None:
    await site.release(s=source(backoff_secs=1))
    for failures in range(1, 4):
        other = site.server()
        await site.supervise(other)
        (claim,) = await site.claim()
        assert claim.event_source_config is not None
        assert claim.event_source_config.consecutive_failures == failures - 1
        await site.end(claim, 1)
        await site.supervise(other)
        row = await site.consumer()
        assert row.failures == failures
        assert row.ended_at is not None
        assert (row.starts_at - row.ended_at).total_seconds() == pytest.approx(2 ** (failures - 1), abs=0.5)
        await site.due_now()


async def test_a_cancelled_consumer_stays_stopped_until_it_is_resumed(site: ConsumerSite) -> None:
    await site.release(s=source())
    await site.supervise()
    (job,) = await site.live_jobs("t")
    await site.services.canceller.cancel(job)
    await site.supervise()
    assert (await site.consumer()).state == "stopped"
    await site.release(s=source(backoff_secs=9))
    await site.supervise()
    assert (await site.consumer()).state == "stopped"
    assert await site.services.triggers.consumers.supervisor.resume("default", "s")
    assert not await site.services.triggers.consumers.supervisor.resume("default", "s")
    await site.supervise()
    assert (await site.consumer()).state == "running"


async def test_a_consumer_past_the_timeout_of_its_job_starts_again(site: ConsumerSite) -> None:
    await site.release(s=source())
    await site.supervise()
    (job,) = await site.live_jobs("t")
    await site.services.canceller.cancel(job, "Job timed out")
    await site.supervise()
    row = await site.consumer()
    assert (row.state, row.failures) == ("waiting", 1)


async def test_a_paused_trigger_ends_its_consumer_and_a_resumed_one_starts_another(site: ConsumerSite) -> None:
    await site.release(s=source())
    await site.supervise()
    await site.pause()
    await site.supervise()
    await site.supervise()
    assert await site.live_jobs("t") == []
    assert (await site.consumer()).state == "waiting"
    await site.pause(paused=False)
    await site.supervise()
    assert len(await site.live_jobs("t")) == 1


async def test_a_changed_definition_replaces_the_consumer_and_leaves_its_jobs_alone(site: ConsumerSite) -> None:
    await site.release(s=source())
    await site.supervise()
    (first,) = await site.live_jobs("t")
    await site.take(event(0, "a"))
    events = await site.live_jobs("other")
    await site.release(s=source(env={"A": "b"}))
    await site.supervise()
    await site.supervise()
    (second,) = await site.live_jobs("t")
    assert second != first
    assert await site.live_jobs("other") == events != []
    await site.release(s=source(env={"A": "b"}), more=source())
    await site.supervise()
    assert second in await site.live_jobs("t")


async def test_a_changed_script_replaces_the_consumer(site: ConsumerSite) -> None:
    await site.release(s=source())
    await site.supervise()
    (first,) = await site.live_jobs("t")
    release = await site.make_current(s=source())
    definitions = site.current["default"].definitions
    definitions.actions["true"] = Action(type="script", script="another")
    site.current["default"] = WorkspaceTriggers(release=release, definitions=definitions)
    await site.services.triggers.sync.run_once()
    await site.supervise()
    await site.supervise()
    (second,) = await site.live_jobs("t")
    assert second != first


async def test_a_removed_trigger_ends_its_consumer(site: ConsumerSite) -> None:
    await site.release(s=source())
    await site.supervise()
    await site.release()
    await site.supervise()
    await site.supervise()
    assert await site.live_jobs("t") == []
    async with site.database.read() as connection:
        assert await execute(connection, "SELECT FROM consumers") == 0


async def test_an_end_that_a_dead_server_has_begun_is_finished_by_another(site: ConsumerSite) -> None:
    await site.release(s=source())
    await site.supervise()
    await site.pause()
    async with site.database.begin() as connection:  # the row is changed, the job not yet cancelled
        await execute(connection, "UPDATE consumers SET state = 'ending'")
    await site.supervise(site.server())
    assert await site.live_jobs("t") == []


async def test_one_consumer_that_cannot_start_does_not_stop_the_others(site: ConsumerSite) -> None:
    bad = Task(input={"n": InputField(type="integer", required=True)}, flow={"say": Step(action="true")})
    await site.make_current(good=source(), bad=source(task="needs"))
    definitions = site.current["default"].definitions
    definitions.tasks["needs"] = bad
    await site.services.triggers.sync.run_once()
    await site.supervise()
    assert (await site.consumer("good")).state == "running"
    row = await site.consumer("bad")
    assert (row.state, row.failures) == ("waiting", 1)
    problem = (await site.row("bad")).problem
    assert problem is not None
    assert problem.startswith("its consumer cannot start: The input is not valid: input.n")


async def test_the_consumer_of_a_removed_workspace_ends_once_it_is_missed_for_long(site: ConsumerSite) -> None:
    await site.release(s=source())
    await site.supervise()
    (job,) = await site.jobs()
    names = ["default"]
    patient, quick = (ConsumerOrphans(site.database, lambda: names, secs) for secs in (60, 0))
    assert await quick.find() == []
    names.clear()
    assert await patient.find() == []
    assert await quick.find() == [job["id"]]
    await site.services.canceller.cancel(job["id"], REMOVED)
    assert await quick.find() == []
    await site.supervise()
    assert (await site.consumer()).state == "waiting"
