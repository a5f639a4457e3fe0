"""The page that a signed link opens."""

import asyncio
import datetime
import re
import uuid
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from stroem.orchestrator.approval_links import Link
from stroem.server.keys import SERVICES
from stroem.store import statement
from tests.server.node_tasks import node_fixtures, write_nodes

FORM = {
    "percent": {"type": "integer", "required": True, "description": "How <much>"},
    "region": {"type": "string", "options": ["eu", "us"], "default": "eu"},
    "regions": {"type": "string", "options": ["eu", "us"], "multiple": True},
    "sure": {"type": "boolean"},
    "pin": {"type": "string", "secret": True},
    "note": {"type": "text"},
}
ODD = {"percent": {"type": "integer", "name": "Per\u200ecent"}}
SECRET = "kept-in-the-vault"
MESSAGE = "Deploy <script>alert(1)</script>?"
TASKS: Any = {
    "deploy": [{"name": "gate", "kind": "approval", "entry": True, "input": {"message": MESSAGE, "fields": FORM}}],
    "odd": [
        {"name": "gate", "kind": "approval", "entry": True, "input": {"message": "Go\u2067?", "fields": ODD}},
    ],
    "plain": [
        {"name": "gate", "kind": "approval", "entry": True, "input": {"message": "Go?"}, "timeout": 60},
        {"name": "work", "action": "nothing", "entry": True},
    ],
}
Page = tuple[int, str]


registry, _ = node_fixtures(TASKS)


@pytest.fixture
def folder(folder: Path) -> Path:
    """A workspace with these tasks and a secret."""
    (folder / ".workflows" / "secrets.yaml").write_text(f"secrets: {{vault: {SECRET}}}")
    return write_nodes(folder, TASKS)


async def link_of(server: Any, job_id: str, step: str = "gate", body: Any = None) -> tuple[int, Any]:
    address = f"/api/jobs/{job_id}/steps/{step}/approval-links"
    async with server.http.post(address, json=body or {}) as response:
        return response.status, await response.json()


async def opened(server: Any, task: str = "deploy") -> tuple[str, str]:
    """A job that waits, and the link to it."""
    job_id = await server.start_job(task)
    status, link = await link_of(server, job_id)
    assert status == 201
    return job_id, link["url"]


async def get(server: Any, url: str) -> Page:
    async with server.http.get(url) as response:
        return response.status, await response.text()


async def post(server: Any, url: str, fields: Any = None, **headers: str) -> Page:
    form = aiohttp.FormData(fields or {}, charset="utf-8")
    async with server.http.post(url, data=form, headers=headers) as response:
        return response.status, await response.text()


async def gate(server: Any, job_id: str) -> Any:
    steps = (await server.get(f"/api/jobs/{job_id}"))["steps"]
    return next(one for one in steps if one["step_name"] == "gate")


async def test_the_page_has_the_form_and_runs_nothing(server: Any) -> None:
    _, url = await opened(server)
    async with server.http.get(url) as response:
        text, headers = await response.text(), response.headers
    assert response.status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src" not in policy
    assert (headers["Cache-Control"], headers["X-Frame-Options"]) == ("no-store", "DENY")
    assert "Deploy &lt;script&gt;alert(1)&lt;/script&gt;?" in text
    assert "How &lt;much&gt;" in text
    assert "<script" not in text
    assert '<input id="field.percent" name="field.percent" type="number"' in text
    assert '<option value="eu" selected>eu</option>' in text
    assert 'name="field.pin" type="password"' in text
    assert 'name="field.regions" multiple' in text


async def test_its_form_approves_once(server: Any) -> None:
    job_id, url = await opened(server)
    sent = {
        "decision": "approve", "name": "Ada\n L", "comment": "fine", "field.percent": "10", "field.region": "us",
        "field.sure": "true", "field.pin": "open-sesame", "field.note": "",
    }  # fmt: skip
    status, text = await post(server, url, sent)
    assert (status, "You have approved it" in text) == (200, True)
    output = (await gate(server, job_id))["output"]
    assert (output["approved_by"], output["comment"]) == ("link (Ada L)", "fine")
    assert output["input"] == {"percent": 10, "region": "us", "sure": True, "pin": "••••••"}
    for status, text in (await get(server, url), await post(server, url, sent)):
        assert status == 410
        assert "It was approved by link (Ada L) at 20" in text
        assert "open-sesame" not in text


async def test_a_rejection_has_a_reason(server: Any) -> None:
    job_id, url = await opened(server, "plain")
    assert (await post(server, url, {"decision": "reject", "comment": "no <b>"}))[0] == 200
    step = await gate(server, job_id)
    assert (step["status"], step["error_message"]) == ("failed", "no <b>")
    status, text = await get(server, url)
    assert (status, "It has failed: no &lt;b&gt;" in text) == (410, True)


