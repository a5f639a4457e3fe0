"""A worker touches only what it has claimed."""

import hashlib
from collections.abc import Mapping
from typing import Any

import pytest

from stroem.server.routes import HEALTH, WORKER
from stroem.server.worker_api import touches
from stroem.server.worker_api.touches import (
    known_ids,
    of_step_alone,
    older_contract,
    own_claim,
    own_consumer,
    own_files,
    own_heartbeat,
    own_registration,
    own_state,
    own_step_files,
    own_token,
    own_worker,
)
from tests.server.machines.conftest import Machine
from tests.server.traveller import Traveller, chunk, outcome

_STEP = "/worker/jobs/{job_id}/steps/{step}"
CHECKS: Mapping[tuple[str, str], Any] = {
    ("POST", "/worker/join"): own_token,
    ("POST", "/worker/token"): own_token,
    ("POST", "/worker/register"): own_registration,
    ("POST", "/worker/heartbeat"): own_heartbeat,
    ("POST", "/worker/steps/running"): known_ids,
    ("POST", "/worker/volumes/ended"): known_ids,
    ("POST", "/worker/jobs/claim"): own_claim,
    ("GET", "/worker/jobs/{job_id}/replica"): own_worker,
    ("GET", "/worker/jobs/{job_id}/cancelled"): older_contract,
    ("POST", "/worker/jobs/{job_id}/complete"): older_contract,
    ("POST", "/worker/jobs/{job_id}/logs"): older_contract,
    ("POST", _STEP + "/start"): older_contract,
    ("POST", _STEP + "/complete"): older_contract,
    ("POST", _STEP + "/artifacts/{name}"): own_worker,
    ("DELETE", _STEP + "/artifacts"): own_worker,
    ("POST", _STEP + "/log"): own_worker,
    ("POST", "/worker/step-files"): of_step_alone,
    ("GET", "/worker/step-files/{sha256}"): own_step_files,
    ("POST", "/worker/event-source/emit"): older_contract,
    ("POST", "/worker/event-source/events"): own_consumer,
    ("GET", "/worker/state/{workspace}/{task}"): own_state,
    ("POST", "/worker/state/{workspace}/{task}/{job_id}"): own_worker,
    ("GET", "/worker/global-state/{workspace}"): own_state,
    ("POST", "/worker/global-state/{workspace}/{job_id}"): own_worker,
    ("GET", "/worker/workspace/{workspace}.tar.gz"): own_files,
}


def test_each_route_of_workers_names_its_check() -> None:
    assert {(route.method, route.path): route.check_touch for route in WORKER} == CHECKS
    assert {route.check_touch for route in HEALTH if route.check_worker} == {known_ids}
    assert all(check.__module__ == touches.__name__ and check.__doc__ for check in CHECKS.values())


@pytest.fixture
async def claimed(server: Any, machine: Any) -> tuple[Machine, Any]:
    """A worker with a running step."""
    owner = await machine("owner")
    await server.start_job()
    (step,) = (await owner.ask())[1]["steps"]
    return owner, step


@pytest.fixture
async def intruder(machine: Any) -> Machine:
    return await machine("intruder")


async def status_of_step(server: Any, step: Any) -> str:
    job = await server.get(f"/api/jobs/{step['job_id']}")
    return next(one["status"] for one in job["steps"] if one["step_name"] == step["step_name"])


def ids(step: Any, worker_id: str) -> dict[str, str]:
    return {"worker_id": worker_id, "step_id": str(step["step_id"]), "attempt": str(step["attempt"])}


async def test_the_owner_may_touch_its_step(server: Any, claimed: tuple[Machine, Any]) -> None:
    owner, step = claimed
    files = {"revision": step["revision"]}
    assert (await owner.call("GET", "workspace/main.tar.gz", params=files))[0] == 200
    assert (await owner.call("GET", "state/main/hello"))[0] == 204
    assert (await owner.call("GET", "global-state/main"))[0] == 204
    path = f"jobs/{step['job_id']}/steps/{step['step_name']}"
    params = ids(step, owner.worker_id)
    assert (await owner.call("POST", f"{path}/artifacts/a.txt", params=params, data=b"a"))[0] == 201
    assert (await owner.call("DELETE", f"{path}/artifacts", params=params))[0] == 204
    lines = chunk(step, 0, "own")
    more = {"chunk": "0", "lines": "1"}
    assert (await owner.call("POST", f"{path}/log", params={**params, **more}, data=lines["data"].encode()))[0] == 200
    ended = outcome(step, step_id=step["step_id"], output={"greeting": "hi"})
    assert (await owner.ask(max_steps=0, outcomes=[ended]))[0] == 200
    assert await status_of_step(server, step) == "completed"
    assert (await owner.call("GET", "workspace/main.tar.gz", params=files))[0] == 404, "it runs no step any more"
    assert (await owner.call("GET", "state/main/hello"))[0] == 404


