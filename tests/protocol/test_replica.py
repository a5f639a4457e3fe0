"""The replica of a local job is read as it was written."""

import datetime
import uuid

import attrs
import hypothesis
import hypothesis.strategies as st
import orjson

from stroem.conversion.unstructure import encode
from stroem.definitions.connection import Connection
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import Scope
from stroem.engine.values.job_slots import JobSlot
from stroem.engine.values.rendering import RenderedStep, render_step
from stroem.engine.values.state import Hold, JobState, Step
from stroem.protocol.claim_facts import ClaimedVisit, StateKeys, claim_of
from stroem.protocol.reading import read
from stroem.protocol.replica import JobReplica, StepOutputValue
from stroem.templating.budget import Budget
from tests.engine.yaml_flows import documents, plan_in

JOB, WORKER = uuid.uuid4(), uuid.uuid4()
NOW = datetime.datetime(2026, 11, 28, 18, 30, 0, 123456, tzinfo=datetime.UTC)
LARGEST, LEAST = 2**63 - 1, -(2**63)
FLOW = {
    "build": {
        "action": "make",
        "input": {"tag": "{{ input.tag }}", "password": "{{ secret.db.password }}"},
        "retry": {"max_attempts": 2, "delay": "5s", "backoff": "exponential", "on": ["exit", "75"]},
        "when": "input.tag != ''",
    },
    "test": {
        "depends_on": ["build"],
        "for_each": "{{ build.output.list }}",
        "max_concurrency": 2,
        "action": "make",
        "input": {"tag": "{{ each.item }}", "password": "x"},
    },
    "pause": {"depends_on": ["test"], "action": "hold"},
}
DOCUMENT = {
    "secrets": {"db": {"password": "hunter2", "port": LARGEST}},
    "actions": {
        "make": {
            "type": "script",
            "script": "make",
            "env": {"PASSWORD": "{{ input.password }}"},
            "input": {"tag": {"type": "string"}, "password": {"type": "string"}},
            "output": {"list": {"type": "array"}},
        },
        "hold": {"type": "wait", "for": "10s"},
    },
    "tasks": {
        "t": {
            "mode": "local",
            "volume": {"keep": "1h"},
            "timeout": "1h",
            "input": {"tag": {"type": "string", "default": "v1"}},
            "flow": FLOW,
            "finally": {"clean": {"action": "make", "input": {"tag": "x", "password": "y"}}},
        }
    },
}


def replica(plan: TaskPlan) -> JobReplica:
    """A replica with a value in each field of a kind that JSON does not have."""
    state = JobState(
        status="running",
        open=2,
        moving=1,
        next_step=5,
        is_local=True,
        worker_id=WORKER,
        context={"n": LARGEST},
        holds=(Hold(place=((0, 0), (1, 3)), step="test[3]", by="ann", at=NOW),),
        slots=(JobSlot(key="limit:db", size=2, policy="skip"),),
        shared=frozenset({"limit:db"}),
    )
    steps = (
        Step(id=1, node=0, status="completed", attempt=2, worker_id=WORKER),
        Step(id=2, node=1, status="running", waits_for="steps", first=3, total=2, begun=2, attempt=1, open=2),
        Step(id=3, node=2, parent=2, value={"tag": LEAST}, status="ready", timeout=60, due_at=NOW),
        Step(id=4, node=2, parent=2, item=1, value=[1.5, None, "ø"], waits_for="turn"),
    )
    return JobReplica(
        job_id=JOB,
        workspace="main",
        task="t",
        revision="abc",
        env={"STROEM_COMMIT": "abc"},
        volume=JOB,
        plan=plan,
        input={"tag": "v1", "n": LARGEST},
        state=state,
        steps=steps,
        outputs=(StepOutputValue(step=1, output={"list": [LARGEST, LEAST, 1.5, None, {"a": []}]}),),
        state_keys=StateKeys(state_storage_key=str(uuid.uuid4()), state_has_json=True),
        state_values={"state": {"n": LEAST}, "global_state": {}},
    )


def with_values(plan: TaskPlan) -> TaskPlan:
    connection = Connection(type="postgres", values={"host": "db", "port": 5432, "tls": {"on": True}})
    return attrs.evolve(plan, connections={"pg": connection})


def carried(one: JobReplica) -> JobReplica:
    return read(orjson.loads(encode(one, JobReplica)), JobReplica)


def test_a_replica_is_read_as_it_was_written() -> None:
    one = replica(with_values(plan_in(DOCUMENT)))
    assert carried(one) == one


def test_keys_of_a_newer_server_are_ignored() -> None:
    one = replica(with_values(plan_in(DOCUMENT)))
    document = {**orjson.loads(encode(one, JobReplica)), "of_tomorrow": [1]}
    document["plan"]["of_tomorrow"] = {}
    assert read(document, JobReplica) == one


@hypothesis.given(documents(), st.sampled_from(["local", "distributed"]))
@hypothesis.settings(max_examples=50, deadline=None)
def test_any_plan_is_read_as_it_was_written(document: dict[str, object], mode: str) -> None:
    one = replica(attrs.evolve(plan_in(document), mode=mode))
    assert carried(one) == one


def test_a_claim_is_made_of_a_replica() -> None:
    one = carried(replica(with_values(plan_in(DOCUMENT))))
    build = one.plan.named(-1)["build"]
    visit = ClaimedVisit(
        step=1, name="build", node=build, attempt=2, timeout_secs=None, claimed_at=NOW, state=one.state_keys
    )
    rendered: RenderedStep = render_step(one.plan, build, one.input, Scope(), Budget())
    claim = claim_of(one, one.plan, visit, rendered)
    assert claim.local
    assert claim.volume == JOB
    assert claim.input == {"tag": "v1", "password": "hunter2"}
    assert claim.action_spec["env"] == {"STROEM_COMMIT": "abc", "PASSWORD": "hunter2"}
    assert claim.state_storage_key == one.state_keys.state_storage_key
