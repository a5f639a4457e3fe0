"""Routes of webhooks and of pushes, which check signatures of their own."""

from collections.abc import Mapping
from typing import Any

from stroem.server.api import push_hooks
from stroem.server.api.hooks import answers, job_status, receive
from stroem.server.http.route import Handler, Route
from stroem.server.routes.builders import open_get, open_post


def _hook(path: str, handler: Handler) -> tuple[Route, ...]:
    """Routes of requests to hooks. A client that disconnects ends the wait for a job, and not its start."""
    more: dict[str, Any] = {
        "is_open": True,
        "body_kind": "hook",
        "is_cancellable": True,
        "answers_head": False,
        "response_type": answers.HookAnswer,
        "empty_answers": {202: "The job has not ended in time, or the request is debounced."},
    }
    return tuple(Route(method=method, path=path, handler=handler, **more) for method in ("GET", "POST", "PUT"))


def _push_hook(path: str, handler: Handler) -> Route:
    return open_post(path, handler, body_kind="push", status=202, check_head=push_hooks.check_head)


_HOOK_JOB: Mapping[str, Any] = {
    "response_type": job_status.HookJob,
    "empty_answers": {202: "The job has not ended in time."},
}
HOOKS = (
    _push_hook("/hooks/_source/{key}", push_hooks.receive),
    _push_hook("/hooks/_source/{key}/{workspace}", push_hooks.receive_for_one),
    *_hook("/hooks/{hook}", receive.receive),
    *_hook("/hooks/{workspace}/{hook}", receive.receive_for_workspace),
    open_get("/hooks/{hook}/jobs/{job_id}", job_status.get, **_HOOK_JOB),
    open_get("/hooks/{workspace}/{hook}/jobs/{job_id}", job_status.get_of_workspace, **_HOOK_JOB),
)
