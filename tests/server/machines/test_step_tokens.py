"""Steps that call the API with a token of their own."""

from pathlib import Path
from typing import Any

import pytest

from stroem.errors import Unauthorized
from stroem.protocol.api_token import API_TOKEN
from stroem.server.keys import ACCOUNTS, SERVICES
from stroem.store.statement import fetch
from tests.server.auth.conftest import EMAIL, PASSWORD, SECRET, Person
from tests.server.machines.conftest import call
from tests.server.traveller import Traveller, outcome
from tests.support.wait import eventually
from tests.support.workspace_files import write_workspace

WORKFLOWS = """
actions:
  release:
    type: script
    script: stroem trigger deploy
    stroem_token: {verbs: [job.run, task.read, job.read]}
  deploy: {type: script, script: echo deployed}
  ask: {type: approval, message: May I?, four_eyes: starter}
tasks:
  release: {flow: {release: {action: release}}}
  deploy: {flow: {deploy: {action: deploy}}}
  gate: {flow: {ask: {action: ask}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_workspace(tmp_path / "workspace", WORKFLOWS)


@pytest.fixture
def overrides() -> dict[str, str]:
    return {
        "STROEM__AUTH__JWT_SECRET": SECRET,
        "STROEM__AUTH__INITIAL_USER__EMAIL": EMAIL,
        "STROEM__AUTH__INITIAL_USER__PASSWORD": PASSWORD,
    }


@pytest.fixture
async def ada(server: Any) -> Person:
    """The administrator, signed in."""
    found = Person(server=server)
    assert await found.sign_in() == 200
    return found


@pytest.fixture
async def step(server: Any, ada: Person, shared: Traveller) -> Any:
    """The claim of a running step that asked for a token."""
    await ada.post("/api/workspaces/main/tasks/release/execute", {"input": {}})
    (claim,) = (await shared.ask())["steps"]
    return claim


async def ask(server: Any, token: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    return await call(server.http, method, path, token, **({} if body is None else {"json": body}))


RUN = "/api/workspaces/main/tasks/deploy/execute"


async def test_a_step_does_what_its_verbs_allow(server: Any, ada: Person, step: Any) -> None:
    token = step["api_token"]
    assert token.startswith(API_TOKEN)
    status, started = await ask(server, token, "POST", RUN, {"input": {}})
    assert status == 200, started
    job = await ada.get(f"/api/jobs/{started['job_id']}")
    name = f"{step['job_id']}/release"
    assert (job["source_type"], job["source_id"]) == ("api", name)
    rows = (await ada.get("/api/audit?verb=job.run"))["items"]
    assert [(row["actor_kind"], row["actor"], row.get("key")) for row in rows if row["actor_kind"] == "step"] == [
        ("step", name, None)
    ]
    assert (await ask(server, token, "GET", f"/api/jobs/{started['job_id']}"))[0] == 200
    assert {one["id"] for one in (await ask(server, token, "GET", "/api/tasks"))[1]} == {"release", "deploy", "gate"}


async def test_who_starts_a_job_by_a_step_does_not_approve_it(server: Any, ada: Person, step: Any) -> None:
    status, gate = await ask(
        server, step["api_token"], "POST", "/api/workspaces/main/tasks/gate/execute", {"input": {}}
    )
    assert status == 200, gate
    path = f"/api/jobs/{gate['job_id']}/steps/ask/approve"
    status, refused = await ada.call("POST", path, {"approved": True})
    assert (status, refused["error"]) == (
        403,
        "Step 'ask' is not yours to answer: who has started the job may not approve it",
    )


async def test_a_step_does_nothing_beyond(server: Any, step: Any) -> None:
    token = step["api_token"]
    for method, path, status in [
        ("POST", f"/api/jobs/{step['job_id']}/cancel", 403),
        ("GET", f"/api/jobs/{step['job_id']}/logs", 403),
        ("POST", f"/api/jobs/{step['job_id']}/steps/release/approve", 403),
        ("POST", "/api/workspaces/main/refresh", 403),
        ("POST", "/api/workspaces/other/tasks/deploy/execute", 404),
        ("GET", "/api/workspaces/other/tasks", 404),
        ("GET", "/api/workspaces/..%2fmain/tasks", 404),
        ("GET", "/api/workers", 403),
        ("POST", "/api/workers/join-tokens", 403),
        ("GET", "/api/users", 403),
        ("GET", "/api/audit", 403),
        ("GET", "/api/settings", 403),
        ("GET", "/api/auth/me", 403),
        ("POST", "/api/auth/api-keys", 403),
        ("POST", "/api/auth/tickets", 403),
        ("GET", "/api/auth/can-i?verb=job.run&as=ada@example.com", 403),
    ]:
        body = {} if method == "POST" else None
        assert (await ask(server, token, method, path, body))[0] == status, path
    async with server.http.post("/worker/heartbeat", json={}, headers={"Authorization": f"Bearer {token}"}) as response:
        assert response.status == 401


async def test_the_token_ends_with_its_step(server: Any, step: Any, shared: Traveller) -> None:
    token, authenticator = step["api_token"], server.app[ACCOUNTS].authenticator
    assert (await ask(server, token, "GET", "/api/tasks"))[0] == 200
    identity = await authenticator.identity(token, "127.0.0.1")
    assert await authenticator.again(identity) == identity
    await shared.ask(max_steps=0, outcomes=[outcome(step, step_id=step["step_id"])])
    status, refused = await ask(server, token, "POST", RUN, {"input": {}})
    assert (status, refused["error"]) == (401, "The step of this token does not run")
    with pytest.raises(Unauthorized):
        await authenticator.again(identity)  # streams end so


async def test_what_the_server_has_not_signed(server: Any, step: Any) -> None:
    token = step["api_token"]
    payload, _, mac = token.removeprefix(API_TOKEN).partition(".")
    for forged in (
        token[:-2] + ("AA" if token[-2:] != "AA" else "BB"),
        f"{API_TOKEN}{payload}",
        f"{API_TOKEN}{payload}.",
        f"{API_TOKEN}.{mac}",
        f"{API_TOKEN}A{payload}.{mac}",
        f"step.{payload}.{mac}",
        API_TOKEN,
    ):
        assert (await ask(server, forged, "GET", "/api/tasks"))[0] == 401, forged


async def test_the_token_is_nowhere_in_the_database(server: Any, step: Any) -> None:
    async with server.app[SERVICES].database.read() as connection:
        for table in ("jobs", "steps", "plans", "history", "messages"):
            rows = await fetch(connection, f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%%strs\\_%%'")
            assert rows[0][0] == 0, table


async def test_who_has_not_asked_gets_none(server: Any, ada: Person, shared: Traveller) -> None:
    await ada.post(RUN, {"input": {}})
    (claim,) = (await shared.ask())["steps"]
    assert "api_token" not in claim


async def test_the_refusals_are_in_the_audit_log(server: Any, ada: Person, step: Any) -> None:
    await ask(server, step["api_token"], "POST", f"/api/jobs/{step['job_id']}/cancel", {})

    async def is_there() -> Any:
        rows = (await ada.get("/api/audit?verb=job.cancel"))["items"]
        return [row for row in rows if row["actor_kind"] == "step" and row["outcome"] == "refused"]

    assert await eventually(is_there, "the refusal is recorded")
