"""The description of the API says what the API does."""

import json
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from stroem.server.http.openapi import classes_in, openapi_document
from stroem.server.routes import PAGES, ROUTES

METHODS = {"GET", "POST", "PUT", "DELETE", "PATCH"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads(json.dumps(openapi_document(ROUTES)))


def test_it_is_valid(document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_the_file_is_current() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stroem.server.generate", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_classes_of_answers_and_bodies_have_names_of_their_own() -> None:
    types = [one for route in ROUTES for one in (route.json_type, route.hints.get("body"))]
    found = {cls for one in types for cls in classes_in(one)}
    assert len(found) > 100
    assert len({cls.__name__ for cls in found}) == len(found)


def test_operations_have_names_of_their_own_and_are_described(document: dict[str, Any]) -> None:
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all(operation["summary"] for operation in operations)


async def test_it_lists_every_route_but_the_pages(server: Any) -> None:
    pages = {(route.method, route.path) for route in PAGES}
    served = await server.get("/api/openapi.json")
    listed = {(method.upper(), path) for path, item in served["paths"].items() for method in item}
    entered = {
        (route.method, route.resource.canonical)
        for route in server.app.router.routes()
        if route.method in METHODS and route.resource is not None
    }
    assert listed == entered - pages


def test_workers_need_their_token(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        needs_token = path.startswith("/worker/") or path == "/healthz/detail"
        for operation in item.values():
            assert bool(operation["security"]) == needs_token


def fits(document: dict[str, Any], path: str, value: Any) -> None:
    """Raises unless the value is what the document says about the answer to a GET."""
    answer = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    schema = {**answer, "components": document["components"]}
    jsonschema.validate(value, schema, jsonschema.Draft202012Validator)


_ELSEWHERE = ("/options", "/deliveries", "/deliveries/{number}", "/dead-letters", "/replica")
_OF_ACCOUNTS = ("/api/auth/", "/api/users", "/api/groups", "/api/service-accounts")


async def test_answers_are_as_described(server: Any, plain_worker: Any, document: dict[str, Any]) -> None:
    job_id = await server.start_job()
    claim = await plain_worker.claim()
    await plain_worker.log(claim, "a line")
    await plain_worker.complete(claim, exit_code=1)
    for scope in ("/tasks/hello", ""):
        async with server.http.post(f"/api/workspaces/main{scope}/state", params={"key": "value"}) as response:
            assert response.status == 201
    parts = {
        "job_id": job_id,
        "workspace": "main",
        "task": "hello",
        "step": "say-first",
        "worker_id": plain_worker.worker_id,
        "number": 1,
        "other": 1,
        "path": ".workflows/main.yaml",
        "trigger": "nightly",
    }
    queries: dict[str, dict[str, Any]] = {
        "/can-i": {"verb": "job.run"},
        "/compare": {"old": 1, "new": 1},
        "/logs/search": {"q": "line"},
    }
    checked = 0
    for path, item in document["paths"].items():
        content = item.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        if not content.get("application/json") or path.endswith(_ELSEWHERE):
            continue  # those are in test_field_options, with the hooks, and with event sources and replicas
        if path.startswith(("/hooks/", *_OF_ACCOUNTS)) or "/items" in path:  # no loop: see test_loop_items
            continue
        query = next((one for end, one in queries.items() if path.endswith(end)), {})
        async with server.worker.get(path.format(**parts), params=query) as response:
            assert response.status == 200, await response.text()
            fits(document, path, await response.json())
        checked += 1
    assert checked >= 18


async def test_a_failure_is_as_described(server: Any, document: dict[str, Any]) -> None:
    async with server.http.get("/api/jobs/x") as response:
        body = await response.json()
    schema = {"$ref": "#/components/schemas/Error", "components": document["components"]}
    jsonschema.validate(body, schema, jsonschema.Draft202012Validator)
