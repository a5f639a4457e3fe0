"""A worker that carries a local job on while the server is away, and tells it afterwards."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import orjson
import pytest

from stroem.conversion.unstructure import encode
from stroem.protocol.replica import JobReplica
from stroem.worker.exchange.request_builder import MOST_BEGUN
from stroem.worker.local import local_jobs
from stroem.worker.local.local_job import LocalJob
from tests.support.wait import eventually
from tests.worker.conftest import Site
from tests.worker.local.test_local_job import JOB, begun, flow, start
from tests.worker.scripted_server import REVISION, Key, ScriptedServer

CHAIN = """
a: {action: first}
b: {action: second, depends_on: [a], input: {word: "{{ a.output.word }}"}}
c: {action: third, depends_on: [b], input: {word: "{{ b.output.word }}"}}
"""


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_jobs, "PATIENCE_SECS", 0.05)
    monkeypatch.setattr(local_jobs, "REFRESH_SECS", 0.05)


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A file for which the first step waits."""
    return tmp_path / "gate"


def step(script: str) -> str:
    return f"{{type: script, script: {orjson.dumps(script).decode()}}}"


def chain(gate: Path, second: str = "true", third: str = "true") -> dict[str, Any]:
    """The replica of a job whose first step runs."""
    says = 'echo "OUTPUT: {\\"word\\": \\"$STROEM_STEP_NAME\\"}"'
    first = f"until [ -e {gate} ]; do sleep 0.02; done; {says}"
    actions = f"first: {step(first)}\n  second: {step(f'{second}; echo got {{{{ input.word }}}}; {says}')}\n"
    actions += f"  third: {step(f'{third}; echo got {{{{ input.word }}}}')}"
    job = begun(flow(CHAIN, actions))
    start(job, "a")
    return {**document_of(job), "script": first}


def document_of(job: LocalJob) -> dict[str, Any]:
    """The replica of a job as the server sends it."""
    replica = attrs.evolve(job.replica, workspace="w", revision=REVISION, state=job.rows.job_copy())
    replica = attrs.evolve(replica, steps=tuple(job.rows.steps[one] for one in sorted(job.rows.steps)), volume=JOB)
    document: dict[str, Any] = orjson.loads(encode(replica, JobReplica))
    return document


def offer(server: ScriptedServer, document: dict[str, Any]) -> Key:
    server.local_lease_secs = server.local_lease_secs or 60
    script = document.pop("script")
    server.replicas[str(JOB)] = document
    return server.offer(script, job_id=str(JOB), step_name="a", step_id=1, local=True, volume=str(JOB))


