"""Requests made from the OpenAPI document: none fails the server, and each answer is as the document says."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.server.conftest import TOKEN, Running
from tests.server.traveller import chunk

pytestmark = pytest.mark.filterwarnings(
    "ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning"
)
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
IMPATIENT = {"wait": False, "wait_secs": 0, "max_wait_secs": 0}
"""Values that keep a request from waiting for others."""


WEBHOOKS = """
triggers:
  in: {type: webhook, name: in, task: hello, input: {name: "{{ body }}"}}
"""


@pytest.fixture
def folder(folder: Path) -> Path:
    """The workspace, with a webhook."""
    (folder / ".workflows" / "webhooks.yaml").write_text(WEBHOOKS)
    return folder


@attrs.frozen
class Target:
    """A server with jobs of every kind of end, and values that name what it has."""

    url: str
    document: Mapping[str, Any]
    names: Mapping[str, str]

    def operations(self) -> Iterator[Any]:
        """The operations of the document, without WebSockets."""
        schema = schemathesis.openapi.from_dict(self.document)
        for found in schema.get_all_operations():
            operation = found.ok()
            if not operation.path.endswith(("/stream", "/sse")):
                yield operation

    def try_operation(self, operation: Any, examples: int) -> None:
        """Sends requests as the document allows them, and others; some with names of what is there."""
        positive = operation.as_strategy()
        can_be_wrong = bool(operation.query or operation.body)
        negative = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE) if can_be_wrong else positive

        @settings(
            max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=[*HealthCheck]
        )
        @given(case=positive | negative, named=st.sampled_from([True, True, True, False]))
        def sent(case: Any, named: bool) -> None:
            self._send(case, named=named)

        sent()

    def _send(self, case: Any, *, named: bool) -> None:
        if named and case.path_parameters:
            case.path_parameters = {name: self.names.get(name, value) for name, value in case.path_parameters.items()}
        for values in (case.query, case.body):
            if isinstance(values, dict):
                values.update({name: value for name, value in IMPATIENT.items() if name in values})
        token = {"Authorization": f"Bearer {TOKEN}"} if case.path.startswith("/worker") else {}
        case.call_and_validate(base_url=self.url, headers=token, checks=CHECKS, timeout=60)


@pytest.fixture
async def target(server: Running) -> Target:
    registered = await server.ask_worker_api("register", {"name": "w", "capabilities": ["script"], "tags": []})
    ask = {"worker_id": registered["worker_id"], "capabilities": ["script"], "max_steps": 1}
    job_ids = [await server.start_job() for _ in range(3)]
    steps = [(await server.ask_worker_api("jobs/claim", ask))["steps"][0] for _ in job_ids]
    ended = {name: steps[0][name] for name in ("job_id", "step_name", "attempt")}
    failed = {**ended, "exit_code": 1, "error": "it failed"}
    logs = [chunk(step, 0, "hello", "world") for step in steps]
    await server.ask_worker_api("jobs/claim", {**ask, "max_steps": 0, "logs": logs, "outcomes": [failed]})
    async with server.http.post(f"/api/jobs/{job_ids[1]}/cancel") as response:
        assert response.status == 200
    names = {
        "workspace": "main",
        "task": "hello",
        "trigger": "in",
        "hook": "in",
        "job_id": job_ids[0],
        "step": steps[0]["step_name"],
        "worker_id": registered["worker_id"],
        "name": "go",
        "number": "1",
        "other": "current",
        "path": ".workflows/main.yaml",
    }
    return Target(server.url, await server.get("/api/openapi.json"), names)


async def attempt(target: Target, examples: int, caplog: pytest.LogCaptureFixture) -> None:
    """Tries every operation, and reports all that are not as the document says."""
    told: list[str] = []
    for operation in target.operations():
        try:
            await asyncio.to_thread(target.try_operation, operation, examples)
        except FailureGroup as error:
            told.append(f"{operation.label}: {error}")
    assert told == [], "\n\n".join(told)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


async def test_every_operation(target: Target, caplog: pytest.LogCaptureFixture) -> None:
    await attempt(target, 10, caplog)


@pytest.mark.slow("a property over many examples")
async def test_every_operation_often(target: Target, caplog: pytest.LogCaptureFixture) -> None:
    await attempt(target, 50, caplog)
