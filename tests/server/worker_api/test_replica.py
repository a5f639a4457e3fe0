"""The replica of a local job: what its worker is sent, and when there is none."""

import io
import uuid
from typing import Any

import orjson
import pytest

from stroem.engine.values.state import JOB
from stroem.interfaces.nodes import ROOT
from stroem.protocol.reading import read
from stroem.protocol.replica import JobReplica
from stroem.server.keys import RECONCILER, SERVICES
from tests.server.conftest import Running
from tests.server.traveller import Traveller, outcome

LARGE = "x" * 400_000
LARGEST = 2**63 - 1
WORKFLOWS = """
actions:
  say: {type: script, script: "say {{ input.text }}", input: {text: {type: string, default: hi}}}
  enter: {type: script, script: "load --password {{ secret.db.password }}"}
  connect: {type: script, script: connect, input: {to: {type: postgres}}}
tasks:
  here:
    mode: local
    input: {to: {type: postgres, default: warehouse}}
    flow:
      first: {action: enter}
      each: {action: say, for_each: "{{ first.output.items }}", input: {text: "{{ each.item }}"}, depends_on: [first]}
      last: {action: connect, depends_on: [each], input: {to: "{{ input.to }}"}}
  wide: {mode: local, flow: {all: {action: say, for_each: {range: [0, 2001]}, max_concurrency: 1}}}
  apart: {flow: {first: {action: say}}}
"""


@pytest.fixture(autouse=True)
async def workflows(server: Running) -> None:
    (server.folder / ".workflows" / "local.yaml").write_text(WORKFLOWS)
    assert (await server.app[RECONCILER].pipeline.reconcile("main")).error is None


async def replica_of(traveller: Traveller, job_id: str, worker_id: str | None = None) -> tuple[int, Any]:
    """Status and JSON of the answer."""
    query = {"worker_id": worker_id or traveller.worker_id}
    async with traveller.server.worker.get(f"/worker/jobs/{job_id}/replica", params=query) as response:
        return response.status, await response.json()


async def test_a_replica_has_all_that_its_worker_needs(server: Running, traveller: Traveller) -> None:
    job_id = await server.start_job("here")
    (first,) = (await traveller.ask())["steps"]
    assert first["local"]
    output = {"items": ["a", "b"], "n": LARGEST, "large": LARGE}
    each = (await traveller.ask(outcomes=[outcome(first, output=output)]))["steps"]
    status, document = await replica_of(traveller, job_id)
    assert status == 200, document
    replica = read(document, JobReplica)
    assert (str(replica.job_id), replica.workspace, replica.task) == (job_id, "main", "here")
    assert (replica.revision, str(replica.volume)) == (first["revision"], job_id)
    assert replica.plan.secrets == {"db": {"password": "s3cr3t-value"}}
    assert replica.plan.connections["warehouse"].values["password"] == "pa55word-of-warehouse"
    assert replica.input == {"to": {"host": "wh.example.org", "password": "pa55word-of-warehouse"}}
    assert (replica.state.is_local, replica.state.worker_id) == (True, uuid.UUID(traveller.worker_id))
    by_id = {step.id: step for step in replica.steps}
    assert [step["step_id"] for step in each] == [3, 4]
    assert [(by_id[one].status, by_id[one].attempt) for one in (1, 3, 4)] == [
        ("completed", 1),
        ("running", 1),
        ("running", 1),
    ]
    assert by_id[3].worker_id == uuid.UUID(traveller.worker_id)
    assert {one.step: one.output for one in replica.outputs} == {1: output}
    assert replica.state.next_step == max(by_id) + 1
    assert replica.plan.named(ROOT)["last"] == 3
    assert replica.state.open == sum(step.parent == JOB and not step.has_ended for step in replica.steps)


