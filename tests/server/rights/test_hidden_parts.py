"""Parts of what may be seen that may not: outputs, starters and their tasks, and names of workspaces."""

import asyncio
import json
from typing import Any

import pytest

from stroem.server.api.jobs import job_filters
from tests.server.conftest import TOKEN
from tests.server.rights.conftest import ADMIN, WHO, Guarded
from tests.support.wait import eventually

ANN = {"name": "ann@example.com"}
BOB = {"name": "bob@example.com"}
WORKFLOWS = """
actions:
  say: {type: script, script: echo}
  start: {type: task, task: open}
tasks:
  open:
    folder: demo
    flow:
      say: {action: say}
      each: {action: say, for_each: [a], depends_on: [say]}
  list: {folder: demo, flow: {say: {action: say}}}
  caller: {folder: secret, flow: {call: {action: start}}}
  choose:
    folder: secret
    input:
      region: {options_from: {task: list, path: say.regions, cache: 10m}}
    flow: {say: {action: say}}
"""
VIEWER = {"role": "viewer", "users": ["bob@example.com"], "workspaces": ["main"], "tasks": ["demo/*"]}
ACL = {"default": "view", "rules": [{"workspace": "other", "action": "deny", "users": ["ann@example.com"]}]}
RULES = [{"role": "viewer", "users": ["ann@example.com"], "workspaces": ["main"]}]


@pytest.fixture
def workflows() -> str:
    return WORKFLOWS