def takes_in_order(server: ScriptedServer, ids: dict[str, int]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Takes a step once the outcomes of those before it are there, as the server does."""
    names = list(ids)

    def verdict(begun: dict[str, Any]) -> dict[str, Any]:
        name = begun["step_name"]
        before = "a" if name == names[0] else names[names.index(name) - 1]
        done = {outcome["step_name"] for outcome in server.outcomes.values()}
        return {"verdict": "taken", "step_id": ids[name]} if before in done else {"verdict": "waiting"}

    return verdict


async def away(server: ScriptedServer, gate: Path) -> None:
    """The server goes away once the worker knows the job, and the first step ends."""
    await server.until(lambda: server.replicas_read)
    await server.stop()
    gate.touch()


async def test_a_job_goes_on_while_the_server_is_away(site: Site, server: ScriptedServer, gate: Path) -> None:
    marks = gate.parent / "c"
    document = chain(gate, third=f"touch {marks}")
    async with site.worker():
        first = offer(server, document)
        await away(server, gate)
        await eventually(marks.exists, "the last step has run")
        server.verdict = takes_in_order(server, {"b": 12, "c": 11})
        await server.start()
        second, third = (str(JOB), "#12", 1), (str(JOB), "#11", 1)
        assert (await server.outcome(third))["exit_code"] == 0
    assert list(server.outcomes) == [first, second, third]
    assert (server.lines(second)[0], server.lines(third)) == ("got a", ["got b"])
    told = [one["step_name"] for body in server.requests for one in body.get("begun", ())]
    assert told[:2] == ["b", "c"]
    assert not [
        one for body in server.requests for one in body.get("holding") or () if one["step_id"] not in (1, 12, 11)
    ]


async def test_a_begun_step_that_the_server_hands_out_too_runs_once(
    site: Site, server: ScriptedServer, gate: Path
) -> None:
    marks = gate.parent / "b"
    document = chain(gate, second=f"echo x >> {marks}; sleep 0.2")
    async with site.worker():
        offer(server, document)
        await away(server, gate)
        await eventually(marks.exists, "the second step runs")
        claim = server.offer("echo twice", job_id=str(JOB), step_name="b", step_id=2, local=True, volume=str(JOB))
        await server.start()
        await server.outcome(claim)
    assert marks.read_text() == "x\n"
    assert server.lines(claim)[0] == "got a"


async def test_of_very_many_begun_steps_the_first_are_told_and_a_claim_of_another_is_its_verdict(
    site: Site, server: ScriptedServer, gate: Path
) -> None:
    marks = gate.parent / "items"
    first = f"until [ -e {gate} ]; do sleep 0.02; done"
    items = list(range(MOST_BEGUN + 20))
    steps = f"a: {{action: first}}\nb: {{action: second, depends_on: [a], for_each: {items}}}"
    job = begun(flow(steps, f"first: {step(first)}\n  second: {step(f'echo x >> {marks}')}"))
    start(job, "a")
    document = {**document_of(job), "script": first}
    async with site.worker():
        offer(server, document)
        await away(server, gate)
        await eventually(lambda: marks.exists() and len(marks.read_text()) == 2 * len(items), "all items have run")
        await server.start()
        name = f"b[{items[-1]}]"
        claim = server.offer("echo twice", job_id=str(JOB), step_name=name, step_id=999, local=True, volume=str(JOB))
        await server.outcome(claim)
    assert max(len(body.get("begun", ())) for body in server.requests) == MOST_BEGUN
    assert len(marks.read_text()) == 2 * len(items)


async def test_a_begun_step_that_is_refused_ends_and_nothing_of_it_is_told(
    site: Site, server: ScriptedServer, gate: Path
) -> None:
    marks = gate.parent / "b"
    document = chain(
        gate, second=f"trap 'touch {marks}.ended; exit 1' TERM; touch {marks}; while :; do sleep 0.05; done"
    )
    async with site.worker():
        first = offer(server, document)
        await away(server, gate)
        await eventually(marks.exists, "the second step runs")
        server.verdict = lambda begun: {"verdict": "refused", "reason": "The job was cancelled"}
        await server.start()
        await server.outcome(first)
        await eventually(Path(f"{marks}.ended").exists, "the step was ended")
        later = server.offer("echo later")
        await server.outcome(later)
    assert list(server.outcomes) == [first, later]
    assert all("b" not in key for key in server.chunks)


async def test_past_the_lease_of_local_jobs_nothing_runs(site: Site, server: ScriptedServer, gate: Path) -> None:
    server.local_lease_secs = 3
    marks = gate.parent / "b"
    document = chain(
        gate, second=f"trap 'touch {marks}.ended; exit 1' TERM; touch {marks}; while :; do sleep 0.05; done"
    )
    async with site.worker():
        offer(server, document)
        await away(server, gate)
        await eventually(marks.exists, "the second step runs")
        await eventually(Path(f"{marks}.ended").exists, "the second step was ended")
        server.verdict = takes_in_order(server, {"b": 2, "c": 3})
        await server.start()
        second = await server.outcome((str(JOB), "#2", 1))
    assert (second["error_kind"], second["error"]) == (
        "worker_lost",
        "The server was away for longer than a local job may go on (recovery.local_lease)",
    )
    assert [outcome["step_name"] for outcome in server.outcomes.values()] == ["a", "b"]


async def test_jobs_that_cannot_go_on_wait_and_concern_no_other(site: Site, server: ScriptedServer, gate: Path) -> None:
    marks = gate.parent / "c"
    document = chain(gate, third=f"touch {marks}")
    broken, refused = str(uuid.uuid4()), str(uuid.uuid4())
    async with site.worker():
        server.local_lease_secs = 60
        server.replicas[broken] = {"plan": "broken"}
        await server.until(lambda: server.worker_ids)
        for other in (broken, refused):
            server.offer(document["script"], job_id=other, step_name="x", step_id=1, local=True)
        await server.until(lambda: server.replicas_read >= 2)
        offer(server, document)
        await server.until(lambda: server.replicas_read >= 3)
        await server.stop()
        gate.touch()
        await eventually(marks.exists, "the last step of the job that can go on has run")
        server.verdict = takes_in_order(server, {"b": 2, "c": 3})
        await server.start()
        await server.outcome((str(JOB), "#3", 1))
        await server.until(lambda: len(server.outcomes) == 5)
    assert {one["job_id"] for body in server.requests for one in body.get("begun", ())} == {str(JOB)}


async def test_a_job_that_is_being_cancelled_does_not_go_on(site: Site, server: ScriptedServer, gate: Path) -> None:
    marks = gate.parent / "c"
    document = chain(gate, third=f"touch {marks}")
    cancelled = str(uuid.uuid4())
    async with site.worker():
        server.local_lease_secs = 60
        other = {**document, "job_id": cancelled}
        server.replicas[cancelled] = {name: value for name, value in other.items() if name != "script"}
        await server.until(lambda: server.worker_ids)
        script = f"trap 'touch {marks}.stopped; until [ -e {gate} ]; do sleep 0.02; done; exit 1' TERM; "
        script += f"touch {marks}.there; while :; do sleep 0.02; done"
        key = server.offer(script, job_id=cancelled, step_name="a", step_id=1, local=True)
        await server.until(lambda: server.replicas_read)
        await eventually(Path(f"{marks}.there").exists, "the step waits for its end")
        offer(server, document)
        await server.until(lambda: server.replicas_read >= 2)
        server.cancel(key)
        await eventually(Path(f"{marks}.stopped").exists, "the step is told to end")
        await server.stop()
        gate.touch()
        await eventually(marks.exists, "the last step of the other job has run")
        server.verdict = takes_in_order(server, {"b": 2, "c": 3})
        await server.start()
        await server.outcome((str(JOB), "#3", 1))
        assert (await server.outcome(key))["cancelled"]
    assert {one["job_id"] for body in server.requests for one in body.get("begun", ())} == {str(JOB)}
