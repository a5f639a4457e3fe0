"""Job loop: passed deadlines, due times, and messages."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import attrs
import pytest

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.task import Step, Task
from stroem.definitions.values import Json
from stroem.engine.values import state
from stroem.interfaces.nodes import Node
from stroem.interfaces.step_kind import Completed, Wait
from stroem.orchestrator import periodic
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.services import Services, build_services
from stroem.store import statement
from stroem.store.database import Database
from stroem.store.jobs import due, messages
from stroem.store.jobs.messages import NewMessage
from tests.orchestrator.conftest import (
    HandWorker,
    chain,
    done,
    error_of,
    execute,
    job_of,
    pass_time,
    send,
    start,
    start_nodes,
    statuses,
    texts,
    workspace,
)
from tests.orchestrator.flows import Flows, action


async def test_a_step_past_its_deadline_fails_although_its_worker_says_nothing(
    services: Services, worker: HandWorker
) -> None:
    task = Task(flow={"a": Step(action="true", timeout=5)})
    job_id = await start(services, workspace(task))
    offer = (await worker.take())["a"]
    assert offer.timeout_secs == 5
    await services.job_loop.run_once()
    assert await statuses(services, job_id) == {"a": "running"}
    await execute(services, "UPDATE steps SET due_at = now()")
    await services.job_loop.run_once()
    assert await error_of(services, job_id) == "Step timed out after 5s"


async def test_a_job_past_its_deadline_is_cancelled(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(attrs.evolve(chain("a", "b"), timeout=60)))
    offer = (await worker.take())["a"]
    await execute(services, "UPDATE jobs SET deadline_at = now()")
    await services.job_loop.run_once()
    await worker.exchange(done(offer, exit_code=-15))
    job = await job_of(services, job_id)
    assert (job.status, job.error) == ("cancelled", "Job timed out")
    assert await statuses(services, job_id) == {"a": "cancelled", "b": "cancelled"}


async def test_a_cancelled_step_that_its_worker_does_not_end_is_cancelled_by_the_server(
    services: Services, worker: HandWorker
) -> None:
    job_id = await start(services, workspace(chain("a")))
    offer = (await worker.take())["a"]
    await services.canceller.cancel(job_id)
    await services.job_loop.run_once()
    assert (await job_of(services, job_id)).status == "running"
    async with services.database.read() as connection:
        assert 20 < await due.secs_to_next_due(connection, 60) <= state.ENDING_SECS
    assert state.ENDING_SECS + periodic.SPREAD_SECS <= 30
    await execute(services, "UPDATE steps SET due_at = now()")
    await services.job_loop.run_once()
    assert (await job_of(services, job_id)).status == "cancelled"
    assert await statuses(services, job_id) == {"a": "cancelled"}
    assert await error_of(services, job_id) == "Cancelled: the worker did not end the step within 25s"
    await worker.exchange(done(offer))
    assert await statuses(services, job_id) == {"a": "cancelled"}


async def test_a_cancel_wakes_the_job_loop_and_a_second_one_gives_no_more_time(
    services: Services, worker: HandWorker
) -> None:
    job_id = await start(services, workspace(chain("a")))
    await worker.take()
    services.job_loop.woken.clear()
    await services.canceller.cancel(job_id)
    assert services.job_loop.woken.is_set()
    await execute(services, "UPDATE steps SET due_at = now()")
    await services.canceller.cancel(job_id)
    await services.job_loop.run_once()
    assert (await job_of(services, job_id)).status == "cancelled"


async def test_a_job_past_its_deadline_ends_although_its_worker_says_nothing(
    services: Services, worker: HandWorker
) -> None:
    job_id = await start(services, workspace(attrs.evolve(chain("a"), timeout=60)))
    await worker.take()
    await execute(services, "UPDATE jobs SET deadline_at = now()")
    await services.job_loop.run_once()
    await execute(services, "UPDATE steps SET due_at = due_at - make_interval(secs => 25)")
    await services.job_loop.run_once()
    job = await job_of(services, job_id)
    assert (job.status, job.error) == ("cancelled", "Job timed out")


async def messages_left(services: Services) -> list[str]:
    async with services.database.read() as connection:
        return [row[0] for row in await statement.fetch(connection, "SELECT kind FROM messages ORDER BY id")]


async def test_a_job_whose_decision_raises_fails_and_the_other_due_jobs_go_on(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    hold = Node(name="hold", kind="wait", entry=True, input={"secs": 60})
    first, bad, last = [await start_nodes(services, flows, hold) for _ in range(3)]
    await execute(services, f"UPDATE steps SET node = 99 WHERE job_id = '{bad}'")
    await pass_time(services)
    assert [(await job_of(services, job_id)).status for job_id in (first, last)] == ["completed", "completed"]
    job = await job_of(services, bad)
    assert job.status == "failed"
    assert (job.error or "").startswith("The next step of the job cannot be decided: IndexError")
    assert not await services.job_loop.run_once()


async def test_messages_that_cannot_be_read_are_dropped_and_the_others_are_taken(
    services: Services, worker: HandWorker, flows: Flows, caplog: pytest.LogCaptureFixture
) -> None:
    hold = Node(name="hold", kind="signal", entry=True, input={"name": "go"})
    job_id = await start_nodes(services, flows, hold)
    async with services.database.begin() as connection:
        await messages.send(
            connection,
            [
                NewMessage(job_id=job_id, kind="nonsense"),
                NewMessage(job_id=job_id, kind="ended", payload={"outcome": "completed"}, step=1),
                NewMessage(job_id=job_id, kind="ended", payload="x", step=1, actor=str(job_id)),
                NewMessage(job_id=job_id, kind="placed", actor="nobody"),
                NewMessage(job_id=job_id, kind="resolve", payload={}),
                NewMessage(job_id=job_id, kind="signal:go", payload=1),
            ],
        )
    await services.job_loop.run_once()
    assert (await job_of(services, job_id)).status == "completed"
    assert await messages_left(services) == []
    assert len([one for one in caplog.records if "cannot be read" in one.getMessage()]) == 5


async def test_messages_to_jobs_that_have_ended_are_dropped(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, action("a"))
    await worker.exchange(done((await worker.take())["a"]))
    for kind in ("signal:go", "pause", "cancel", "granted", "resume"):
        await send(services, job_id, kind, step=1)
    assert await messages_left(services) == []
    job = await job_of(services, job_id)
    assert (job.status, job.paused_at, job.cancel_reason) == ("completed", None, None)


class Raising:
    """A kind of step that raises where its input says."""

    name: ClassVar[str] = "raising"

    def begin(self, input: Mapping[str, Json]) -> Wait:
        if input["at"] == "begin":
            raise ZeroDivisionError("at the begin")
        return Wait(waits_for="signal:go", secs=60)

    def resume(self, input: Mapping[str, Json], answer: Json) -> Completed:
        raise ZeroDivisionError("at the answer")

    def expire(self, input: Mapping[str, Json]) -> Completed:
        raise ZeroDivisionError("at the end of time")


@pytest.mark.parametrize("at", ["begin", "answer", "end of time"])
async def test_a_kind_of_step_that_raises_fails_its_step(
    database: Database, tmp_path: Path, flows: Flows, at: str
) -> None:
    options = ServiceOptions(flow_of=flows.flow_of, kinds={"raising": Raising()})
    services = build_services(database, BlobStore((tmp_path / "blobs").as_uri()), options)
    job_id = await start_nodes(services, flows, Node(name="x", kind="raising", entry=True, input={"at": at}))
    if at == "answer":
        await send(services, job_id, "signal:go")
    elif at == "end of time":
        await pass_time(services)
    assert await statuses(services, job_id) == {"x": "failed"}
    assert await error_of(services, job_id) == f"ZeroDivisionError: at the {at}"


async def test_a_line_of_the_server_names_a_step_by_its_path(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    loop = Node(name="deploy", kind="loop", entry=True, items=["a", "b"])
    late = action("test", parent=0, timeout=5)
    job_id = await start_nodes(services, flows, loop, late)
    await worker.take(1)
    await pass_time(services)
    wrong = action("test", parent=0, input={"x": "{{ each.item / 0 }}"})
    other = await start_nodes(services, flows, loop, wrong)
    await worker.exchange(capabilities=("script",))
    lines = texts(await services.logs.read(job_id, step="_server"))
    assert lines == ["[recovery] Step 'deploy[0]': Step timed out after 5s"]
    lines = texts(await services.logs.read(other, step="_server"))
    assert [line.partition(": ")[0] for line in lines] == [
        "[orchestration] Step 'deploy[0]'",
        "[orchestration] Step 'deploy[1]'",
    ]
