"""Values that cannot be kept fail the step or the request that brings them, and nothing else."""

import io
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.server.traveller import Traveller, chunk, outcome

FLOWS = r"""
tasks:
  wide:
    flow:
      bad: {action: nothing}
      good: {action: nothing}
  templated:
    input: {name: {type: string, default: x}}
    flow:
      nul: {action: say, input: {text: "{{ '\\u0000' }}"}}
      surrogate: {action: say, input: {text: "{{ '\\ud800' }}"}}
      script: {action: nul-script}
      good: {action: say, input: {text: "{{ input.name }}"}}
  throwing:
    flow: {a: {action: say, input: {text: "{{ throw(message='x' * 1000000) }}"}}}
  spoilt-default:
    input: {name: {type: string, default: "{{ '\\u0000' }}"}}
    flow: {a: {action: nothing}}
actions:
  nothing: {type: script, script: "true"}
  say: {type: script, script: "echo {{ input.text }}", input: {text: {type: string}}}
  nul-script: {type: script, script: "echo {{ '\\u0000' }}"}
"""
NOT_KEPT = [
    (b'{"v":"\\u0000"}', "v: holds the character NUL"),
    (b'{"\\u0000":1}', "has a key that holds the character NUL"),
    (b'{"v":["\\ud800"]}', "v[0]: holds half of a surrogate pair"),
    (b'{"n":12345678901234567890123}', "n: is a whole number beyond 64 bits"),
    (b'{"n":9223372036854775808}', "n: is a whole number beyond 64 bits"),
    (b"1e400", "is not a finite number"),
    (b"[" * 101 + b"]" * 101, "is nested more than 100 deep"),
    (b'"' + b"x" * (16 * 1024 * 1024) + b'"', "The output has 16,777,218 bytes; at most 16,777,216 are kept"),
]


@pytest.fixture
def folder(folder: Path) -> Path:
    (folder / ".workflows" / "poison.yaml").write_text(FLOWS)
    return folder


def news(traveller: Traveller, outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    """A request that brings outcomes and asks for nothing."""
    return {"worker_id": traveller.worker_id, "capabilities": ["script"], "max_steps": 0, "outcomes": outcomes}


async def post(server: Any, path: str, body: dict[str, Any]) -> None:
    """Sends JSON that holds raw pieces; it must be taken."""
    headers = {"Content-Type": "application/json"}
    data = io.BytesIO(orjson.dumps(body))
    async with server.worker.post(f"/worker/{path}", data=data, headers=headers) as response:
        assert response.status == 200, await response.text()


@pytest.mark.parametrize(("output", "told"), NOT_KEPT)
async def test_an_output_that_is_not_kept_fails_its_step_alone(
    server: Any, traveller: Traveller, output: bytes, told: str
) -> None:
    job_id = await server.start_job("wide")
    steps = {step["step_name"]: step for step in (await traveller.ask())["steps"]}
    outcomes = [outcome(steps["bad"], output=orjson.Fragment(output)), outcome(steps["good"], output={"v": 1})]
    await post(server, "jobs/claim", news(traveller, outcomes))
    bad, good = (await server.get(f"/api/jobs/{job_id}"))["steps"]
    assert (bad["status"], bad["output"]) == ("failed", None)
    assert told in bad["error_message"]
    assert (good["status"], good["output"]) == ("completed", {"v": 1})


@pytest.mark.parametrize(("output", "told"), NOT_KEPT)
async def test_the_same_from_a_worker_of_the_older_contract(
    server: Any, plain_worker: Any, output: bytes, told: str
) -> None:
    await plain_worker.register()
    job_id = await server.start_job("wide")
    claims = {claim["step_name"]: claim for claim in (await plain_worker.claim(), await plain_worker.claim())}
    await post(server, f"jobs/{job_id}/steps/bad/complete", {"exit_code": 0, "output": orjson.Fragment(output)})
    await plain_worker.complete(claims["good"])
    job = await server.get(f"/api/jobs/{job_id}")
    assert [step["status"] for step in job["steps"]] == ["failed", "completed"]
    assert told in job["steps"][0]["error_message"]


async def test_an_output_of_the_largest_size(server: Any, traveller: Traveller) -> None:
    job_id = await server.start_job("wide")
    steps = {step["step_name"]: step for step in (await traveller.ask())["steps"]}
    text = "x" * (16 * 1024 * 1024 - 2)
    await post(server, "jobs/claim", news(traveller, [outcome(steps["bad"], output=text)]))
    assert (await server.get(f"/api/jobs/{job_id}"))["steps"][0]["output"]["$large_output"]["size"] == len(text) + 2
    assert await server.get(f"/api/jobs/{job_id}/steps/bad/output") == text


async def test_errors_and_lines_with_nul_are_kept_visibly(server: Any, traveller: Traveller, plain_worker: Any) -> None:
    job_id = await server.start_job("wide")
    steps = {step["step_name"]: step for step in (await traveller.ask())["steps"]}
    lines = chunk(steps["bad"], 0, "a-b")
    lines["data"] = lines["data"].replace("-", "\0", 1).replace("a-b", "a\0b")
    bad = outcome(steps["bad"], exit_code=1, error="x\0y")
    await traveller.ask(outcomes=[bad], logs=[lines, chunk(steps["good"], 0, "fine")])
    await plain_worker.log(steps["good"], "c\0d")
    job = await server.get(f"/api/jobs/{job_id}")
    assert job["steps"][0]["error_message"] == "x\ufffdy"
    logs = (await server.get(f"/api/jobs/{job_id}/logs"))["logs"]
    assert [orjson.loads(line)["line"] for line in logs.splitlines()] == ["a\ufffdb", "fine", "c\ufffdd"]


async def test_of_a_long_error_the_beginning_and_the_end_are_kept(server: Any, traveller: Traveller) -> None:
    told = await server.start_job("wide")
    steps = {step["step_name"]: step for step in (await traveller.ask())["steps"]}
    await traveller.ask(outcomes=[outcome(steps["bad"], exit_code=1, error="first" + "x" * 1_000_000 + "last")])
    thrown = await server.start_job("throwing")
    await traveller.ask()
    for job_id in (told, thrown):
        error = (await server.get(f"/api/jobs/{job_id}"))["steps"][0]["error_message"]
        assert len(error) < 17_000
        assert "characters are left out" in error
    assert error.startswith("Template")
    logs = (await server.get(f"/api/jobs/{thrown}/logs"))["logs"]
    assert len(logs) < 20_000


async def test_results_of_templates_that_are_not_kept_fail_their_step_alone(server: Any, traveller: Traveller) -> None:
    job_id = await server.start_job("templated")
    (good,) = (await traveller.ask())["steps"]
    assert good["step_name"] == "good"
    job = await server.get(f"/api/jobs/{job_id}")
    errors = {step["step_name"]: step["error_message"] for step in job["steps"] if step["status"] == "failed"}
    assert "holds the character NUL" in errors.pop("nul")
    assert "half of a surrogate pair" in errors.pop("surrogate")
    assert "script: holds the character NUL" in errors.pop("script")
    assert errors == {}


async def test_a_default_that_is_not_kept(server: Any) -> None:
    async with server.http.post("/api/workspaces/main/tasks/spoilt-default/execute", json={}) as response:
        assert response.status == 400
        assert (await response.json())["fields"] == [{"field": "input.name", "message": "holds the character NUL"}]
