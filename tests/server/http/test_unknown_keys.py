"""Bodies with keys that a route does not know."""

import attrs

from stroem.server.app import ROUTES
from stroem.server.http.openapi import openapi_document
from stroem.server.http.route import Route


def takes_keys(route: Route) -> bool:
    body = route.hints.get("body")
    return body is not None and attrs.has(body)


def test_routes_that_give_rights_or_credentials_refuse_them() -> None:
    strict = {(one.method, one.path) for one in ROUTES if one.refuses_unknown_keys and takes_keys(one)}
    administration = {
        (one.method, one.path) for one in ROUTES if one.verb in ("user.manage", "worker.admit") and takes_keys(one)
    }
    assert strict - administration == {
        ("POST", "/api/auth/api-keys"),
        ("POST", "/api/jobs/{job_id}/steps/{step}/approval-links"),
    }
    assert administration <= strict


def test_the_openapi_document_says_which_routes_do() -> None:
    schemas = openapi_document(ROUTES)["components"]["schemas"]
    assert schemas["WantedKey"]["additionalProperties"] is False
    assert schemas["WantedJoinToken"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["Credentials"]
