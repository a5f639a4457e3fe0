"""Requests made from the OpenAPI document of a server."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
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

from tests.server.conftest import TOKEN

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
IMPATIENT = {"wait": False, "wait_secs": 0, "max_wait_secs": 0}
"""Values that keep a request from waiting for others."""


@attrs.frozen
class Target:
    """A server, values that name what it has, and the headers of a client."""

    url: str
    document: Mapping[str, Any]
    names: Mapping[str, str]
    headers: Mapping[str, str] = attrs.field(factory=dict)

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
        headers = {**self.headers, **token}
        case.call_and_validate(base_url=self.url, headers=headers, checks=CHECKS, timeout=60)


async def attempt(
    target: Target, examples: int, caplog: pytest.LogCaptureFixture, wanted: Callable[[Any], bool] = lambda _: True
) -> None:
    """Tries every wanted operation, and reports all that are not as the document says."""
    told: list[str] = []
    for operation in filter(wanted, target.operations()):
        try:
            await asyncio.to_thread(target.try_operation, operation, examples)
        except FailureGroup as error:
            told.append(f"{operation.label}: {error}")
    assert told == [], "\n\n".join(told)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
