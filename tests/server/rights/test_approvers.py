"""Approvals that only some people may give, and that need several."""

import asyncio
import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from stroem.server.keys import RECONCILER, SERVICES
from stroem.store import statement
from tests.server.auth.conftest import EMAIL, PASSWORD, SECRET, Person, ada, bob
from tests.server.conftest import Running
from tests.support.git.repository import GitRepository

__all__ = ["ada", "bob"]
WORKFLOWS = """
actions:
  managed: {type: approval, message: May it?, approvers: {groups: ops, users: Ada@example.com}}
  two: {type: approval, message: May they?, quorum: 2}
  others: {type: approval, message: May I?, four_eyes: starter, on_reject: continue}
  reviewed: {type: approval, message: Was it looked at?, four_eyes: [author]}
tasks:
  managed: {flow: {ask: {action: managed}}}
  two: {flow: {ask: {action: two}}}
  others: {flow: {ask: {action: others}}}
  above: {flow: {sub: {type: task, task: others}}}
  reviewed: {flow: {ask: {action: reviewed}}}
triggers:
  by-night: {type: scheduler, cron: "30 2 * * *", task: others}
"""


@pytest.fixture
def overrides() -> dict[str, str]:
    return {
        "STROEM__AUTH__JWT_SECRET": SECRET,
        "STROEM__AUTH__INITIAL_USER__EMAIL": EMAIL,
        "STROEM__AUTH__INITIAL_USER__PASSWORD": PASSWORD,
        "STROEM__PUBLIC_URL": "https://stroem.example.com",
        "STROEM__WORKSPACES__MAIN__GUARDS__APPROVERS__GROUPS": json.dumps(["ops"]),
        "STROEM__WORKSPACES__MAIN__GUARDS__FOUR_EYES": "true",
    }


@pytest.fixture(autouse=True)
async def workflows(server: Running) -> None:
    (server.folder / ".workflows" / "approvers.yaml").write_text(WORKFLOWS)
    assert (await server.app[RECONCILER].pipeline.reconcile("main")).error is None


@pytest.fixture
async def carl(server: Any, ada: Person) -> Person:
    """A person in no group."""
    user = await ada.post("/api/users", {"email": "carl@example.com"})
    link = await ada.post(f"/api/users/{user['user_id']}/reset-link")
    body = {"token": link["url"].partition("#token=")[2], "new_password": PASSWORD}
    async with server.http.post("/api/auth/reset", json=body) as response:
        assert response.status == 200
    found = Person(server=server, email="carl@example.com")
    assert await found.sign_in() == 200
    return found


async def started(who: Person, task: str) -> str:
    return str((await who.post(f"/api/workspaces/main/tasks/{task}/execute", {"input": {}}))["job_id"])


async def answer(who: Person, job: str, **body: Any) -> tuple[int, str]:
    """The status of an answer, and its status or error."""
    code, found = await who.call("POST", f"/api/jobs/{job}/steps/ask/approve", {"approved": True, **body})
    return code, found.get("status") or found["error"]


async def step_of(who: Person, job: str) -> Any:
    return next(one for one in (await who.get(f"/api/jobs/{job}"))["steps"] if one["step_name"] == "ask")


async def terms_of(who: Person, job: str) -> Any:
    items = (await who.get("/api/approvals"))["items"]
    return next(one["terms"] for one in items if one["job_id"] == job)


async def commit_by(server: Running, author: str) -> None:
    """Makes somebody the author of the commits of all releases."""
    commit = json.dumps({"author": author, "message": "x", "at": "2026-01-31T12:00:00Z"})
    async with server.app[SERVICES].database.begin() as connection:
        await statement.execute(connection, "UPDATE releases SET commit = %s::jsonb", (commit,))


async def test_only_approvers_answer(ada: Person, bob: Person, carl: Person) -> None:
    job = await started(carl, "managed")
    refused = (403, "Step 'ask' is not yours to answer: you are none of its approvers")
    assert await answer(carl, job) == refused
    assert await answer(carl, job, approved=False) == refused
    assert (await terms_of(carl, job))["refusal"] == "you are none of its approvers"
    assert await terms_of(bob, job) == {
        "approvers": {"users": ["Ada@example.com"], "groups": ["ops"]},
        "quorum": 1,
        "four_eyes": [],
        "given": [],
        "refusal": None,
    }
    assert await answer(bob, job) == (200, "approved")
    assert (await step_of(bob, job))["output"]["approved_by"] == "bob@example.com"
    assert await answer(ada, await started(carl, "managed"), approved=False) == (200, "rejected")


