"""Requests made from the OpenAPI document, by clients of each role: none fails the server."""

import json
from typing import Any

import pytest

from stroem.rights.roles import ROLES
from tests.server.generated_requests import Target, attempt
from tests.server.rights.conftest import ADMIN, WHO, Guarded

pytestmark = [
    pytest.mark.slow("every route for every role"),
    pytest.mark.filterwarnings("ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning"),
]
ANN = {"name": "ann@example.com"}
CLIENTS: dict[str, dict[str, Any] | None] = {
    **{f"a {role}": ANN for role in sorted(ROLES)},
    "a stranger": {"name": "sam@example.com"},
    "nobody": None,
    "an administrator": ADMIN,
    "a key of an administrator": {**ADMIN, "key": {"workspaces": ["main"], "verbs": ["job.read", "job.run"]}},
}


@pytest.mark.parametrize("client", CLIENTS)
async def test_every_operation_of_the_api(guarded: Guarded, caplog: pytest.LogCaptureFixture, client: str) -> None:
    who = CLIENTS[client]
    role = client.removeprefix("a ")
    rule = {"role": role if role in ROLES else "viewer", "users": [ANN["name"]], "workspaces": ["main"]}
    document = await guarded.get(ADMIN, "/api/openapi.json")
    names = {
        "workspace": "main",
        "task": "open",
        "trigger": "hook",
        "job_id": await guarded.start("main", "open"),
        "step": "say",
        "path": ".workflows/main.yaml",
    }
    guarded.replace(rules=[rule])
    headers = {} if who is None else {WHO: json.dumps(who)}
    target = Target(guarded.url, document, names, headers)
    await attempt(target, 4, caplog, lambda operation: operation.path.startswith("/api/"))