async def test_a_decided_page_shows_no_secrets_and_no_reordered_text(server: Any) -> None:
    job_id, url = await opened(server, "plain")
    sent = {"decision": "reject", "name": "Ada", "comment": f"{SECRET} is \u202edaer"}
    assert (await post(server, url, sent))[0] == 200
    assert (await gate(server, job_id))["error_message"] == "•••••• is \u202edaer"
    status, text = await get(server, url)
    assert (status, "It has failed: •••••• is \\u202edaer" in text) == (410, True)
    _, url = await opened(server, "plain")
    assert (await post(server, url, {"decision": "approve", "name": SECRET}))[0] == 200
    assert "approved by link (••••••)" in (await get(server, url))[1]


async def test_a_form_shows_characters_that_reorder_text(server: Any) -> None:
    _, url = await opened(server, "odd")
    text = (await get(server, url))[1]
    assert "Go\\u2067?" in text
    assert "Per\\u200ecent" in text


async def test_mistakes_are_shown_together_and_the_link_is_not_used_up(server: Any) -> None:
    job_id, url = await opened(server)
    sent = {"decision": "approve", "field.percent": "many", "field.sure": "perhaps", "field.pin": "hush-hush"}
    status, text = await post(server, url, sent)
    assert status == 400
    mistakes = re.findall("<li>(.*?)</li>", text)
    assert [one.split()[0] for one in mistakes] == ["percent", "sure"]
    assert 'value="many"' in text
    assert "hush-hush" not in text
    assert (await gate(server, job_id))["status"] == "suspended"
    status, text = await post(server, url, {})
    assert (status, "Choose whether" in text) == (400, True)
    assert (await post(server, url, {**sent, "field.percent": "1", "field.sure": ""}))[0] == 200


async def test_of_two_that_answer_at_once_one_counts(server: Any) -> None:
    _, url = await opened(server, "plain")
    answers = await asyncio.gather(*(post(server, url, {"decision": "approve"}) for _ in range(4)))
    assert sorted(status for status, _ in answers) == [200, 410, 410, 410]


async def test_a_link_that_has_expired(server: Any) -> None:
    job_id, _ = await opened(server, "plain")
    past = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    url = server.app[SERVICES].links.url(Link(job_id=uuid.UUID(job_id), step=1, expires_at=past), base=server.url)
    for status, text in (await get(server, url), await post(server, url, {"decision": "approve"})):
        assert (status, "This link has expired" in text) == (410, True)
    assert (await gate(server, job_id))["status"] == "suspended"


async def test_links_that_are_none(server: Any) -> None:
    job_id, url = await opened(server, "plain")
    strange = Link(job_id=uuid.uuid4(), step=1, expires_at=datetime.datetime(2099, 1, 1, tzinfo=datetime.UTC))
    other = Link(job_id=uuid.UUID(job_id), step=2, expires_at=strange.expires_at)
    links = server.app[SERVICES].links
    for bad in (url[:-3], url + "x", f"{server.url}/approvals/nothing", links.url(strange, base=server.url)):
        status, text = await get(server, bad)
        assert (status, "This link is not valid" in text) == (404, True)
    assert (await get(server, links.url(other, base=server.url)))[0] == 410  # a step that waits for no person


async def test_a_cancelled_job_and_a_time_that_is_over(server: Any) -> None:
    job_id, url = await opened(server, "plain")
    async with server.http.post(f"/api/jobs/{job_id}/cancel"):
        pass
    status, text = await get(server, url)
    assert (status, "It is cancelled" in text) == (410, True)


async def test_foreign_pages_cannot_answer(server: Any) -> None:
    job_id, url = await opened(server, "plain")
    assert (await post(server, url, {"decision": "approve"}, Origin="https://evil.example"))[0] == 403
    assert (await post(server, url, {"decision": "approve"}, Origin=server.url))[0] == 200
    assert (await gate(server, job_id))["output"]["approved_by"] == "link"


async def test_hostile_bodies_are_answered_with_pages(server: Any) -> None:
    _, url = await opened(server)
    for body in (b"\xff\xfe", b"a=1&" * 5000, b"decision=approve&field.percent=%00&comment=%00%ED%A0%80", b""):
        async with server.http.post(url, data=body) as response:
            assert (response.status, response.content_type) == (400, "text/html")


async def test_who_may_ask_for_a_link_and_for_what(server: Any) -> None:
    job_id, _ = await opened(server, "plain")
    status, link = await link_of(server, job_id)
    assert (status, link["url"].startswith(f"{server.url}/approvals/")) == (201, True)
    async with server.app[SERVICES].database.read() as connection:
        rows = await statement.fetch(connection, "SELECT expires_at FROM steps WHERE waits_for = 'approval'")
    ends = datetime.datetime.fromisoformat(link["expires_at"])
    assert ends == rows[0][0].replace(microsecond=0)  # the wait of the step is shorter than seven days
    assert (await link_of(server, job_id, "work"))[0] == 409
    assert (await link_of(server, job_id, "nothing"))[0] == 404
    assert (await link_of(server, job_id, body={"expires_in_secs": 1}))[0] == 400