async def test_keys_of_service_accounts_are_no_people(server: Any, ada: Person) -> None:
    await ada.post("/api/service-accounts", {"name": "ci", "groups": ["ops"]})
    key = (await ada.post("/api/service-accounts/ci/api-keys", {"name": "deploy"}))["key"]
    machine = Person(server=server, token=key)
    refused = (403, "Step 'ask' is not yours to answer: only a person who has signed in may answer")
    assert await answer(machine, await started(ada, "managed")) == refused


async def test_links_do_not_pass_approvers_by(ada: Person) -> None:
    job = await started(ada, "managed")
    code, found = await ada.call("POST", f"/api/jobs/{job}/steps/ask/approval-links", {})
    assert (code, found["error"]) == (409, "Step 'ask' is answered by people who have signed in, not by links")


async def test_a_link_that_was_signed_before_answers_nothing(server: Running, ada: Person) -> None:
    job = await started(ada, "managed")
    services = server.app[SERVICES]
    async with services.database.read() as connection:
        rows = await statement.fetch(connection, "SELECT id, now() FROM steps WHERE job_id = %s", (job,))
    link = services.links.link(uuid.UUID(job), rows[0][0], rows[0][1], None)
    path = f"/approvals/{services.links.token(link)}"
    async with server.http.post(path, data={"decision": "approve", "name": "Mallory"}) as response:
        assert (response.status, "not by links" in await response.text()) == (403, True)
    assert (await step_of(ada, job))["status"] == "suspended"


async def test_a_quorum_needs_several_people(ada: Person, bob: Person, carl: Person) -> None:
    job = await started(ada, "two")
    assert await answer(ada, job, comment="fine") == (200, "waiting")
    assert await answer(ada, job) == (409, "Step 'ask' has your approval, and waits for that of others")
    step = await step_of(bob, job)
    assert step["status"] == "suspended"
    terms = await terms_of(ada, job)
    assert [(one["by"], one["comment"]) for one in terms["given"]] == [(EMAIL, "fine")]
    assert terms["refusal"] == "you have approved it, and it waits for others"
    assert await answer(bob, job) == (200, "approved")
    output = (await step_of(bob, job))["output"]
    assert [one["by"] for one in output["approvals"]] == [EMAIL, "bob@example.com"]
    history = (await ada.get(f"/api/jobs/{job}/history"))["items"]
    assert [(one["actor"], one["detail"]) for one in history if one["cause"] == "answer"] == [
        (EMAIL, "1 of 2 approvals"),
        ("bob@example.com", None),
    ]
    code, told = await answer(carl, job)
    assert (code, "It was approved by bob@example.com" in told) == (409, True)


async def test_the_first_rejection_decides(ada: Person, bob: Person) -> None:
    job = await started(ada, "two")
    assert await answer(ada, job) == (200, "waiting")
    assert await answer(bob, job, approved=False, rejection_reason="not today") == (200, "rejected")
    assert (await step_of(bob, job))["error_message"] == "not today"


async def test_approvals_at_the_same_moment_count_once_each(ada: Person, bob: Person) -> None:
    job = await started(ada, "two")
    found = await asyncio.gather(*(answer(who, job) for who in (ada, ada, bob, ada)))
    assert sorted(status for _, status in found if status in ("waiting", "approved")) == ["approved", "waiting"]
    assert (await step_of(ada, job))["status"] == "completed"


async def test_who_has_started_a_job_does_not_approve_it(ada: Person, bob: Person) -> None:
    refused = (403, "Step 'ask' is not yours to answer: who has started the job may not approve it")
    job = await started(ada, "others")
    assert await answer(ada, job) == refused
    assert await answer(ada, job, approved=False) == (200, "rejected")
    again = (await ada.post(f"/api/jobs/{job}/rerun"))["job_id"]
    assert await answer(ada, again) == refused
    assert await answer(bob, again) == (200, "approved")


