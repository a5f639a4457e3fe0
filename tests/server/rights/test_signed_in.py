"""Rights of people who have signed in, and of their API keys."""

import json
from typing import Any

import aiohttp
import pytest

from tests.server.auth.conftest import EMAIL, PASSWORD, SECRET, Person, ada, bob

__all__ = ["ada", "bob"]
RULES = [
    {"role": "viewer", "groups": ["ops"]},
    {"verbs": ["job.run"], "service_accounts": ["ci"], "tasks": ["demo/*"]},
]
RUN = "/api/workspaces/main/tasks/hello/execute"
BODY = {"input": {"name": "Ada"}}


@pytest.fixture
def overrides() -> dict[str, str]:
    return {
        "STROEM__AUTH__JWT_SECRET": SECRET,
        "STROEM__AUTH__INITIAL_USER__EMAIL": EMAIL,
        "STROEM__AUTH__INITIAL_USER__PASSWORD": PASSWORD,
        "STROEM__RULES": json.dumps(RULES),
    }


async def test_a_viewer_reads_and_does_not_run(ada: Person, bob: Person) -> None:
    job = (await ada.post(RUN, BODY))["job_id"]
    assert (await bob.get("/api/jobs"))["total"] == 1
    assert (await bob.get(f"/api/jobs/{job}"))["job_id"] == job
    assert await bob.call("POST", RUN, BODY) == (
        403,
        {
            "error": "You may not do this: the right job.run is needed for task main/demo/hello",
            "code": "forbidden",
        },
    )
    assert (await bob.call("GET", "/api/users"))[0] == 403
    assert (await bob.call("GET", "/api/audit"))[0] == 403


async def test_who_loses_their_group_sees_nothing_more(server: Any, ada: Person, bob: Person) -> None:
    job = (await ada.post(RUN, BODY))["job_id"]
    user = await bob.get("/api/auth/me")
    async with server.http.ws_connect(f"/api/jobs/{job}/history/stream", headers=bob.headers) as stream:
        await stream.receive_json()
        assert (await ada.call("PUT", f"/api/users/{user['user_id']}/groups", {"groups": []}))[0] == 200
        while (message := await stream.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
        assert message.data == aiohttp.WSCloseCode.POLICY_VIOLATION
    assert (await bob.get("/api/jobs"))["total"] == 0
    assert (await bob.call("GET", f"/api/jobs/{job}"))[0] == 404
    assert (await bob.call("GET", "/api/workspaces/main"))[0] == 404


async def test_a_stream_ends_with_its_session(server: Any, ada: Person, bob: Person) -> None:
    async with server.http.ws_connect("/api/live", headers=bob.headers) as stream:
        await stream.receive_json()
        await bob.post("/api/auth/sessions/end-others")
        other = Person(server=server, email=bob.email)
        assert await other.sign_in() == 200
        await other.post("/api/auth/sessions/end-others")
        while (message := await stream.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
        assert message.data == aiohttp.WSCloseCode.POLICY_VIOLATION


async def test_a_key_does_what_its_scope_and_its_owner_allow(server: Any, ada: Person) -> None:
    await ada.post("/api/service-accounts", {"name": "ci"})
    key = Person(server=server, token=(await ada.post("/api/service-accounts/ci/api-keys", {"name": "k"}))["key"])
    assert (await key.call("POST", RUN, BODY))[0] == 200
    assert (await key.call("GET", "/api/jobs"))[1]["total"] == 0
    own = {"name": "r", "verbs": ["*.read"], "workspaces": ["main"]}
    reader = Person(server=server, token=(await ada.post("/api/auth/api-keys", own))["key"])
    assert (await reader.get("/api/jobs"))["total"] == 1
    assert (await reader.call("POST", RUN, BODY))[0] == 403
    assert (await reader.call("GET", "/api/workers"))[0] == 403


async def test_only_administrators_ask_for_others(ada: Person, bob: Person) -> None:
    question = "/api/auth/can-i?verb=job.run&workspace=main&task=hello"
    assert not (await bob.get(question))["is_allowed"]
    assert (await ada.get(question + "&as=Bob@example.com"))["reason"] == (
        "no rule allows job.run at task main/demo/hello"
    )
    assert (await bob.call("GET", question + f"&as={EMAIL}"))[0] == 403
    assert (await ada.call("GET", question + "&as=nobody"))[0] == 404
