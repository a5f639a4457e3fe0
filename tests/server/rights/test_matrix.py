"""Every route, for every role, in a workspace where the role holds and in one where it does not."""

from typing import Any

import pytest

from stroem.rights.roles import ROLES
from stroem.server.http.route import Route
from stroem.server.routes import ROUTES
from tests.server.rights.conftest import Guarded

ANN = {"name": "ann@example.com"}
GUARDED = [route for route in ROUTES if route.verb is not None]
PERSONAL = [route for route in ROUTES if route.is_personal]
NOT_JSON = {"data": b"no json", "headers": {"Content-Type": "text/plain"}}
"""A body that no route of the API takes: whoever may pass is told so, and nothing happens."""


@pytest.fixture
async def names(guarded: Guarded) -> dict[str, dict[str, str]]:
    """What the paths of routes name, for each workspace."""
    found = {}
    for workspace in ("main", "other"):
        async with guarded.http.post(f"/hooks/{workspace}/{workspace}-hook") as response:
            assert response.status in (200, 202), await response.text()
        sent = await guarded.get(
            {"name": "root", "is_admin": True}, f"/api/workspaces/{workspace}/triggers/hook/deliveries"
        )
        found[workspace] = {
            "workspace": workspace,
            "task": "open",
            "trigger": "hook",
            "job_id": await guarded.start(workspace, "open"),
            "delivery": str(sent["items"][0]["id"]),
        }
    return found


def path_of(route: Route, given: dict[str, str]) -> str:
    """The path of a route; what is not given does not exist, and is looked for after the check."""
    values = {name: "1" if hint is int else "absent" for name, hint in route.path_parameters.items()}
    values |= {"worker_id": "00000000-0000-4000-8000-000000000000", **given}
    if route.path.startswith("/api/deliveries/"):
        values["number"] = given["delivery"]
    return route.path.format(**values)


async def status_of(guarded: Guarded, who: dict[str, Any] | None, route: Route, given: dict[str, str]) -> int:
    body: dict[str, Any] = {} if route.method == "GET" else NOT_JSON
    return (await guarded.ask(who, route.method, path_of(route, given), **body))[0]


@pytest.mark.slow("every route for every role")
@pytest.mark.parametrize("role", sorted(ROLES))
async def test_every_route(guarded: Guarded, names: dict[str, dict[str, str]], role: str) -> None:
    guarded.replace(rules=[{"role": role, "users": ["ann@example.com"], "workspaces": ["main"]}])
    wrong: list[tuple[object, ...]] = []
    for route in GUARDED:
        is_of_server = not {"workspace", "job_id"} & set(route.path_parameters) and "deliveries" not in route.path
        may = route.verb in ROLES[role] and (not is_of_server or route.is_filtered)
        own = await status_of(guarded, ANN, route, names["main"])
        may = may or route.is_filtered
        if (own in (401, 403)) == may or (not may and own != 403):
            wrong.append(("main", role, route.method, route.path, own))
        if is_of_server:
            continue
        foreign = await status_of(guarded, ANN, route, names["other"])
        if foreign != 404:
            wrong.append(("other", role, route.method, route.path, foreign))
    assert wrong == []


@pytest.mark.slow("every route")
async def test_nothing_without_sign_in(guarded: Guarded, names: dict[str, dict[str, str]]) -> None:
    for route in (*GUARDED, *PERSONAL):
        assert await status_of(guarded, None, route, names["main"]) == 401, route.path


@pytest.mark.slow("every route")
async def test_an_administrator_may_do_everything(guarded: Guarded, names: dict[str, dict[str, str]]) -> None:
    guarded.replace(rules=[{"role": "viewer", "users": ["bob@example.com"]}])
    for route in GUARDED:
        for workspace in ("main", "other"):
            status = await status_of(guarded, {"name": "r", "is_admin": True}, route, names[workspace])
            assert status not in (401, 403), route.path
