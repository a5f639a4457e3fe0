"""Payloads of signals against the fields that steps declare."""

from typing import Any

import pytest

from stroem.errors import InvalidInput
from stroem.interfaces.nodes import Node
from stroem.orchestrator.services import Services
from tests.orchestrator.conftest import HandWorker, done, errors_of, execute, job_of, start_nodes, statuses
from tests.orchestrator.flows import Flows, action, then

FIELDS = {
    "amount": {"type": "integer", "required": True},
    "currency": {"type": "string", "options": ["EUR", "SEK"], "default": "EUR"},
}


def wait(name: str = "paid", fields: Any = FIELDS, signal: str = "paid", **more: Any) -> Node:
    return Node(**{"name": name, "kind": "signal", "entry": True, "input": {"name": signal, "fields": fields}, **more})


async def test_the_output_is_the_complete_payload(services: Services, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, wait())
    sent = await services.signaller.send(job_id, "paid", {"amount": "5", "note": "x"})
    assert (sent.is_received, sent.warnings) == (
        True,
        ("payload.note is not an input of the signal of step 'paid'",),
    )
    assert (await job_of(services, job_id)).output == {"paid": {"amount": 5, "currency": "EUR", "note": "x"}}


async def test_every_mistake_is_told_and_the_step_waits_on(services: Services, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, wait())
    with pytest.raises(InvalidInput) as refused:
        await services.signaller.send(job_id, "paid", {"amount": "many", "currency": "USD"})
    assert [one.field for one in refused.value.fields] == ["payload.amount", "payload.currency"]
    for payload in (7, [1], "text"):
        with pytest.raises(InvalidInput, match="must be an object with the fields amount, currency"):
            await services.signaller.send(job_id, "paid", payload)
    with pytest.raises(InvalidInput, match=r"payload\.amount is required"):
        await services.signaller.send(job_id, "paid", None)
    assert await statuses(services, job_id) == {"paid": "suspended"}


async def test_an_early_signal_is_checked_if_the_plan_has_one_schema_for_it(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, action("a", edges=then(1)), wait(entry=False))
    with pytest.raises(InvalidInput):
        await services.signaller.send(job_id, "paid", {"amount": "many"})
    assert not (await services.signaller.send(job_id, "paid", {"amount": 5})).is_received
    await worker.exchange(done((await worker.take())["a"]))
    assert (await job_of(services, job_id)).output == {"paid": {"amount": 5, "currency": "EUR"}}


async def test_an_early_signal_for_several_schemas_is_checked_by_the_step_that_takes_it(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    other = {"name": {"type": "string", "required": True}}
    nodes = (action("a", edges=(*then(1), *then(2))), wait(entry=False), wait("named", other, entry=False))
    job_id = await start_nodes(services, flows, *nodes)
    assert not (await services.signaller.send(job_id, "paid", {"name": "Ada"})).is_received
    assert not (await services.signaller.send(job_id, "paid", {"name": "Bob"})).is_received
    await worker.exchange(done((await worker.take())["a"]))
    assert await statuses(services, job_id) == {"a": "completed", "paid": "failed", "named": "completed"}
    assert "payload.amount is required" in str((await errors_of(services, job_id))[1])


async def test_secrets_in_a_payload_are_masked(services: Services, worker: HandWorker, flows: Flows) -> None:
    fields = {"pin": {"type": "string", "secret": True}}
    after = action("after", entry=False, action="echo", input={"text": "{{ paid.output.pin }}"})
    job_id = await start_nodes(services, flows, wait(fields=fields, edges=then(1)), after)
    await services.signaller.send(job_id, "paid", {"pin": "open-sesame"})
    claim = (await worker.take())["after"]
    assert "open-sesame" in str(claim.action_spec)
    await worker.exchange(done(claim, {"said": "open-sesame"}))
    assert (await job_of(services, job_id)).output == {"after": {"said": "••••••"}}


async def test_a_signal_without_fields_takes_anything(services: Services, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, wait(fields={}))
    assert (await services.signaller.send(job_id, "paid", [1, 2])).is_received
    assert (await job_of(services, job_id)).output == {"paid": [1, 2]}


async def test_a_bad_kept_signal_does_not_stop_its_neighbours(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    """Kept by an earlier version, which checked no payloads."""
    jobs = [await start_nodes(services, flows, action("a", edges=then(1)), wait(entry=False)) for _ in range(2)]
    for job_id in jobs:
        await services.signaller.send(job_id, "paid", {"amount": 5})
    await execute(services, f"UPDATE messages SET payload = '7' WHERE job_id = '{jobs[0]}'")
    claims = (await worker.exchange()).steps or ()
    await worker.exchange(*(done(claim) for claim in claims))
    assert [(await job_of(services, job_id)).status for job_id in jobs] == ["failed", "completed"]
