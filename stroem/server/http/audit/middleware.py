"""Middleware that records every changing request in the audit log."""

from typing import Any

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from stroem.records.audit_row import NewAuditRow
from stroem.server.http.audit.recording import recording_of
from stroem.server.http.client_address import client_address
from stroem.server.http.request_id import request_id
from stroem.server.http.route import Route, route_of

_READS = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})
_ELSEWHERE = {
    "/worker/join": "identity.join",
    "/worker/token": "identity.rotate",
    "/worker/register": "worker.join",
    "/approvals/{token}": "job.approve",
}
"""Recorded routes outside of the API, with their verbs."""

_SIGN_INS = {"/api/auth/oidc/{provider}": "auth.login", "/api/auth/oidc/{provider}/callback": "auth.login"}
"""Recorded routes to which a browser is sent by GET, with their verbs."""

CHANGES_NOTHING = frozenset(
    {
        "/api/workspaces/{workspace}/plan",
        "/api/workspaces/{workspace}/check",
        "/api/workspaces/{workspace}/tasks/{task}/dry-run",
        "/api/jobs/{job_id}/rerun/plan",
    }
)
"""Routes that are not recorded, because they only compute an answer."""

_VERBS = {
    "task.execute": "job.run",
    "task.state": "state.upload",
    "workspace.state": "state.upload",
    "bulk.cancel": "job.cancel",
    "bulk.rerun": "job.rerun",
    "signal.create": "job.signal",
    "auth.api-keys": "api-key.create",
    "service-account.api-keys": "api-key.create",
    "device.token": "auth.login",
    "worker.join-tokens": "join-token.create",
    "step.approve": "job.approve",
    "step.approval-links": "approval-link.create",
}
"""Verbs that the words of a path do not give."""

_METHODS = {"POST": "create", "PUT": "set", "PATCH": "set", "DELETE": "remove"}


@web.middleware
async def audit_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Records the request if its route changes something, whether it is allowed or refused."""
    route = route_of(request)
    if route is None or not is_recorded(route):
        return await handler(request)
    with recording_of(request, _row(request, route)) as recording:
        response = await handler(request)
        await recording.end(response.status)
        return response


def is_recorded(route: Route) -> bool:
    """Whether the requests of a route are recorded."""
    if route.path in _SIGN_INS:
        return True
    is_change = route.method not in _READS and route.path not in CHANGES_NOTHING
    return is_change and (route.path.startswith("/api/") or route.path in _ELSEWHERE)


def _row(request: web.Request, route: Route) -> NewAuditRow:
    facts: dict[str, Any] = {}
    named = {name: value for name, value in request.match_info.items() if name != "token"}
    if "workspace" in named:
        facts["workspace"] = named.pop("workspace")
    if route.path in _SIGN_INS:
        facts["object_kind"], facts["object"] = "provider", named["provider"]
    elif named:
        facts["object_kind"] = _noun(route.path.rpartition("/{")[0].rpartition("/")[2])
        facts["object"] = "/".join(named.values())
    elif "workspace" in facts:
        facts["object_kind"], facts["object"] = "workspace", facts["workspace"]
    return NewAuditRow(
        actor_kind="anonymous",
        actor="anonymous",
        verb=verb_of(route),
        route=f"{route.method} {route.path}",
        address=client_address(request).text,
        request_id=request_id(request),
        **facts,
    )


def verb_of(route: Route) -> str:
    """What a route does: the last object of its path, and the word behind it or that of its method."""
    if (verb := _ELSEWHERE.get(route.path) or _SIGN_INS.get(route.path)) is not None:
        return verb
    parts = route.path.strip("/").split("/")[1:]
    words = [part for part in parts if not part.startswith("{")]
    if parts[-1].startswith("{") or len(words) == 1:
        return _verb(words[-1], _METHODS[route.method])
    return _verb(words[-2], words[-1])


def _verb(plural: str, act: str) -> str:
    verb = f"{_noun(plural)}.{act}"
    return _VERBS.get(verb, verb)


def _noun(plural: str) -> str:
    """The singular of a word in a path."""
    return plural.removesuffix("ies") + "y" if plural.endswith("ies") else plural.removesuffix("s")
