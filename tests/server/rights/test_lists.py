"""Lists show what may be seen, and count no more."""

import json
from typing import Any

import pytest

from stroem.store.lists import job_list
from tests.server.rights.conftest import ADMIN, WHO, Guarded

ANN = {"name": "ann@example.com"}
RULES = [
    {"role": "viewer", "users": ["ann@example.com"], "workspaces": ["main"]},
    {"effect": "deny", "verbs": ["*"], "users": ["ann@example.com"], "tasks": ["secret/*"]},
]
ACL = {
    "default": "view",
    "rules": [
        {"workspace": "*", "action": "deny", "tasks": ["secret/*"], "users": ["ann@example.com"]},
        {"workspace": "other", "action": "deny", "users": ["ann@example.com"]},
    ],
}


@pytest.fixture(params=[{"rules": RULES}, {"acl": ACL}], ids=["rules", "acl"])
async def jobs(request: pytest.FixtureRequest, guarded: Guarded) -> dict[str, str]:
    """A job of each task of each workspace; Ann may see the open and the plain ones of `main`."""
    started = {
        f"{workspace}/{task}": await guarded.start(workspace, task)
        for workspace in ("main", "other")
        for task in ("open", "hidden", "plain", "waits")
    }
    guarded.replace(**request.param)
    return started


@pytest.mark.parametrize("few", [0, 20], ids=["many tasks", "few tasks"])
async def test_lists_of_jobs(guarded: Guarded, jobs: dict[str, str], few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_list, "_FEW", few)
    page = await guarded.get(ANN, "/api/jobs", limit=1)
    assert (page["total"], len(page["items"])) == (2, 1)
    rest = await guarded.get(ANN, "/api/jobs", limit=5, cursor=page["next_cursor"])
    found = {one["job_id"] for one in (*page["items"], *rest["items"])}
    assert found == {jobs["main/open"], jobs["main/plain"]}
    assert (await guarded.get(ANN, "/api/jobs", search="hidden"))["total"] == 0
    assert (await guarded.get(ANN, "/api/jobs", workspace="other"))["total"] == 0
    assert (await guarded.get(ADMIN, "/api/jobs"))["total"] == 8


async def test_numbers(guarded: Guarded, jobs: dict[str, str]) -> None:
    assert sum((await guarded.get(ANN, "/api/stats")).values()) == 2
    assert sum((await guarded.get(ADMIN, "/api/stats")).values()) == 8
    timeline = await guarded.get(ANN, "/api/stats/jobs/timeline", group="task")
    assert timeline["total"] == 2
    assert {one["task_name"] for one in timeline["series"]} == {"open", "plain"}
    outcomes = await guarded.get(ANN, "/api/stats/tasks")
    assert outcomes["total"] == 2
    assert {(one["workspace"], one["task_name"]) for one in outcomes["items"]} == {("main", "open"), ("main", "plain")}


async def test_tasks_workspaces_and_triggers(guarded: Guarded, jobs: dict[str, str]) -> None:
    tasks = await guarded.get(ANN, "/api/tasks")
    assert {one["id"]: one["can_execute"] for one in tasks} == {"open": False, "plain": False}
    assert all(one["can_execute"] for one in await guarded.get(ADMIN, "/api/tasks"))
    assert {one["id"] for one in await guarded.get(ANN, "/api/workspaces/main/tasks")} == {"open", "plain"}
    assert [one["name"] for one in await guarded.get(ANN, "/api/workspaces")] == ["main"]
    assert [one["name"] for one in await guarded.get(ADMIN, "/api/workspaces")] == ["main", "other"]
    triggers = await guarded.get(ANN, "/api/triggers")
    assert (triggers["total"], {one["name"] for one in triggers["items"]}) == (2, {"nightly", "hook"})
    assert {one["name"] for one in await guarded.get(ANN, "/api/workspaces/main/triggers")} == {"nightly", "hook"}
    upcoming = await guarded.get(ANN, "/api/triggers/upcoming")
    assert {(one["workspace"], one["trigger"]) for one in upcoming["items"]} == {("main", "nightly")}
    for path in ("tasks", "triggers", "events", "artifacts"):
        assert (await guarded.ask(ANN, "GET", f"/api/workspaces/other/{path}"))[0] == 404


async def test_what_waits(guarded: Guarded, jobs: dict[str, str]) -> None:
    approvals = await guarded.get(ANN, "/api/approvals")
    assert (approvals["total"], [one["job_id"] for one in approvals["items"]]) == (1, [jobs["main/plain"]])
    assert (await guarded.get(ADMIN, "/api/approvals"))["total"] == 4
    queue = await guarded.get(ANN, "/api/queue")
    assert sum(one["waiting"] for one in queue["groups"]) == 1
    assert queue["held"] == {"approval": 1}
    assert sum(one["waiting"] for one in (await guarded.get(ADMIN, "/api/queue"))["groups"]) == 4
    steps = await guarded.get(ANN, "/api/queue/steps")
    assert [one["job_id"] for one in steps["items"]] == [jobs["main/open"]]
    held = await guarded.get(ANN, "/api/queue/steps", held="approval")
    assert [one["job_id"] for one in held["items"]] == [jobs["main/plain"]]
    assert (await guarded.get(ANN, "/api/queue/steps", held="slot"))["items"] == []