async def test_the_id_of_another_worker_is_refused(
    server: Any, claimed: tuple[Machine, Any], intruder: Machine
) -> None:
    owner, step = claimed
    path = f"jobs/{step['job_id']}/steps/{step['step_name']}"
    params = ids(step, owner.worker_id)
    body = {"worker_id": owner.worker_id, "capabilities": ["script"], "tags": [], "max_steps": 1}
    tries = [
        ("POST", "heartbeat", {"json": {"worker_id": owner.worker_id, "lease": True}}),
        ("POST", "jobs/claim", {"json": body}),
        ("POST", "jobs/claim", {"json": {**body, "outcomes": [outcome(step)]}}),
        ("POST", "register", {"json": {"name": "x", "capabilities": ["script"], "worker_id": owner.worker_id}}),
        ("POST", "register", {"json": {"name": "x", "capabilities": ["script"], **_resuming(owner)}}),
        ("GET", f"jobs/{step['job_id']}/replica", {"params": {"worker_id": owner.worker_id}}),
        ("POST", f"{path}/artifacts/a.txt", {"params": params, "data": b"a"}),
        ("DELETE", f"{path}/artifacts", {"params": params}),
        ("POST", f"{path}/log", {"params": {**params, "chunk": "0", "lines": "1"}, "data": b"{}\n"}),
        ("POST", f"state/main/hello/{step['job_id']}", {"params": params, "data": b"x"}),
        ("POST", f"global-state/main/{step['job_id']}", {"params": params, "data": b"x"}),
    ]
    for method, where, more in tries:
        status, refused = await intruder.call(method, where, **more)
        assert (status, "is another worker's id" in refused["error"]) == (403, True), where
    assert await status_of_step(server, step) == "running"
    assert (await owner.ask(max_steps=0))[0] == 200, "its lease goes on"


def _resuming(owner: Machine) -> dict[str, Any]:
    return {"worker_id": owner.worker_id, "resumes": True}


async def test_the_step_of_another_worker_is_not_touched_by_ones_own_id(
    server: Any, claimed: tuple[Machine, Any], intruder: Machine
) -> None:
    _, step = claimed
    path = f"jobs/{step['job_id']}/steps/{step['step_name']}"
    params = ids(step, intruder.worker_id)
    ended = outcome(step, step_id=step["step_id"], output={"greeting": "stolen"})
    returned = {**outcome(step, step_id=step["step_id"]), "claimed_at": step["claimed_at"]}
    for more in (
        {"outcomes": [ended], "logs": [{**chunk(step, 0, "forged"), "step_id": step["step_id"]}]},
        {"returned": [{name: returned[name] for name in ("job_id", "step_name", "step_id", "attempt", "claimed_at")}]},
        {"holding": [{name: returned[name] for name in ("job_id", "step_name", "step_id", "attempt")}]},
    ):
        assert (await intruder.ask(max_steps=0, **more))[0] == 200
    assert (await intruder.call("POST", f"{path}/artifacts/a.txt", params=params, data=b"a"))[0] == 409
    assert (await intruder.call("DELETE", f"{path}/artifacts", params=params))[0] == 409
    lines = {"params": {**params, "chunk": "0", "lines": "1"}, "data": chunk(step, 0, "forged")["data"].encode()}
    assert (await intruder.call("POST", f"{path}/log", **lines))[0] == 409
    assert (await intruder.call("GET", f"jobs/{step['job_id']}/replica", params=params))[0] in (404, 409)
    assert (await intruder.call("GET", "workspace/main.tar.gz", params={"revision": step["revision"]}))[0] == 404
    assert (await intruder.call("GET", "workspace/main.tar.gz"))[0] == 404
    assert (await intruder.call("GET", "workspace/..%2fmain.tar.gz"))[0] == 404
    assert (await intruder.call("GET", "state/main/hello"))[0] == 404
    assert (await intruder.call("GET", "state/main/%2e%2e"))[0] == 404
    assert (await intruder.call("GET", "global-state/main"))[0] == 404
    assert await status_of_step(server, step) == "running"
    assert "forged" not in str(await server.get(f"/api/jobs/{step['job_id']}/logs"))


async def test_the_older_contract_is_closed_to_workers_with_an_identity(
    server: Any, claimed: tuple[Machine, Any], intruder: Machine
) -> None:
    owner, step = claimed
    path = f"jobs/{step['job_id']}/steps/{step['step_name']}"
    emission = {"workspace": "main", "task": "hello", "source_id": "main/nightly"}
    for worker in (intruder, owner):
        plain = {"worker_id": worker.worker_id, "capabilities": ["script"], "tags": []}
        for method, where, more in [
            ("POST", f"{path}/start", {"json": {"worker_id": worker.worker_id}}),
            ("POST", f"{path}/complete", {"json": {"exit_code": 1}}),
            ("POST", f"jobs/{step['job_id']}/complete", {"json": {}}),
            ("POST", f"jobs/{step['job_id']}/logs", {"json": {"lines": [], "step_name": step["step_name"]}}),
            ("GET", f"jobs/{step['job_id']}/cancelled", {}),
            ("POST", f"{path}/artifacts/a.txt", {"data": b"a"}),
            ("DELETE", f"{path}/artifacts", {}),
            ("POST", f"state/main/hello/{step['job_id']}", {"data": b"x"}),
            ("POST", "event-source/emit", {"json": emission}),
            ("POST", "jobs/claim", {"json": plain}),
        ]:
            status, refused = await worker.call(method, where, **more)
            assert (status, "of the older contract" in refused["error"]) == (403, True), where
    assert await status_of_step(server, step) == "running"


