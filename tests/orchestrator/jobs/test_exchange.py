"""Jobs from their start to their end, by hand."""

import asyncio
from pathlib import Path

import attrs

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.action import Action
from stroem.definitions.field import InputField
from stroem.definitions.task import Step, Task
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.services import Services, build_services
from stroem.protocol.claim import action_of
from stroem.store import statement
from tests.orchestrator.conftest import HandWorker, chain, done, job_of, printed, start, statuses, workspace
from tests.support.wait import eventually


async def test_steps_run_one_after_another_and_the_last_output_is_the_jobs(
    services: Services, worker: HandWorker
) -> None:
    job_id = await start(services, workspace(chain("a", "b")))
    taken = await worker.take()
    assert list(taken) == ["a"]
    answer = await worker.exchange(done(taken["a"], {"x": 1}))
    assert [offer.step_name for offer in answer.steps] == ["b"]
    await worker.exchange(done(answer.steps[0], {"y": 2}))
    job = await job_of(services, job_id)
    assert (job.status, job.output) == ("completed", {"b": {"y": 2}})
    assert job.started_at is not None
    assert job.completed_at is not None


async def test_outputs_flow_into_templates_with_their_types(services: Services, worker: HandWorker) -> None:
    echo = Action(type="script", script="echo {{ input.n }} {{ input.who }}", input={"n": InputField(type="integer")})
    task = Task(
        input={"who": InputField(required=True)},
        flow={
            "say-hello": Step(action="true"),
            "use": Step(action="echo", depends_on=("say-hello",), input={"n": "{{ say-hello.output.n }}"}),
        },
    )
    await start(services, workspace(task, echo=echo), who="Ada")
    first = (await worker.take())["say-hello"]
    (second,) = (await worker.exchange(done(first, {"n": 7}))).steps
    assert second.input == {"n": 7}
    assert action_of(second).script == "echo 7 Ada"


async def test_a_server_that_has_no_outputs_in_memory_reads_them(
    services: Services, worker: HandWorker, tmp_path: Path
) -> None:
    task = Task(
        flow={
            "first": Step(action="true"),
            "use": Step(action="true", depends_on=("first",), input={"n": "{{ first.output.n }}"}),
        },
    )
    await start(services, workspace(task))
    await worker.exchange(done((await worker.take())["first"], {"n": 7}), take=0)
    blobs = BlobStore((tmp_path / "blobs").as_uri())
    other = build_services(services.database, blobs, ServiceOptions(lease_secs=30))
    assert (await HandWorker(other, worker.id).take())["use"].input == {"n": 7}


async def test_a_failed_step_skips_what_depends_on_it_and_other_branches_go_on(
    services: Services, worker: HandWorker
) -> None:
    task = Task(
        flow={
            "bad": Step(action="true"),
            "after": Step(action="true", depends_on=("bad",)),
            "later": Step(action="true", depends_on=("after",)),
            "clean": Step(action="true", depends_on=("after",), continue_on_failure=True),
            "other": Step(action="true"),
            "more": Step(action="true", depends_on=("other",)),
        }
    )
    job_id = await start(services, workspace(task))
    taken = await worker.take()
    answer = await worker.exchange(done(taken["bad"], exit_code=3), done(taken["other"]))
    assert {offer.step_name for offer in answer.steps} == {"clean", "more"}
    await worker.exchange(*(done(offer) for offer in answer.steps))
    assert await statuses(services, job_id) == {
        "bad": "failed",
        "after": "skipped",
        "later": "skipped",
        "clean": "completed",
        "other": "completed",
        "more": "completed",
    }
    assert (await job_of(services, job_id)).status == "failed"


async def test_an_outcome_told_twice_counts_once(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(chain("a", "b")))
    first = (await worker.take())["a"]
    outcome, lines = done(first, {"x": 1}), [printed(first, 0, "one", "two")]
    await worker.exchange(outcome, lines=lines, take=0)
    await worker.exchange(outcome, lines=lines, take=0)
    job = await job_of(services, job_id)
    assert (job.open, job.log_lines) == (1, 2)


async def test_a_template_that_fails_fails_its_step(services: Services, worker: HandWorker) -> None:
    task = Task(flow={"a": Step(action="true"), "b": Step(action="bad", depends_on=("a",))})
    bad = Action(type="script", script="echo {{ a.output.missing }}")
    job_id = await start(services, workspace(task, bad=bad))
    answer = await worker.exchange(done((await worker.take())["a"], {"x": 1}))
    assert answer.steps == ()
    assert await statuses(services, job_id) == {"a": "completed", "b": "failed"}
    assert (await job_of(services, job_id)).status == "failed"


