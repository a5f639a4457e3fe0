"""Answers of people to steps, beside everything else that may happen to these."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import pytest

from stroem.blobs.blob_store import BlobStore
from stroem.errors import Conflict, NotFound
from stroem.interfaces.nodes import Node
from stroem.orchestrator.operations.approvals import Answer
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.services import Services, build_services
from stroem.registry.registry import load_plugins
from stroem.store.database import Database
from tests.orchestrator.conftest import (
    HandWorker,
    done,
    execute,
    job_of,
    printed,
    send,
    start_nodes,
    statuses,
    texts,
)
from tests.orchestrator.flows import ECHO, Flows, action, then

FORM = {"pin": {"type": "string", "secret": True}, "why": {"type": "string", "required": True}}
YES = Answer(approved=True, actor="ada", input={"pin": "open-sesame", "why": "a test"})
NO = Answer(approved=False, actor="bob", text="no")


def gate(**more: Any) -> tuple[Node, Node]:
    """An approval with a form, and an action that uses what was entered."""
    return (
        Node(name="gate", kind="approval", entry=True, input={"message": "?", "fields": FORM}, edges=then(1), **more),
        action("next", entry=False, action="echo", input={"text": "{{ gate.output.input.pin }}"}),
    )


@pytest.fixture
def other(database: Database, tmp_path: Path, flows: Flows) -> Services:
    """The services of a second server."""
    options = ServiceOptions(
        lease_secs=30, flow_of=flows.flow_of, definitions_of=flows.definitions_of, kinds=load_plugins().step_kinds
    )
    return build_services(database, BlobStore((tmp_path / "blobs").as_uri()), options)


async def outcome_of(services: Services, job_id: uuid.UUID, answer: Answer, step: str = "gate") -> bool:
    """True if the answer counted."""
    try:
        await services.approvals.answer(job_id, step, answer)
    except Conflict:
        return False
    return True


async def test_of_two_servers_one_records_the_answer(services: Services, other: Services, flows: Flows) -> None:
    for _ in range(5):
        job_id = await start_nodes(services, flows, *gate())
        won = await asyncio.gather(outcome_of(services, job_id, YES), outcome_of(other, job_id, NO))
        assert sorted(won) == [False, True]
        assert (await statuses(services, job_id))["gate"] == ("completed" if won[0] else "failed")


async def test_an_answer_and_a_cancellation_at_the_same_moment(services: Services, flows: Flows) -> None:
    for _ in range(5):
        job_id = await start_nodes(services, flows, *gate())
        won, _ = await asyncio.gather(outcome_of(services, job_id, YES), services.canceller.cancel(job_id))
        assert (await statuses(services, job_id))["gate"] == ("completed" if won else "cancelled")
        assert (await job_of(services, job_id)).status == "cancelled"
        assert not await outcome_of(services, job_id, YES)


async def test_an_answer_after_the_time_is_over(services: Services, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, *gate(timeout=60))
    await execute(services, "UPDATE steps SET due_at = now() WHERE due_at IS NOT NULL")
    won, _ = await asyncio.gather(outcome_of(services, job_id, YES), services.job_loop.run_once())
    assert (await statuses(services, job_id))["gate"] == ("completed" if won else "failed")
    assert not await outcome_of(services, job_id, NO)


async def test_an_answer_in_a_paused_job_counts_and_starts_nothing(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, *gate())
    await services.pauser.pause(job_id, "ada")
    assert await outcome_of(services, job_id, YES)
    assert await statuses(services, job_id) == {"gate": "completed", "next": "pending"}
    await services.pauser.resume(job_id, "ada")
    assert set(await worker.take()) == {"next"}


async def test_what_is_entered_is_a_secret_of_the_job_on_every_server(
    services: Services, other: Services, worker: HandWorker, flows: Flows
) -> None:
    """The second server has read the job before the secret was entered."""
    job_id = await start_nodes(services, flows, *gate(), actions={"echo": ECHO})
    elsewhere = HandWorker(other, worker.id)
    await send(other, job_id, "signal:none")
    assert await outcome_of(services, job_id, YES)
    claim = (await elsewhere.take())["next"]
    assert claim.action_spec is not None
    assert "open-sesame" in str(claim.action_spec)
    await elsewhere.exchange(lines=[printed(claim, 0, "it is open-sesame")], take=0)
    assert texts(await services.logs.read(job_id)) == ["it is ••••••"]
    await elsewhere.exchange(done(claim, {"said": "open-sesame"}), take=0)
    job = await job_of(services, job_id)
    assert (job.status, job.output) == ("completed", {"next": {"said": "••••••"}})


async def test_what_cannot_be_answered(services: Services, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, *gate(), action("work"))
    with pytest.raises(NotFound):
        await services.approvals.answer(uuid.uuid4(), "gate", YES)
    with pytest.raises(NotFound):
        await services.approvals.answer(job_id, "gat", YES)
    assert not await outcome_of(services, job_id, YES, "work")
    assert not await outcome_of(services, job_id, YES, "_server")