async def test_the_files_of_steps(server: Any, claimed: tuple[Machine, Any], intruder: Machine) -> None:
    """Whoever knows the digest of a tar, or of an artifact, does not get it for that."""
    owner, step = claimed
    content = b"what only its owner may read"
    path = f"jobs/{step['job_id']}/steps/{step['step_name']}/artifacts/a.txt"
    assert (await owner.call("POST", path, params=ids(step, owner.worker_id), data=content))[0] == 201
    for worker in (owner, intruder):
        assert (await worker.call("GET", f"step-files/{hashlib.sha256(content).hexdigest()}"))[0] == 404
        assert (await worker.call("POST", "step-files", data=b"x"))[0] == 403
        assert (await worker.call("GET", "step-files/..%2f..%2fetc"))[0] == 404


async def test_events_of_a_consumer_that_runs_elsewhere(
    server: Any, claimed: tuple[Machine, Any], intruder: Machine
) -> None:
    owner, step = claimed
    writer = {name: step[name] for name in ("job_id", "step_id", "step_name", "attempt")}
    batch = {"source_id": "main/nightly", "writer": writer, "events": [{"number": 0, "data": {"name": "x"}}]}
    for worker in (intruder, owner):  # the owner's step is no consumer
        assert (await worker.call("POST", "event-source/events", json=batch))[0] == 403


async def test_the_shared_token_is_kept_from_workers_with_an_identity(
    server: Any, claimed: tuple[Machine, Any], shared: Traveller
) -> None:
    owner, step = claimed
    async with server.worker.post("/worker/heartbeat", json={"worker_id": owner.worker_id}) as response:
        assert response.status == 403
    body = {"worker_id": owner.worker_id, "capabilities": ["script"], "tags": [], "outcomes": [outcome(step)]}
    async with server.worker.post("/worker/jobs/claim", json=body) as response:
        assert response.status == 403
    assert (await owner.call("POST", "heartbeat", json={"worker_id": shared.worker_id}))[0] == 403
    assert await shared.ask(max_steps=0) is not None, "its own id is good"


@pytest.mark.parametrize(
    ("wanted", "offer", "told"),
    [
        ({"abilities": ["script"]}, {"capabilities": ["script", "docker"]}, "the abilities script only, not docker"),
        ({"tags": ["eu"]}, {"tags": ["eu", "gpu"]}, "the tags eu only, not gpu"),
    ],
)
async def test_a_worker_declares_no_more_than_its_join_token_allows(
    server: Any, machine: Any, wanted: dict[str, Any], offer: dict[str, Any], told: str
) -> None:
    worker = await machine("bounded", **wanted)
    for status, refused in (await Machine.register(worker, **offer), await worker.ask(**offer)):
        assert (status, told in refused["error"]) == (403, True)
    if "capabilities" in offer:
        beat = {"worker_id": worker.worker_id, "lease": True, **offer}
        assert (await worker.call("POST", "heartbeat", json=beat))[0] == 403
    assert (await worker.ask(tags=wanted.get("tags", [])))[0] == 200


async def test_abilities_among_the_tags_are_bounded_too(server: Any, machine: Any) -> None:
    worker = await machine("bounded", abilities=["script"])
    status, refused = await Machine.register(worker, capabilities=[], tags=["docker", "eu"])
    assert (status, "the abilities script only, not docker" in refused["error"]) == (403, True)
    assert (await worker.register(capabilities=[], tags=["script", "eu"]))[0] == 200


async def test_steps_of_other_workspaces_are_not_handed_out(server: Any, machine: Any) -> None:
    elsewhere = await machine("elsewhere", workspaces=["other", "third"])
    limited = {"resources": {"cpu": "4"}}
    sized = await machine("sized", {"resources": {"cpu": "4"}}, workspaces=["other"])
    here = await machine("here", workspaces=["main"])
    await server.start_job()
    assert (await elsewhere.ask())[1]["steps"] == []
    assert (await sized.ask(**limited))[1]["steps"] == []
    assert len((await here.ask())[1]["steps"]) == 1


async def test_a_step_that_only_workers_of_other_workspaces_could_run_is_told(server: Any, machine: Any) -> None:
    await machine("elsewhere", workspaces=["other"])
    job_id = await server.start_job()
    job = await server.get(f"/api/jobs/{job_id}")
    told = next(one for one in job["steps"] if one["step_name"] == "say-first")
    assert told["waiting_reason"].startswith("All active workers that could run it serve other workspaces than 'main'")
