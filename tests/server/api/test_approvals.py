"""Answers to steps that wait for an approval, and the list of these."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from stroem.server.keys import SERVICES
from stroem.store import statement
from tests.server.node_tasks import node_fixtures
from tests.server.traveller import Traveller, chunk, outcome

FORM = {
    "reason": {"type": "string", "required": True},
    "percent": {"type": "integer", "default": 10, "options": [10, 50, 100]},
    "pin": {"type": "string", "secret": True},
}


def gate(name: str = "gate", **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": "approval", "entry": True, "input": {"message": "Deploy?"}, **more}


TASKS = {
    "plain": [gate(edges=[{"to": 1}]), {"name": "after", "action": "say", "input": {"text": "{{ gate.output }}"}}],
    "alone": [gate()],
    "form": [
        gate(input={"message": "Deploy {{ secret.db.password }}?", "fields": FORM}, edges=[{"to": 1}]),
        {"name": "note", "kind": "assign", "input": {"pin": "{{ gate.output.input.pin }}"}, "edges": [{"to": 2}]},
        {"name": "after", "action": "say", "input": {"text": "{{ gate.output.input.pin }}"}},
    ],
    "loop": [
        {"name": "deploy", "kind": "loop", "entry": True, "items": ["a", "b", "c", "d"]},
        {"name": "host", "kind": "block", "parent": 0, "entry": True},
        gate(parent=1),
    ],
    "other": [
        {"name": "work", "action": "nothing", "entry": True},
        {"name": "hold", "kind": "wait", "entry": True, "input": {"secs": 600}},
    ],
    "connection": [
        gate(input={"message": "?", "fields": {"db": {"type": "postgres", "required": True}}}, edges=[{"to": 1}]),
        {"name": "after", "action": "say", "input": {"text": "{{ gate.output.input.db.password }}"}},
    ],
    "bad-form": [gate(input={"message": "?", "fields": {"n": {"type": "integer", "colour": "red"}}})],
    "stored-secret": [gate(input={"message": "?", "fields": {"pin": {"secret": True, "default": "hunter22"}}})],
}


registry, folder = node_fixtures(TASKS)


async def answer(server: Any, job_id: str, step: str = "gate", **body: Any) -> tuple[int, Any]:
    path = f"/api/jobs/{job_id}/steps/{quote(step, safe='')}/approve"
    async with server.http.post(path, json={"approved": True, **body}) as response:
        return response.status, await response.json()


async def step_of(server: Any, job_id: str, name: str = "gate") -> Any:
    return next(one for one in (await server.get(f"/api/jobs/{job_id}"))["steps"] if one["step_name"] == name)


async def everything_stored(server: Any, job_id: str) -> str:
    """The stored values of a job, as one text."""
    async with server.app[SERVICES].database.read() as connection:
        rows = await statement.fetch(
            connection,
            """
            SELECT coalesce(s.input::text, '') || coalesce(s.output::text, '') || coalesce(s.error, '') FROM steps s
            WHERE s.job_id = %(job)s
            UNION ALL SELECT coalesce(output::text, '') || coalesce(context::text, '') FROM jobs WHERE id = %(job)s
            UNION ALL SELECT convert_from(body, 'UTF8') FROM log_chunks WHERE job_id = %(job)s
            UNION ALL SELECT coalesce(detail, '') FROM history WHERE job_id = %(job)s
            """,
            {"job": job_id},
        )
    return "\n".join(row[0] for row in rows)


async def test_an_approval_completes_its_step(server: Any, traveller: Traveller) -> None:
    job_id = await server.start_job("plain")
    step = await step_of(server, job_id)
    assert (step["status"], step["approval_message"], step["approval_fields"]) == ("suspended", "Deploy?", {})
    assert await answer(server, job_id, comment="go") == (200, {"status": "approved"})
    step = await step_of(server, job_id)
    assert step["status"] == "completed"
    assert step["suspended_at"] is not None
    assert step["output"].pop("approved_at").endswith("Z")
    assert step["output"] == {
        "approval_message": "Deploy?",
        "approved": True,
        "approved_by": "anonymous",
        "comment": "go",
    }
    assert [one["step_name"] for one in (await traveller.ask())["steps"]] == ["after"]


async def test_a_rejection_fails_its_step_with_the_reason(server: Any) -> None:
    job_id = await server.start_job("plain")
    status, body = await answer(server, job_id, approved=False, rejection_reason="not on Friday", input={"odd": 1})
    assert (status, body) == (200, {"status": "rejected"})
    assert (await step_of(server, job_id))["error_message"] == "not on Friday"
    job = await server.get(f"/api/jobs/{job_id}")
    assert (job["status"], job["reason_kind"]) == ("failed", "rejected")
    assert job["reason"] == f"{job['reason_step']}: not on Friday"


async def test_all_mistakes_in_a_form_come_at_once_and_change_nothing(server: Any) -> None:
    job_id = await server.start_job("form")
    status, body = await answer(server, job_id, input={"percent": "many", "pin": ["x"]})
    assert (status, body["code"]) == (400, "invalid-input")
    assert [field["field"] for field in body["fields"]] == ["input.reason", "input.percent", "input.pin"]
    assert (await step_of(server, job_id))["status"] == "suspended"
    assert (await answer(server, job_id, input={"reason": "", "percent": 7}))[0] == 400
    status, body = await answer(server, job_id, input={"reason": "x", "percent": "50", "colour": "red"})
    assert (status, body["warnings"]) == (200, ["input.colour is not an input of the form of step 'gate'"])
    output = (await step_of(server, job_id))["output"]
    assert output["input"] == {"reason": "x", "percent": 50, "colour": "red"}


async def test_what_is_entered_into_a_secret_field_is_not_shown_or_stored(server: Any, traveller: Traveller) -> None:
    job_id = await server.start_job("form")
    step = await step_of(server, job_id)
    assert step["approval_message"] == "Deploy ••••••?"
    assert step["approval_fields"]["pin"] == {"type": "string", "secret": True}
    assert (await answer(server, job_id, input={"reason": "x", "pin": "open-sesame"}))[0] == 200
    (after,) = (await traveller.ask())["steps"]
    assert "open-sesame" in after["action_spec"]["script"]
    logs = [chunk(after, 0, "the pin is open-sesame")]
    await traveller.ask(logs=logs, max_steps=0)
    assert "open-sesame" not in await everything_stored(server, job_id)
    await traveller.ask(outcomes=[outcome(after, output={"said": "open-sesame"})])
    job = await server.get(f"/api/jobs/{job_id}")
    assert job["status"] == "completed"
    assert "open-sesame" not in str(job)
    assert job["output"] == {"after": {"said": "••••••"}}
    assert {one["step_name"]: one["output"] for one in job["steps"]}["gate"]["input"]["pin"] == "••••••"
    assert "open-sesame" not in await everything_stored(server, job_id)


async def test_a_short_secret_is_hidden_at_its_place(server: Any) -> None:
    job_id = await server.start_job("form")
    assert (await answer(server, job_id, input={"reason": "x", "pin": "42"}))[0] == 200
    assert (await step_of(server, job_id))["output"]["input"]["pin"] == "••••••"


@pytest.mark.parametrize(
    ("given", "password"),
    [("warehouse", "pa55word-of-warehouse"), ({"host": "h", "password": "typed-by-hand"}, "typed-by-hand")],
)
async def test_a_form_may_ask_for_a_connection(server: Any, traveller: Traveller, given: Any, password: str) -> None:
    job_id = await server.start_job("connection")
    status, body = await answer(server, job_id, input={"db": "nowhere"})
    assert (status, "archive, warehouse" in body["error"]) == (400, True)
    assert (await answer(server, job_id, input={"db": given}))[0] == 200
    (after,) = (await traveller.ask())["steps"]
    assert after["action_spec"]["script"] == f"echo {password}"
    await traveller.ask(outcomes=[outcome(after, output=password)], logs=[chunk(after, 0, f"is {password}")])
    job = await server.get(f"/api/jobs/{job_id}")
    assert job["output"] == {"after": "••••••"}
    assert password not in str(job) + await everything_stored(server, job_id)


async def test_steps_in_loops_are_answered_by_their_paths(server: Any) -> None:
    job_id = await server.start_job("loop")
    waiting = await server.get("/api/approvals")
    assert {one["step_name"] for one in waiting["items"]} == {f"deploy[{item}].gate" for item in range(4)}
    assert (await answer(server, job_id, "deploy[3].gate"))[0] == 200
    assert (await step_of(server, job_id, "deploy[3].gate"))["status"] == "completed"
    assert (await step_of(server, job_id, "deploy[2].gate"))["status"] == "suspended"
    for name in ("deploy[4].gate", "deploy[0].other", "nothing", "gate"):
        assert (await answer(server, job_id, name))[0] == 404, name


async def test_of_answers_at_the_same_moment_one_counts(server: Any) -> None:
    job_id = await server.start_job("plain")
    answers = await asyncio.gather(*(answer(server, job_id, approved=bool(number % 2)) for number in range(6)))
    assert sorted(status for status, _ in answers) == [200] + [409] * 5
    (won,) = [body["status"] for status, body in answers if status == 200]
    assert (await step_of(server, job_id))["status"] == {"approved": "completed", "rejected": "failed"}[won]
    async with server.app[SERVICES].database.read() as connection:
        rows = await statement.fetch(connection, "SELECT actor, status FROM history WHERE cause = 'answer'")
    assert [row[0] for row in rows] == ["anonymous"]


async def test_a_late_answer_is_told_who_has_decided_and_how(server: Any) -> None:
    for approved, word in ((True, "approved"), (False, "rejected")):
        job_id = await server.start_job("alone")
        assert (await answer(server, job_id, approved=approved))[0] == 200
        assert (await server.get(f"/api/jobs/{job_id}"))["status"] in ("completed", "failed")
        status, body = await answer(server, job_id, approved=False)
        assert (status, body["code"]) == (409, "conflict")
        assert body["error"].startswith(f"Step 'gate' is decided: It was {word} by anonymous at 20")


async def test_what_does_not_wait_for_an_approval_is_a_conflict(server: Any, traveller: Traveller) -> None:
    other = await server.start_job("other")
    for step in ("work", "hold"):
        assert (await answer(server, other, step))[0] == 409
    job_id = await server.start_job("plain")
    status, body = await answer(server, job_id, "after")
    assert (status, body["error"]) == (409, "Step 'after' has not begun")
    async with server.http.post(f"/api/jobs/{job_id}/cancel") as response:
        assert response.status == 200
    status, body = await answer(server, job_id)
    assert (status, body["code"]) == (409, "conflict")
    assert (await answer(server, "00000000-0000-4000-8000-000000000000"))[0] == 404
    async with server.http.post(f"/api/jobs/{job_id}/steps/gate/approve", json={}) as response:
        assert response.status == 400


async def test_what_waits_is_listed_across_workspaces_newest_first(server: Any) -> None:
    jobs = [await server.start_job("plain") for _ in range(3)]
    await server.start_job("other")
    page = await server.get("/api/approvals", limit=2)
    assert (page["total"], [one["job_id"] for one in page["items"]]) == (3, [jobs[2], jobs[1]])
    (last,) = (await server.get("/api/approvals", limit=2, offset=2))["items"]
    assert last.pop("suspended_at") is not None
    assert last == {
        "job_id": jobs[0],
        "workspace": "main",
        "task_name": "plain",
        "step_name": "gate",
        "approval_message": "Deploy?",
        "approval_fields": {},
        "expires_at": None,
        "reminders_sent": 0,
        "terms": {"approvers": None, "quorum": 1, "four_eyes": [], "given": [], "refusal": None},
    }
    assert (await server.get("/api/approvals", workspace="main"))["total"] == 3
    assert await server.get("/api/approvals", workspace="elsewhere") == {"items": [], "total": 0}
    await answer(server, jobs[1])
    assert (await server.get("/api/approvals"))["total"] == 2


@pytest.mark.parametrize(("task", "word"), [("bad-form", "colour"), ("stored-secret", "'pin' with a default")])
async def test_a_form_with_a_mistake_is_refused_at_the_start(server: Any, task: str, word: str) -> None:
    async with server.http.post(f"/api/workspaces/main/tasks/{task}/execute", json={"input": {}}) as response:
        assert (response.status, word in (await response.json())["error"]) == (400, True)