class Worker:
    """A worker that completes steps."""

    def __init__(self, guarded: Guarded) -> None:
        self._guarded = guarded
        self._id = ""

    async def ask(self, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        status, answer = await self._guarded.ask(None, "POST", f"/worker/{path}", json=body, headers=headers)
        assert status == 200, answer
        return answer

    async def complete(self, job_id: str, output: Any) -> str:
        """Completes the next step, which is one of the job if it has an id, and returns the job's id."""
        if not self._id:
            body = {"name": "plain", "capabilities": ["script"], "tags": [], "version": "0.15.26"}
            self._id = (await self.ask("register", body))["worker_id"]
        asking = {"worker_id": self._id, "capabilities": ["script"], "tags": []}

        async def claimed() -> Any:
            claim = await self.ask("jobs/claim", asking)
            return claim if claim["job_id"] is not None else None

        claim = await eventually(claimed, "a step in the queue")
        assert job_id in ("", claim["job_id"])
        step = f"jobs/{claim['job_id']}/steps/{claim['step_name'].replace('[', '%5B').replace(']', '%5D')}"
        await self.ask(f"{step}/start", {"worker_id": self._id})
        await self.ask(f"{step}/complete", {"exit_code": 0, "output": output, "error": None})
        return str(claim["job_id"])


@pytest.fixture
def worker(guarded: Guarded) -> Worker:
    return Worker(guarded)


@pytest.fixture
async def ended(guarded: Guarded, worker: Worker) -> str:
    """A completed job with outputs."""
    job_id = await guarded.start("main", "open")
    for _ in range(2):
        await worker.complete(job_id, {"pin": "4711"})
    assert (await guarded.get(ADMIN, f"/api/jobs/{job_id}"))["status"] == "completed"
    return job_id


async def test_who_may_not_read_outputs_sees_none(guarded: Guarded, ended: str) -> None:
    guarded.replace(rules=[{"verbs": ["job.read"], "everyone": True}])
    paths = ("", "?steps=top", "/steps/say/inside", "/steps/each/inside", "/steps/each[0]/inside")
    for path in (*paths, "/steps/each/items", "/history", "/waiting"):
        status, answer = await guarded.ask(ANN, "GET", f"/api/jobs/{ended}{path}")
        assert status in (200, 403), path
        assert "4711" not in json.dumps(answer), path
    detail = await guarded.get(ANN, f"/api/jobs/{ended}")
    assert {one["step_name"]: one["output"] for one in detail["steps"]} == {
        "say": None, "each": None, "each[0]": None,
    }  # fmt: skip
    assert (detail["status"], detail["output"]) == ("completed", None)
    assert (await guarded.ask(ANN, "GET", f"/api/jobs/{ended}/output"))[0] == 403
    guarded.replace(rules=[{"verbs": ["job.read", "output.read"], "everyone": True}])
    for path in paths:
        if path != "/steps/each/inside":
            assert "4711" in json.dumps(await guarded.get(ANN, f"/api/jobs/{ended}{path}")), path
    assert "4711" in json.dumps((await guarded.get(ANN, f"/api/jobs/{ended}"))["output"])


async def test_a_job_names_no_hidden_task_that_started_it(guarded: Guarded) -> None:
    parent = await guarded.start("main", "caller")

    async def child() -> Any:
        found = await guarded.get(ADMIN, "/api/jobs", source_type="task")
        return found["items"][0] if found["items"] else None

    started = await eventually(child, "the job of the sub-task")
    assert started["started_by"] == "child of caller"
    guarded.replace(rules=[VIEWER])
    (item,) = (await guarded.get(BOB, "/api/jobs"))["items"]
    detail = await guarded.get(BOB, f"/api/jobs/{started['job_id']}")
    assert item["started_by"] == detail["started_by"] == f"child of job {parent}"


async def test_options_are_found_in_the_name_of_who_asks(guarded: Guarded, worker: Worker) -> None:
    guarded.replace(rules=[{"role": "operator", "users": ["ann@example.com"]}, VIEWER])
    path = "/api/workspaces/main/tasks/choose/options"
    async with guarded.http.ws_connect("/api/live", headers={WHO: json.dumps(BOB)}) as live:
        assert (await live.receive_json())["kind"] == "start"
        asking = asyncio.create_task(guarded.get(ANN, path, field="region"))
        job_id = await worker.complete("", {"regions": ["eu"]})
        while (notice := await live.receive_json())["kind"] != "job":
            pass
        assert (notice["id"], "choose" in json.dumps(notice)) == (job_id, False)
    assert (await asking)["job_id"] == job_id
    (row,) = (await guarded.get(ADMIN, "/api/audit", verb="job.run"))["items"]
    assert (row["actor_kind"], row["actor"], row["workspace"]) == ("user", "ann@example.com", "main")
    assert (row["object_kind"], row["object"], row["outcome"]) == ("task", "choose", "ok")
    assert row["after"] == {"started": [job_id]}
    assert (await guarded.get(ANN, path, field="region"))["cached"]
    assert len((await guarded.get(ADMIN, "/api/audit", verb="job.run"))["items"]) == 1
    detail = await guarded.get(ANN, f"/api/jobs/{job_id}")
    assert (detail["source_id"], detail["started_by"]) == ("main/choose/region", "options of choose/region")
    (item,) = (await guarded.get(BOB, "/api/jobs"))["items"]
    hidden = await guarded.get(BOB, f"/api/jobs/{job_id}")
    for shown in (item, hidden):
        assert (shown["source_id"], shown["started_by"]) == (None, "options of a task")


async def test_re_runs_name_who_asked_for_them(guarded: Guarded, ended: str) -> None:
    guarded.replace(rules=[{"role": "operator", "users": ["ann@example.com"]}])
    body = {"ids": [ended]}
    answers = [
        await guarded.ask(ANN, "POST", f"/api/jobs/{ended}/rerun", json={}),
        await guarded.ask(ANN, "POST", f"/api/jobs/{ended}/rerun", json={"steps": ["each"]}),
        await guarded.ask(ANN, "POST", "/api/jobs/bulk/rerun", json=body),
    ]
    assert [status for status, _ in answers] == [200, 200, 200], answers
    for job_id in (answers[0][1]["job_id"], answers[1][1]["job_id"], answers[2][1]["done"][0]["new_job_id"]):
        found = await guarded.get(ANN, f"/api/jobs/{job_id}")
        assert (found["source_id"], found["started_by"]) == ("ann@example.com", "ann@example.com")
        assert found["source_job_id"] == ended


@pytest.mark.parametrize(
    ("who", "rights"),
    [
        (ANN, {"acl": ACL}),
        (ANN, {"rules": RULES}),
        (ANN, {"rules": []}),
        ({**ADMIN, "key": {"workspaces": ["main"]}}, {"rules": RULES}),
        ({**ANN, "key": {"verbs": ["*.read"]}}, {"acl": ACL}),
    ],
    ids=["acl", "rules", "no rules", "key", "key under acl"],
)
async def test_hidden_workspaces_are_answered_as_unknown_ones(
    guarded: Guarded, who: dict[str, Any], rights: dict[str, Any]
) -> None:
    guarded.replace(**rights)
    gets = (
        "/api/stats/tasks?workspace=NAME",
        "/api/jobs?workspace=NAME&folder=demo",
        "/api/jobs?workspace=NAME&task_name=open",
        "/api/stats/jobs/timeline?workspace=NAME&folder=demo",
        "/api/events?workspace=NAME",
        "/api/triggers?workspace=NAME",
        "/api/approvals?workspace=NAME",
        *(f"/api/workspaces/NAME{path}" for path in ("", "/events", "/triggers", "/tasks", "/artifacts", "/releases")),
        "/api/workspaces/NAME/tasks/open",
        "/api/auth/my-verbs?workspace=NAME",
    )
    for path in gets:
        hidden, unknown = [await guarded.ask(who, "GET", path.replace("NAME", name)) for name in ("other", "othe")]
        assert (hidden[0], json.dumps(hidden[1]).replace("other", "othe")) == (unknown[0], json.dumps(unknown[1])), path
        assert "main" not in json.dumps(hidden[1]), path
    body = {"filter": {"workspace": "other", "folder": "demo"}, "dry_run": True}
    hidden = await guarded.ask(who, "POST", "/api/jobs/bulk/cancel", json=body)
    unknown = await guarded.ask(
        who, "POST", "/api/jobs/bulk/cancel", json=json.loads(json.dumps(body).replace("other", "othe"))
    )
    assert (hidden[0], json.dumps(hidden[1]).replace("other", "othe")) == (unknown[0], json.dumps(unknown[1]))


async def test_who_sees_all_workspaces_is_told_what_they_may_have_meant(guarded: Guarded) -> None:
    guarded.replace(acl=ACL)
    for path in ("/api/stats/tasks?workspace=othe", "/api/workspaces/othe/events"):
        status, answer = await guarded.ask(ADMIN, "GET", path)
        assert (status, "'other'" in answer["error"]) == (404, True), path


async def test_hidden_tasks_of_a_folder_are_not_counted(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_filters, "_MOST_TASKS", 1)
    guarded.replace(rules=[VIEWER])
    query = {"workspace": "main", "folder": "secret"}
    assert (await guarded.get(BOB, "/api/jobs", **query))["total"] == 0
    status, answer = await guarded.ask(ADMIN, "GET", "/api/jobs", params=query)
    assert (status, "has 2 tasks" in answer["error"]) == (400, True)