async def test_a_job_has_its_worker_as_soon_as_its_first_step_is_claimed(server: Running, traveller: Traveller) -> None:
    job_id = await server.start_job("here")
    await traveller.ask()
    _, document = await replica_of(traveller, job_id)
    assert document["state"]["worker_id"] == traveller.worker_id


@pytest.mark.parametrize("why", ["unknown", "other worker", "distributed", "not begun"])
async def test_there_is_no_replica_of_a_job_that_does_not_stay_on_the_worker(
    server: Running, traveller: Traveller, why: str
) -> None:
    job_id = await server.start_job("apart" if why == "distributed" else "here")
    if why != "not begun":
        await traveller.ask()
    asked = str(uuid.uuid4()) if why == "unknown" else job_id
    worker_id = str(uuid.uuid4()) if why == "other worker" else None
    status, answer = await replica_of(traveller, asked, worker_id)
    assert status == 404, answer


async def test_there_is_no_replica_of_an_ended_job(server: Running, traveller: Traveller) -> None:
    job_id = await server.start_job("here")
    (first,) = (await traveller.ask())["steps"]
    await traveller.ask(outcomes=[outcome(first, exit_code=1)])
    status, answer = await replica_of(traveller, job_id)
    assert (status, "has ended" in answer["error"]) == (409, True), answer


async def test_a_job_of_many_steps_has_no_replica(server: Running, traveller: Traveller) -> None:
    job_id = await server.start_job("wide")
    await traveller.ask()
    status, answer = await replica_of(traveller, job_id)
    assert (status, "more than 2,000 steps" in answer["error"]) == (409, True), answer


async def test_a_job_of_large_outputs_has_no_replica(server: Running, traveller: Traveller) -> None:
    job_id = await server.start_job("here")
    (first,) = (await traveller.ask())["steps"]
    ended = outcome(first, output={"items": ["a"], "large": "x" * 9_000_000})
    body = {"worker_id": traveller.worker_id, "capabilities": ["script"], "max_steps": 0, "outcomes": [ended]}
    headers = {"Content-Type": "application/json"}
    async with server.worker.post("/worker/jobs/claim", data=io.BytesIO(orjson.dumps(body)), headers=headers) as sent:
        assert sent.status == 200, await sent.text()
    status, answer = await replica_of(traveller, job_id)
    assert (status, "at most 8,388,608" in answer["error"]) == (409, True), answer


async def test_a_replica_needs_the_token_of_workers(server: Running) -> None:
    async with server.http.get(
        f"/worker/jobs/{uuid.uuid4()}/replica", params={"worker_id": str(uuid.uuid4())}
    ) as response:
        assert response.status == 401


async def test_a_partial_re_run_has_no_replica(server: Running, traveller: Traveller) -> None:
    job_id = await server.start_job("here")
    (first,) = (await traveller.ask())["steps"]
    each = (await traveller.ask(outcomes=[outcome(first, output={"items": ["a"]})]))["steps"]
    await traveller.ask(outcomes=[outcome(one, exit_code=1) for one in each])
    async with server.http.post(f"/api/jobs/{job_id}/rerun", json={"failed": True}) as response:
        again = (await response.json())["job_id"]
    await server.app[SERVICES].job_loop.run_once()
    assert (await traveller.ask())["steps"][0]["job_id"] == again
    status, answer = await replica_of(traveller, again)
    assert (status, "in part" in answer["error"]) == (409, True), answer


class TestAShortLease:
    @pytest.fixture
    def overrides(self) -> dict[str, str]:
        return {"STROEM__RECOVERY__LOCAL_LEASE": "1", "STROEM__RECOVERY__HEARTBEAT_TIMEOUT_SECS": "60"}

    async def test_local_jobs_go_on_for_as_long_as_the_lease_at_least(self, server: Running) -> None:
        answer = await server.ask_worker_api("register", {"name": "w", "capabilities": ["script"], "tags": []})
        assert (answer["lease_secs"], answer["local_lease_secs"]) == (60, 60)
