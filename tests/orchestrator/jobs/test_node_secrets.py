"""Secrets in items, contexts, and inputs and outputs of server-side steps."""

from stroem.definitions.field import InputField
from stroem.orchestrator.services import Services
from stroem.protocol.claim import action_of
from tests.orchestrator.conftest import HandWorker, done, job_of, start_nodes, statuses
from tests.orchestrator.flows import Flows, nodes_with_a_pin
from tests.support.stored_text import columns_with

PIN = "pin-of-someone-42"


async def test_inputs_and_outputs_of_an_ended_job_hold_no_secrets(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    """Items and contexts are deleted: steps read them, and they have no second form."""
    job_id = await start_nodes(
        services,
        flows,
        *nodes_with_a_pin(),
        input={"pin": InputField(secret=True)},
        raw_input={"pin": PIN},
    )
    say = (await worker.take())["each-of[0]"]
    assert action_of(say).script == f"echo {PIN}"
    use = (await worker.follow(done(say, {"said": PIN})))["use"]
    assert action_of(use).script == f"echo {PIN}"
    await worker.exchange(done(use, {"said": PIN}))
    assert (await job_of(services, job_id)).status == "completed"
    assert set((await statuses(services, job_id)).values()) == {"completed"}
    assert await columns_with(services.database, PIN) == {"jobs.raw_input"}
