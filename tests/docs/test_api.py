"""The pages of the HTTP API and of the worker protocol tell every route, parameter and key."""

import attrs
import pytest

from stroem.conversion.record import key_of
from stroem.protocol.claim import Claim
from stroem.protocol.steps import LogLines, Outcome, StepAttempt
from stroem.server.http.route import Route
from stroem.server.routes import ROUTES, WORKER
from tests.docs.page import DOCS, Page, codes

API = Page(DOCS / "reference/api.md")
PROTOCOL = Page(DOCS / "reference/worker-protocol.md")


def _name(route: Route) -> str:
    return f"{route.method} {route.path}"


def _page(route: Route) -> Page:
    return PROTOCOL if route in WORKER else API


@pytest.mark.parametrize("page", [API, PROTOCOL], ids=["api", "worker-protocol"])
def test_every_route_has_its_heading_and_no_other(page: Page) -> None:
    titles = [title.strip("`") for title in page.headings() if title.startswith("`")]
    assert sorted(titles) == sorted(_name(route) for route in ROUTES if _page(route) is page)


def test_the_page_of_the_api_names_all_routes() -> None:
    named = {*codes(API.prose)}
    assert {_name(route) for route in ROUTES} <= named


@pytest.mark.parametrize("route", ROUTES, ids=_name)
def test_every_parameter_and_key_of_a_request_is_told(route: Route) -> None:
    wanted = {
        key_of(field.name)
        for part in ("query", "body")
        if attrs.has(of := route.hints.get(part, type(None)))
        for field in attrs.fields(of)
    }
    assert wanted - {*codes(_page(route).section(f"`{_name(route)}`"))} == set()


CLAIM = PROTOCOL.section("`POST /worker/jobs/claim`")


def test_every_key_inside_a_claim_is_told() -> None:
    told = {*codes(CLAIM)}
    for cls in (Outcome, LogLines, StepAttempt, Claim):
        assert {field.name for field in attrs.fields(cls)} - told == set(), cls.__name__