async def test_names_that_no_variable_can_have_fail_their_step_alone(services: Services, worker: HandWorker) -> None:
    task = Task(flow={"a": Step(action="true"), "b": Step(action="bad"), "c": Step(action="empty")})
    bad = Action(type="script", script="true", env={"A=B": "x"})
    empty = Action(type="script", script="true", env={"": "x"})
    job_id = await start(services, workspace(task, bad=bad, empty=empty))
    assert set(await worker.take()) == {"a"}
    assert await statuses(services, job_id) == {"a": "running", "b": "failed", "c": "failed"}


async def test_a_held_request_is_answered_when_a_step_is_ready(services: Services, worker: HandWorker) -> None:
    waiting = asyncio.create_task(worker.exchange(wait=600))
    await eventually(lambda: services.notifier.polling_workers, "a request is held")
    await start(services, workspace(chain("a")))
    async with asyncio.timeout(60):
        assert [offer.step_name for offer in (await waiting).steps] == ["a"]


async def test_a_newer_request_releases_the_one_that_is_held(services: Services, worker: HandWorker) -> None:
    older = asyncio.create_task(worker.exchange(wait=600))
    await eventually(lambda: services.notifier.polling_workers, "a request is held")
    newer = asyncio.create_task(worker.exchange(wait=600))
    async with asyncio.timeout(60):
        assert (await older).steps == ()
    services.notifier.close()
    async with asyncio.timeout(60):
        await newer


async def test_a_late_outcome_of_a_lost_worker_changes_nothing(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(chain("a")))
    taken = (await worker.take())["a"]
    await services.rescuer.run_once()
    async with services.database.begin() as connection:
        await statement.execute(connection, "UPDATE workers SET lease_until = now()")
    await services.rescuer.run_once()
    await worker.exchange(done(taken, {"late": True}), lines=[printed(taken, 0, "late")], take=0)
    job = await job_of(services, job_id)
    assert (job.status, job.output, job.log_lines) == ("failed", None, 1)  # what the server says of it


async def test_a_cancelled_job_ends_with_its_last_running_step(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(chain("a", "b")))
    taken = (await worker.take())["a"]
    await services.canceller.cancel(job_id)
    assert (await job_of(services, job_id)).status == "running"
    async with asyncio.timeout(60):
        answer = await worker.exchange(wait=600, take=0)
    assert answer.cancel == (taken.step,)
    await worker.exchange(done(taken, exit_code=-15, cancelled=True))
    assert await statuses(services, job_id) == {"a": "cancelled", "b": "cancelled"}
    assert (await job_of(services, job_id)).status == "cancelled"


async def test_a_cancellation_reaches_a_worker_that_was_busy_telling_news(
    services: Services, worker: HandWorker
) -> None:
    job_id = await start(services, workspace(chain("a", "b")))
    taken = (await worker.take())["a"]
    await services.canceller.cancel(job_id)
    answer = await worker.exchange(lines=[printed(taken, 0, "still here")])
    assert answer.cancel == (taken.step,)


async def test_a_cancellation_is_not_lost_with_the_request_that_was_to_carry_it(
    services: Services, worker: HandWorker
) -> None:
    job_id = await start(services, workspace(chain("a")))
    taken = (await worker.take())["a"]
    waiting = asyncio.create_task(worker.exchange(wait=600, take=0))
    await eventually(lambda: services.notifier.polling_workers, "a request is held")
    await services.canceller.cancel(job_id)
    async with asyncio.timeout(60):
        newer = await worker.exchange(wait=600, take=0)
        older = await waiting
    assert taken.step in newer.cancel + older.cancel


async def test_two_outcomes_of_one_step_in_one_request_count_once(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(Task(flow={"a": Step(action="true"), "b": Step(action="true")})))
    taken = await worker.take()
    await worker.exchange(done(taken["a"], 1), done(taken["a"], exit_code=1))
    assert await statuses(services, job_id) == {"a": "completed", "b": "running"}
    assert (await job_of(services, job_id)).status == "running"


async def test_a_step_whose_claim_cannot_be_sent_fails(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(Task(flow={"a": Step(action="true"), "b": Step(action="true")})))
    claims = await worker.take()
    await services.exchange.refuse(worker.id, claims["a"], ValueError("no JSON"))
    await services.exchange.refuse(worker.id, attrs.evolve(claims["b"], attempt=7), ValueError("no JSON"))
    assert await statuses(services, job_id) == {"a": "failed", "b": "running"}
    log = (await services.logs.read(job_id, step="_server")).data.decode()
    assert "Step 'a': The step could not be handed out: ValueError" in log
