"""Every route names the right that it needs, and every verb can be had."""

import typing

import pytest

from stroem.rights.roles import ROLES
from stroem.rights.verbs import ADMIN_VERBS, VERBS, Verb
from stroem.server.http.openapi import openapi_document
from stroem.server.http.route import Route
from stroem.server.routes import PAGES, ROUTES


@pytest.mark.parametrize("route", [*ROUTES, *PAGES], ids=lambda route: f"{route.method} {route.path}")
def test_a_route_has_a_verb_or_checks_a_worker_or_is_personal_or_open(route: Route) -> None:
    ways = (route.verb is not None, route.check_worker is not None, route.is_personal, route.is_open)
    assert ways.count(True) == 1
    assert route.verb is None or route.verb in VERBS
    assert route.verb is not None or not route.is_filtered


def test_only_these_routes_are_open() -> None:
    paths = {route.path for route in ROUTES if route.is_open and not route.path.startswith("/hooks/")}
    assert paths == {
        "/healthz",
        "/healthz/ready",
        "/api/auth/device",
        "/api/auth/device/token",
        "/api/auth/login",
        "/api/auth/logout",
        "/api/auth/oidc/{provider}",
        "/api/auth/oidc/{provider}/callback",
        "/api/auth/refresh",
        "/api/auth/reset",
        "/api/config",
        "/api/openapi.json",
        "/api/schemas/workflow.json",
        "/api/schemas/workspace.json",
    }


def test_get_routes_have_verbs_that_read() -> None:
    others = [r for r in ROUTES if r.method == "GET" and r.verb and not r.verb.endswith(".read")]
    changing = {r.path for r in others if r.verb not in ("user.manage", "worker.admit")}
    assert changing == {"/api/workspaces/{workspace}/tasks/{task}/options"}  # they run a task


def test_each_verb_is_described_and_belongs_to_a_role() -> None:
    assert set(VERBS) == set(typing.get_args(Verb))
    assert set().union(*(verbs for name, verbs in ROLES.items() if name != "admin")) | ADMIN_VERBS | {
        "settings.read",
        "worker.drain",
        "worker.remove",
    } == set(VERBS)
    assert ROLES["admin"] == set(VERBS)


def test_the_document_of_the_api_says_the_verb() -> None:
    document = openapi_document(ROUTES)
    assert document["paths"]["/api/jobs/{job_id}/cancel"]["post"]["x-stroem-verb"] == "job.cancel"
    assert "x-stroem-verb" not in document["paths"]["/healthz"]["get"]
