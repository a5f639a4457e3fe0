"""Options of input fields that come from jobs of other tasks."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.server.http.test_openapi import fits
from tests.support.wait import eventually
from tests.support.workspace_files import write_workspace

WORKFLOWS = """\
secrets: {token: hunter2-hunter2}
actions:
  list: {type: script, script: "true"}
on_success: [{action: list}]
tasks:
  find-regions:
    retry: {attempts: 2, delay: 1}
    on_error: [{action: list}]
    input: {country: {required: true, options: [no, se]}}
    flow: {list: {action: list}}
  deploy:
    input:
      country: {options: [no, se]}
      region:
        options_from:
          task: find-regions
          path: list.regions
          input: {country: "{{ input.country }}"}
          cache: 10m
      zones:
        type: integer
        multiple: true
        options_from: {task: find-regions, path: list.zones, input: {country: "no"}, cache: 0}
      slow:
        options_from: {task: find-regions, path: list.slow, input: {country: "no"}, timeout: 1}
      free:
        allow_custom: true
        options_from: {task: find-regions, path: list.free, input: {country: "no"}}
    flow: {go: {action: list}}
"""
DEPLOY = "/api/workspaces/main/tasks/deploy"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_workspace(tmp_path / "workspace", WORKFLOWS)


async def next_claim(worker: Any) -> Any:
    """The next step of the queue, once there is one."""

    async def claimed() -> Any:
        claim = await worker.claim()
        return claim if claim["job_id"] is not None else None

    return await eventually(claimed, "a step in the queue")


async def found_by(worker: Any, request: "asyncio.Task[Any]", output: Any, **outcome: Any) -> Any:
    """The answer to a request whose job a worker completes with this output."""
    claim = await next_claim(worker)
    assert claim["task_name"] == "find-regions"
    await worker.start(claim)
    await worker.complete(claim, output=output, **outcome)
    return claim, await request


def ask(server: Any, field: str, **values: Any) -> "asyncio.Task[Any]":
    """A request for the options of a field: its status and answer."""

    async def get() -> Any:
        query = {"field": field, "input": json.dumps(values)}
        async with server.http.get(f"{DEPLOY}/options", params=query) as response:
            return response.status, await response.json()

    return asyncio.create_task(get())


def execute(server: Any, **values: Any) -> "asyncio.Task[Any]":
    async def post() -> Any:
        async with server.http.post(f"{DEPLOY}/execute", json={"input": values}) as response:
            return response.status, await response.json()

    return asyncio.create_task(post())


async def test_options_are_found_by_a_job_with_the_input_that_the_templates_make(
    server: Any, plain_worker: Any
) -> None:
    output = {"regions": ["oslo", {"value": "bergen", "label": "Bergen (west)"}]}
    _, (status, answer) = await found_by(plain_worker, ask(server, "region", country="no"), output)
    assert (status, answer["field"], answer["warnings"], answer["cached"]) == (200, "region", [], False)
    assert answer["options"] == [{"value": "oslo"}, {"value": "bergen", "label": "Bergen (west)"}]
    fits(await server.get("/api/openapi.json"), "/api/workspaces/{workspace}/tasks/{task}/options", answer)
    job = await server.get(f"/api/jobs/{answer['job_id']}")
    assert (job["source_type"], job["source_id"]) == ("options", "main/deploy/region")
    assert job["input"] == {"country": "no"}
    assert [item["job_id"] for item in (await server.get("/api/jobs", source_type="options"))["items"]] == [
        answer["job_id"]
    ]


async def test_a_recent_job_is_used_again_for_the_same_input_only(server: Any, plain_worker: Any) -> None:
    _, (_, first) = await found_by(plain_worker, ask(server, "region", country="no"), {"regions": ["oslo"]})
    status, again = await ask(server, "region", country="no")
    assert (status, again["job_id"], again["cached"]) == (200, first["job_id"], True)
    _, (_, other) = await found_by(plain_worker, ask(server, "region", country="se"), {"regions": ["skåne"]})
    assert other["job_id"] != first["job_id"]


async def test_requests_at_the_same_time_share_a_job(server: Any, plain_worker: Any) -> None:
    requests = [ask(server, "zones") for _ in range(5)]
    _, (_, first) = await found_by(plain_worker, requests[0], {"zones": [1]})
    assert {(await request)[1]["job_id"] for request in requests} == {first["job_id"]}


async def test_entries_that_the_field_does_not_take_are_left_out_with_a_warning(server: Any, plain_worker: Any) -> None:
    output = {"zones": [1, "two", {"value": 3, "label": 4}, {"label": "x"}, "5"]}
    _, (_, answer) = await found_by(plain_worker, ask(server, "zones"), output)
    assert answer["options"] == [{"value": 1}, {"value": 5}]
    assert [warning.split()[:2] for warning in answer["warnings"]] == [["entry", "1"], ["entry", "2"], ["entry", "3"]]


async def test_neither_hooks_nor_a_retry_follow(server: Any, plain_worker: Any) -> None:
    await found_by(plain_worker, ask(server, "zones"), {"zones": [1]})
    _, (status, _) = await found_by(plain_worker, ask(server, "zones"), None, exit_code=1)
    assert status == 409
    jobs = (await server.get("/api/jobs"))["items"]
    assert [(job["source_type"], job["status"], job["max_retries"]) for job in jobs] == [
        ("options", "failed", None),
        ("options", "completed", None),
    ]


async def test_secrets_in_options_are_masked(server: Any, plain_worker: Any) -> None:
    output = {"regions": [{"value": "hunter2-hunter2", "label": "with hunter2-hunter2"}]}
    _, (_, answer) = await found_by(plain_worker, ask(server, "region", country="no"), output)
    assert answer["options"] == [{"value": "••••••", "label": "with ••••••"}]


@pytest.mark.parametrize(
    ("field", "given", "status", "told"),
    [
        ("region", "{}", 400, "input.country is required (string)"),
        ("region", '{"country": "dk"}', 400, "input.country must be one of no, se"),
        ("country", "{}", 404, "Options of input 'country' not found"),
        ("regoin", "{}", 404, "Did you mean 'region'?"),
        ("region", "[]", 400, "input must be a JSON object"),
        ("region", "{", 400, "input is no JSON"),
    ],
)
async def test_requests_that_cannot_be_answered(server: Any, field: str, given: str, status: int, told: str) -> None:
    async with server.http.get(f"{DEPLOY}/options", params={"field": field, "input": given}) as response:
        assert response.status == status
        assert told in (await response.json())["error"]


async def test_a_job_that_fails_or_has_no_list_is_told_and_not_used_again(server: Any, plain_worker: Any) -> None:
    request = ask(server, "region", country="no")
    claim, (status, answer) = await found_by(plain_worker, request, None, exit_code=1, error="no network")
    assert (status, answer["error"].startswith("The options of input 'region' were not found")) == (409, True)
    assert f"job {claim['job_id']} of task 'find-regions' is failed" in answer["error"]
    _, (status, answer) = await found_by(plain_worker, ask(server, "region", country="no"), {"regions": "oslo"})
    assert (status, "has no list at 'list.regions'" in answer["error"]) == (409, True)


async def test_a_job_that_takes_too_long_is_cancelled_and_told(server: Any) -> None:
    status, answer = await ask(server, "slow")
    assert status == 409
    assert "is cancelled" in answer["error"]


async def test_execute_refuses_what_is_not_among_the_options(server: Any, plain_worker: Any) -> None:
    request = execute(server, country="no", region="london", zones=[1, 9])
    claim = await next_claim(plain_worker)
    await plain_worker.start(claim)
    await plain_worker.complete(claim, output={"regions": ["oslo"], "zones": [1]})
    _, (status, answer) = await found_by(plain_worker, request, {"regions": ["oslo"], "zones": [1]})
    assert status == 400
    assert [field["field"] for field in answer["fields"]] == ["input.region", "input.zones"]
    assert "'london' is not" in answer["fields"][0]["message"]
    assert (await execute(server, country="no", region="oslo"))[0] == 200


async def test_values_that_may_be_other_than_the_options_need_no_job(server: Any) -> None:
    assert (await execute(server, free="anything"))[0] == 200
    assert (await execute(server))[0] == 200
    assert (await server.get("/api/jobs", source_type="options"))["total"] == 0


async def test_the_task_describes_where_its_options_come_from(server: Any) -> None:
    fields = (await server.get(DEPLOY))["input"]
    assert fields["region"] == {
        "type": "string",
        "options_from": {
            "task": "find-regions",
            "path": "list.regions",
            "input": {"country": "{{ input.country }}"},
            "cache": 600,
            "timeout": 30,
        },
    }