async def test_nor_does_who_has_started_a_job_above_it_or_fired_its_trigger(ada: Person, bob: Person) -> None:
    refused = (403, "Step 'ask' is not yours to answer: who has started the job may not approve it")
    above = await started(ada, "above")
    job = next(one["job_id"] for one in (await ada.get("/api/approvals"))["items"] if one["job_id"] != above)
    assert await answer(ada, job) == refused
    assert await answer(bob, job) == (200, "approved")
    fired = (await ada.post("/api/workspaces/main/triggers/by-night/fire"))["job_id"]
    assert await answer(ada, fired) == refused
    assert await answer(bob, fired) == (200, "approved")


async def test_the_author_of_the_commit_does_not_approve_it(server: Running, ada: Person, bob: Person) -> None:
    job = await started(ada, "reviewed")
    unknown = "the author of its release is not known, and may not be the one to approve it"
    assert await answer(bob, job) == (403, f"Step 'ask' is not yours to answer: {unknown}")
    await commit_by(server, "Bob <BOB@example.com>")
    assert (await terms_of(bob, job))["refusal"] == "the author of its commit may not approve it"
    refused = (403, "Step 'ask' is not yours to answer: the author of its commit may not approve it")
    assert await answer(bob, job) == refused
    assert await answer(ada, job) == (200, "approved")


async def test_releases_have_approvers_too(server: Running, ada: Person, bob: Person) -> None:
    (server.folder / ".workflows" / "approvers.yaml").unlink()
    for one in (server.folder / ".workflows").iterdir():
        one.unlink()
    await server.app[RECONCILER].pipeline.reconcile("main")
    waiting = (await ada.get("/api/workspaces/main"))["waiting"]
    body = {"revision": waiting["revision"]}
    code, found = await ada.call("POST", "/api/workspaces/main/approve", body)
    where = "What waits in workspace 'main' is not yours to approve"
    assert (code, found["error"]) == (403, f"{where}: you are none of its approvers")
    code, found = await bob.call("POST", "/api/workspaces/main/approve", body)
    assert code == 403
    assert found["error"].startswith(f"{where}: the author of its release is not known")
    assert (await ada.get("/api/workspaces/main"))["waiting"] == waiting


class TestOfReleases:
    """Authors of commits do not approve their releases in a workspace with a git source."""

    @pytest.fixture
    def repository(self, tmp_path: Path) -> GitRepository:
        found = GitRepository.create(tmp_path / "code.git")
        found.history([("First", {".workflows/a.yaml": b"tasks: {}\n"})], by="Ada <ada@example.com>")
        return found

    @pytest.fixture
    def overrides(self, overrides: dict[str, str], repository: GitRepository) -> dict[str, str]:
        code = {
            "type": "git",
            "url": f"file://{repository.folder}",
            "guards": {"approval": True, "four_eyes": True},
        }
        return {**overrides, "STROEM__WORKSPACES__CODE": json.dumps(code)}

    async def test_nor_when_the_source_is_away(
        self, server: Running, repository: GitRepository, ada: Person, bob: Person
    ) -> None:
        pipeline = server.app[RECONCILER].pipeline
        await pipeline.reconcile("code")
        repository.history([("Second", {"b.txt": b"b"})], by="Bob <BOB@example.com>")
        await pipeline.reconcile("code")
        waiting = (await ada.get("/api/workspaces/code"))["waiting"]
        assert waiting["author"] == "Bob <BOB@example.com>"
        repository.folder.rename(repository.folder.with_suffix(".away"))
        await pipeline.reconcile("code")
        assert (await ada.get("/api/workspaces/code"))["waiting"] == waiting
        body = {"revision": waiting["revision"]}
        code, found = await bob.call("POST", "/api/workspaces/code/approve", body)
        where = "What waits in workspace 'code' is not yours to approve"
        assert (code, found["error"]) == (403, f"{where}: the author of its commit may not approve it")
        code, _ = await ada.call("POST", "/api/workspaces/code/approve", body)
        assert code == 200


class TestWithoutSignIn:
    """Nobody is told from others."""

    @pytest.fixture
    def overrides(self) -> dict[str, str]:
        return {}

    @pytest.mark.parametrize("task", ["managed", "two", "others", "reviewed"])
    async def test_anybody_answers_and_is_told(self, server: Running, task: str) -> None:
        job = await server.start_job(task)
        async with server.http.post(f"/api/jobs/{job}/steps/ask/approve", json={"approved": True}) as response:
            told = "The approval names its approvers, and this server has no sign-in: anybody's answer counts"
            assert await response.json() == {"status": "approved", "warnings": [told]}