async def test_what_is_hidden_is_missing(guarded: Guarded, jobs: dict[str, str]) -> None:
    hidden, unknown = jobs["main/hidden"], "00000000-0000-4000-8000-000000000000"
    for path in ("", "/logs", "/output", "/waiting", "/history", "/artifacts"):
        status, answer = await guarded.ask(ANN, "GET", f"/api/jobs/{hidden}{path}")
        absent = await guarded.ask(ANN, "GET", f"/api/jobs/{unknown}{path}")
        assert (status, json.dumps(answer).replace(hidden, unknown)) == (absent[0], json.dumps(absent[1]))
    for kind, hidden, unknown in (("tasks", "hidden", "hiddem"), ("triggers", "secretly", "secretle")):
        status, answer = await guarded.ask(ANN, "GET", f"/api/workspaces/main/{kind}/{hidden}")
        absent = await guarded.ask(ANN, "GET", f"/api/workspaces/main/{kind}/{unknown}")
        assert (status, json.dumps(answer).replace(hidden, unknown)) == (absent[0], json.dumps(absent[1]))
    assert (await guarded.ask(ANN, "GET", "/api/workspaces/other"))[1] == {
        "error": "Workspace 'other' not found.",
        "code": "not-found",
    }


async def test_operations_on_many_jobs(guarded: Guarded, jobs: dict[str, str]) -> None:
    rules = [
        *RULES,
        {"verbs": ["job.cancel"], "users": ["ann@example.com"], "workspaces": ["main"], "tasks": ["demo/*"]},
    ]
    guarded.replace(rules=rules)
    body: dict[str, Any] = {"ids": [jobs["main/open"], jobs["main/plain"], jobs["main/hidden"], jobs["other/open"]]}
    status, answer = await guarded.ask(ANN, "POST", "/api/jobs/bulk/cancel", json=body)
    assert status == 200, answer
    assert [one["job_id"] for one in answer["done"]] == [jobs["main/open"]]
    errors = {one["job_id"]: one["error"] for one in answer["failures"]}
    assert "the right job.cancel is needed for task main/plain" in errors[jobs["main/plain"]]
    assert errors[jobs["main/hidden"]] == f"Job '{jobs['main/hidden']}' not found."
    everything = {"filter": {}, "dry_run": True}
    assert (await guarded.ask(ANN, "POST", "/api/jobs/bulk/cancel", json=everything))[1]["count"] <= 1
    assert (await guarded.ask(ANN, "POST", "/api/jobs/bulk/rerun", json=everything))[1]["count"] == 0


async def test_secrets_of_another_job_are_no_way_round(guarded: Guarded, jobs: dict[str, str]) -> None:
    guarded.replace(rules=[{"role": "operator", "users": ["ann@example.com"], "tasks": ["demo/*"]}])
    path, body = "/api/workspaces/main/tasks/open/execute", {"source_job_id": jobs["main/hidden"]}
    assert (await guarded.ask(ANN, "POST", path, json=body))[0] == 404
    assert (await guarded.ask(ANN, "GET", "/api/live", params={"job": jobs["main/hidden"]}))[0] == 404


async def test_events_and_changes(guarded: Guarded, jobs: dict[str, str]) -> None:
    events = await guarded.get(ANN, "/api/events")
    assert {one["workspace"] for one in events["items"]} <= {"main", None}
    assert {one["workspace"] for one in (await guarded.get(ADMIN, "/api/events"))["items"]} == {"main", "other"}
    headers = {WHO: json.dumps(ANN)}
    async with (
        guarded.http.ws_connect("/api/live", headers=headers) as live,
        guarded.http.ws_connect("/api/events/stream?tail=100", headers=headers) as stream,
    ):
        assert (await live.receive_json())["kind"] == "start"
        assert (await stream.receive_json())["event"] == "start"
        await guarded.start("main", "hidden")
        await guarded.start("other", "open")
        visible = await guarded.start("main", "open")
        while (notice := await live.receive_json())["kind"] != "job":
            assert notice.get("workspace") != "other"
        assert notice["id"] == visible


async def test_a_stream_ends_with_the_rights_to_it(guarded: Guarded, jobs: dict[str, str]) -> None:
    headers = {WHO: json.dumps(ANN)}
    async with guarded.http.ws_connect(f"/api/jobs/{jobs['main/plain']}/history/stream", headers=headers) as stream:
        await stream.receive_json()
        guarded.replace(rules=RULES)
        guarded.replace(rules=[{"role": "viewer", "users": ["bob@example.com"]}])
        while (message := await stream.receive()).type.name == "TEXT":
            pass
        assert message.data == 1008


async def test_a_key_narrows_lists(guarded: Guarded, jobs: dict[str, str]) -> None:
    key = {**ADMIN, "key": {"workspaces": ["main"], "tasks": ["demo/*"]}}
    assert (await guarded.get(key, "/api/jobs"))["total"] == 1
    assert (await guarded.ask(key, "GET", f"/api/jobs/{jobs['main/plain']}"))[0] == 404
    assert (await guarded.ask(key, "GET", "/api/workers"))[0] == 403
    assert (await guarded.ask(None, "GET", "/api/jobs"))[0] == 401
