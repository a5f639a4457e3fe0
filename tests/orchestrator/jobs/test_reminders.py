"""Reminders of approvals that nobody answers."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import pytest

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.action import Action
from stroem.definitions.task import Hook
from stroem.interfaces.nodes import Node
from stroem.orchestrator.approval_links import ApprovalLinks
from stroem.orchestrator.events.sinks import EventSinks
from stroem.orchestrator.operations.approvals import Answer
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.services import Services, build_services
from stroem.registry.registry import load_plugins
from stroem.store.database import Database
from stroem.store.statement import fetch
from tests.orchestrator.conftest import execute, job_of, start_nodes, statuses, texts
from tests.orchestrator.events.bell_sink import BELL, BellSink
from tests.orchestrator.flows import Flows, action

YES = Answer(approved=True, actor="ada")


def gate(name: str = "gate", remind: Any = (3600, 14400), **more: Any) -> Node:
    given = {"message": "Deploy?", "remind": list(remind), **more.pop("input", {})}
    return Node(name=name, kind="approval", entry=True, input=given, **more)


def server(database: Database, tmp_path: Path, flows: Flows, **more: Any) -> Services:
    """The services of a further server."""
    kinds = load_plugins().step_kinds
    options = ServiceOptions(definitions_of=flows.definitions_of, flow_of=flows.flow_of, kinds=kinds, **more)
    return build_services(database, BlobStore((tmp_path / "blobs").as_uri()), options)


async def pass_hours(services: Services, hours: float) -> None:
    """Moves all times of waits into the past, and drives what is due."""
    await execute(
        services,
        f"""
        UPDATE steps SET due_at = due_at - interval '{hours} hours', expires_at = expires_at - interval '{hours} hours'
        WHERE status = 'suspended'
        """,
    )
    while await services.job_loop.run_once():
        pass


async def rows(services: Services, sql: str) -> list[Any]:
    async with services.database.read() as connection:
        return await fetch(connection, sql)


async def reminders(services: Services, job_id: uuid.UUID) -> list[str]:
    """The details of the reminders in the history."""
    sql = f"SELECT detail FROM history WHERE job_id = '{job_id}' AND cause = 'reminder' ORDER BY id"
    return [row[0] for row in await rows(services, sql)]


async def events(services: Services) -> list[tuple[str, dict[str, Any]]]:
    return [
        (row[0], row[1])
        for row in await rows(services, "SELECT message, data FROM events WHERE kind = 'approval_reminder' ORDER BY id")
    ]


async def test_each_reminder_comes_once_and_is_told(services: Services, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, gate())
    assert await reminders(services, job_id) == []
    await pass_hours(services, 1)
    await services.job_loop.run_once()
    first = "Reminder 1 of 2: it waits for an approval"
    assert await reminders(services, job_id) == [first]
    assert texts(await services.logs.read(job_id)) == [f"[approval] Step 'gate': {first}"]
    ((message, data),) = await events(services)
    assert message == f"Reminder 1 of 2: step 'gate' of job {job_id} (t) waits for an approval: Deploy?"
    assert (data["step"], data["reminder"], data["reminders"], data["expires_at"]) == ("gate", 1, 2, None)
    await pass_hours(services, 2)
    assert len(await events(services)) == 1
    await pass_hours(services, 1)
    await pass_hours(services, 100)
    assert len(await reminders(services, job_id)) == len(await events(services)) == 2
    assert await statuses(services, job_id) == {"gate": "suspended"}
    await services.approvals.answer(job_id, "gate", YES)
    assert (await job_of(services, job_id)).status == "completed"


async def test_reminders_that_were_missed_come_once_each_on_another_server(
    services: Services, database: Database, tmp_path: Path, flows: Flows
) -> None:
    await start_nodes(services, flows, gate())
    restarted = server(database, tmp_path, flows)
    await execute(services, "UPDATE steps SET due_at = due_at - interval '10 hours'")
    for _ in range(3):
        await restarted.job_loop.run_once()
    assert [message[:15] for message, _ in await events(services)] == ["Reminder 1 of 2", "Reminder 2 of 2"]


async def test_of_two_servers_one_sends_a_reminder(
    services: Services, database: Database, tmp_path: Path, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, gate())
    other = server(database, tmp_path, flows)
    await execute(services, "UPDATE steps SET due_at = due_at - interval '1 hours'")
    await asyncio.gather(*(one.job_loop.run_once() for one in (services, other, services, other)))
    assert len(await reminders(services, job_id)) == len(await events(services)) == 1


async def test_the_end_of_the_wait_goes_before_later_reminders(services: Services, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, gate(timeout=7200))
    await pass_hours(services, 1)
    assert await statuses(services, job_id) == {"gate": "suspended"}
    await pass_hours(services, 1)
    assert await statuses(services, job_id) == {"gate": "failed"}
    assert len(await events(services)) == 1


async def test_no_reminder_after_an_answer_or_a_cancellation(services: Services, flows: Flows) -> None:
    answered, cancelled = [await start_nodes(services, flows, gate()) for _ in range(2)]
    await services.approvals.answer(answered, "gate", YES)
    await services.canceller.cancel(cancelled)
    await pass_hours(services, 100)
    assert await events(services) == []


@pytest.mark.parametrize("asked", [False, True])
async def test_hooks_of_the_suspension_run_again_if_asked_for(services: Services, flows: Flows, asked: bool) -> None:
    call = Action(type="script", script="echo {{ hook.step_name }} {{ hook.reminder }}")
    job_id = await start_nodes(
        services,
        flows,
        gate(input={"remind_hooks": asked}),
        actions={"call": call},
        on_suspended=(Hook(action="call"),),
    )
    await pass_hours(services, 1)
    sql = f"SELECT context -> 'hook' ->> 'reminder' FROM jobs WHERE hook_of = '{job_id}' ORDER BY created_at"
    assert [row[0] for row in await rows(services, sql)] == (["0", "1"] if asked else ["0"])


async def test_a_bad_row_does_not_keep_its_neighbours_from_their_reminders(services: Services, flows: Flows) -> None:
    bad, good = [await start_nodes(services, flows, gate(), action("work")) for _ in range(2)]
    await execute(services, f"UPDATE steps SET input = '7', waits_for = 'approval' WHERE job_id = '{bad}' AND id = 1")
    await execute(services, f"UPDATE jobs SET fragments = '[[0, \"gone\"]]' WHERE id = '{bad}'")
    await pass_hours(services, 1)
    assert len(await reminders(services, good)) == 1
    assert (await job_of(services, bad)).status == "failed"


async def test_sinks_get_reminders(services: Services, flows: Flows) -> None:
    class Every(BellSink):
        def wants(self, event: Any) -> bool:
            return True

    sinks: EventSinks = services.sinks
    sinks._kinds = {"bell": Every}
    await sinks.replace({"told": BELL})
    await start_nodes(services, flows, gate())
    await pass_hours(services, 1)
    delivered = await rows(services, "SELECT sink FROM event_deliveries")
    assert delivered == [("told",)]


@pytest.mark.parametrize("public_url", [None, "https://stroem.example.org"])
async def test_hooks_of_a_suspension_get_a_link_if_the_server_knows_its_address(
    database: Database, tmp_path: Path, flows: Flows, public_url: str | None
) -> None:
    links = ApprovalLinks(b"k" * 32, public_url)
    services = server(database, tmp_path, flows, links=links)
    call = Action(type="script", script="echo {{ hook.approval_url }}")
    job_id = await start_nodes(
        services, flows, gate(timeout=60), actions={"call": call}, on_suspended=(Hook(action="call"),)
    )
    sql = f"SELECT context -> 'hook' ->> 'approval_url' FROM jobs WHERE hook_of = '{job_id}'"
    ((url,),) = await rows(services, sql)
    if public_url is None:
        assert url is None
        return
    link = links.read(url.removeprefix(f"{public_url}/approvals/"))
    assert (link.job_id, link.step) == (job_id, 1)
