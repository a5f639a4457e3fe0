"""Builders of routes, shared by all areas."""

from typing import Any

from stroem.rights.verbs import Verb
from stroem.server.http.route import Handler, Route, Touch
from stroem.server.worker_api.auth import check_worker_token

WORKSPACE = "/api/workspaces/{workspace}"
TASK = WORKSPACE + "/tasks/{task}"


def get(path: str, handler: Handler, verb: Verb, **more: Any) -> Route:
    """A GET route for those who have the verb."""
    return Route(method="GET", path=path, handler=handler, verb=verb, **more)


def post(path: str, handler: Handler, verb: Verb, **more: Any) -> Route:
    """A POST route for those who have the verb."""
    return Route(method="POST", path=path, handler=handler, verb=verb, **more)


def put(path: str, handler: Handler, verb: Verb, **more: Any) -> Route:
    """A PUT route for those who have the verb."""
    return Route(method="PUT", path=path, handler=handler, verb=verb, **more)


def delete(path: str, handler: Handler, verb: Verb, **more: Any) -> Route:
    """A DELETE route for those who have the verb."""
    return Route(method="DELETE", path=path, handler=handler, verb=verb, **more)


def list_get(path: str, handler: Handler, verb: Verb, **more: Any) -> Route:
    """A GET route whose handler answers what the client has the verb for."""
    return get(path, handler, verb, is_filtered=True, **more)


def open_get(path: str, handler: Handler, **more: Any) -> Route:
    """A GET route without sign-in."""
    return Route(method="GET", path=path, handler=handler, is_open=True, **more)


def open_post(path: str, handler: Handler, **more: Any) -> Route:
    """A POST route without sign-in."""
    return Route(method="POST", path=path, handler=handler, is_open=True, **more)


def worker_get(path: str, handler: Handler, touch: Touch, **more: Any) -> Route:
    """A GET route for workers."""
    checks = {"check_worker": check_worker_token, "check_touch": touch}
    return Route(method="GET", path=path, handler=handler, **{**checks, **more})


def worker_post(path: str, handler: Handler, touch: Touch, **more: Any) -> Route:
    """A POST route for workers."""
    checks = {"check_worker": check_worker_token, "check_touch": touch}
    return Route(method="POST", path=path, handler=handler, **{**checks, **more})
