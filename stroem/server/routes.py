"""All routes of the server."""

from collections.abc import Mapping
from typing import Any

from stroem.definitions.values import Json
from stroem.protocol.exchange import ExchangeAnswer
from stroem.server.api import artifacts as workspace_artifacts
from stroem.server.api import (
    cache,
    config,
    edits,
    effective_settings,
    event_stream,
    events,
    field_options,
    health,
    libraries,
    live,
    plugins,
    problems,
    push_hooks,
    release_files,
    release_plans,
    releases,
    schemas,
    task_outcomes,
    task_stats,
    tasks,
    worker_operations,
    workers,
    workspace_operations,
    workspaces,
)
from stroem.server.api.hooks import answers, deliveries, delivery_detail, job_status, receive
from stroem.server.api.jobs import (
    approval_links,
    approvals,
    artifacts,
    bulk,
    dry_runs,
    executions,
    history,
    inner_steps,
    job_detail,
    job_list,
    job_operations,
    jobs,
    loop_items,
    outputs,
    reruns,
    step_operations,
    timeline,
)
from stroem.server.api.logs import log_searches, log_stream, log_summaries, logs
from stroem.server.api.logs.log_files import FILE_TYPES
from stroem.server.api.state.routes import GLOBAL_STATE, TASK_STATE, state_routes
from stroem.server.api.triggers import all_triggers, backfills, dead_letters, trigger_stats, triggers, upcoming
from stroem.server.api.waiting import queue, queue_steps, waiting
from stroem.server.http import openapi
from stroem.server.http.route import Handler, Route
from stroem.server.pages import approval_page
from stroem.server.worker_api import artifacts as worker_artifacts
from stroem.server.worker_api import (
    claim,
    ended_volumes,
    event_source,
    heartbeat,
    job_log,
    register,
    replica,
    running_steps,
    step_files,
    step_log,
    steps,
    tarball,
)
from stroem.server.worker_api import state as worker_state
from stroem.server.worker_api.auth import check_step_token, check_worker_token

_WORKSPACE = "/api/workspaces/{workspace}"
_TASK = _WORKSPACE + "/tasks/{task}"
_JOB = "/api/jobs/{job_id}"
_STEP = "/worker/jobs/{job_id}/steps/{step}"
_CLAIM_SPARED = (("outcomes", "*", "output"), ("outcomes", "*", "error"), ("logs", "*", "data"))
"""Values made by steps: an invalid one fails its step, not the request."""


def _get(path: str, handler: Handler, **more: Any) -> Route:
    return Route(method="GET", path=path, handler=handler, **more)


def _post(path: str, handler: Handler, **more: Any) -> Route:
    return Route(method="POST", path=path, handler=handler, **more)


def _worker_get(path: str, handler: Handler, **more: Any) -> Route:
    return _get(path, handler, check_worker=check_worker_token, **more)


def _worker_post(path: str, handler: Handler, **more: Any) -> Route:
    return _post(path, handler, check_worker=check_worker_token, **more)


def _hook(path: str, handler: Handler) -> tuple[Route, ...]:
    """Routes of requests to hooks. A client that disconnects ends the wait for a job, and not its start."""
    more: dict[str, Any] = {
        "body_kind": "hook",
        "is_cancellable": True,
        "answers_head": False,
        "response_type": answers.HookAnswer,
        "empty_answers": {202: "The job has not ended in time, or the request is debounced."},
    }
    return tuple(Route(method=method, path=path, handler=handler, **more) for method in ("GET", "POST", "PUT"))


def _push_hook(path: str, handler: Handler) -> Route:
    return _post(path, handler, body_kind="push", status=202, check_head=push_hooks.check_head)


_ARCHIVE_OF_STATE: Mapping[str, Any] = {
    "check_worker": check_step_token,
    "media_type": "application/gzip",
    "empty_answers": {204: "There is no state."},
}
_HOOK_JOB: Mapping[str, Any] = {
    "response_type": job_status.HookJob,
    "empty_answers": {202: "The job has not ended in time."},
}
HEALTH = (
    _get("/healthz", health.get, response_type=health.Health),
    _get("/healthz/ready", health.get_readiness, response_type=health.Readiness),
    _worker_get("/healthz/detail", health.get_detail, response_type=health.HealthDetail),
)
PUBLIC = (
    _get("/api/config", config.get),
    _get("/api/openapi.json", openapi.get),
    _get("/api/schemas/workflow.json", schemas.get_workflow),
    _get("/api/schemas/workspace.json", schemas.get_workspace),
    _get("/api/plugins", plugins.list_plugins),
    _get("/api/workspaces", workspaces.list_workspaces),
    _get(_WORKSPACE, workspaces.get),
    _post(_WORKSPACE + "/refresh", workspaces.refresh),
    _post(_WORKSPACE + "/reconcile", workspace_operations.reconcile),
    _post(_WORKSPACE + "/plan", release_plans.plan),
    _post(_WORKSPACE + "/check", edits.check),
    _post(_WORKSPACE + "/suspend", workspace_operations.suspend),
    _post(_WORKSPACE + "/resume", workspace_operations.resume),
    _post(_WORKSPACE + "/pin", workspace_operations.pin),
    _post(_WORKSPACE + "/rollback", workspace_operations.roll_back),
    _post(_WORKSPACE + "/approve", workspace_operations.approve),
    _get(_WORKSPACE + "/drift", workspace_operations.drift),
    _post(_WORKSPACE + "/drift/drop", workspace_operations.drop_drift),
    _get(_WORKSPACE + "/problems", problems.get),
    _get(_WORKSPACE + "/releases", releases.list_releases),
    _get(_WORKSPACE + "/releases/{number}", releases.get),
    _get(_WORKSPACE + "/releases/{number}/compare/{other}", release_plans.compare),
    _get(_WORKSPACE + "/releases/{number}/files", release_files.list_files),
    _get(_WORKSPACE + "/releases/{number}/files/{path}", release_files.get, has_slashes=True),
    _get("/api/triggers", all_triggers.list_all),
    _get("/api/triggers/upcoming", upcoming.get),
    _get(_WORKSPACE + "/triggers", triggers.list_triggers),
    _get(_WORKSPACE + "/triggers/{trigger}", triggers.get),
    _post(_WORKSPACE + "/triggers/{trigger}/fire", triggers.fire),
    _post(_WORKSPACE + "/triggers/{trigger}/backfill", backfills.start),
    _get(_WORKSPACE + "/triggers/{trigger}/backfills", backfills.list_backfills),
    _post(_WORKSPACE + "/triggers/{trigger}/backfills/{backfill}/cancel", backfills.cancel),
    _get(_WORKSPACE + "/triggers/{trigger}/dead-letters", dead_letters.list_letters),
    _post(_WORKSPACE + "/triggers/{trigger}/dead-letters/retry", dead_letters.retry),
    _post(_WORKSPACE + "/triggers/{trigger}/dead-letters/drop", dead_letters.drop),
    _post(_WORKSPACE + "/triggers/{trigger}/pause", workspace_operations.pause_trigger),
    _post(_WORKSPACE + "/triggers/{trigger}/resume", workspace_operations.resume_trigger),
    _get(_WORKSPACE + "/triggers/{trigger}/deliveries", deliveries.list_deliveries),
    _post(_WORKSPACE + "/triggers/{trigger}/deliveries/test", deliveries.test),
    _get("/api/deliveries/{number}", delivery_detail.get),
    _post("/api/deliveries/{number}/redeliver", deliveries.redeliver),
    _get("/api/settings", config.get_settings),
    _get("/api/settings/effective", effective_settings.get),
    _get("/api/libraries", libraries.list_libraries),
    _post("/api/libraries/{library}/reconcile", libraries.reconcile),
    _get("/api/tasks", tasks.list_all),
    _get("/api/workspaces/{workspace}/tasks", tasks.list_of_workspace),
    _get(_TASK, tasks.get),
    _get(_TASK + "/stats", task_stats.get),
    _get(_TASK + "/options", field_options.get),
    _post(_TASK + "/execute", executions.execute),
    _post(_TASK + "/dry-run", dry_runs.dry_run),
    *state_routes(_TASK + "/state", TASK_STATE),
    *state_routes(_WORKSPACE + "/state", GLOBAL_STATE),
    _get(_WORKSPACE + "/artifacts", workspace_artifacts.list_of_workspace),
    _get(_WORKSPACE + "/cache", cache.list_results),
    _post(_WORKSPACE + "/cache/clear", cache.clear),
    _get("/api/stats", jobs.count_jobs),
    _get("/api/stats/jobs/timeline", timeline.get),
    _get("/api/stats/tasks", task_outcomes.get),
    _get("/api/stats/triggers", trigger_stats.get),
    _get("/api/jobs", job_list.list_jobs),
    _post("/api/jobs/bulk/cancel", bulk.cancel),
    _post("/api/jobs/bulk/rerun", bulk.rerun),
    _get(_JOB, job_detail.get, response_type=job_detail.JobDetail),
    _get(_JOB + "/waiting", waiting.get),
    _post(_JOB + "/cancel", jobs.cancel),
    _post(_JOB + "/rerun", reruns.rerun),
    _post(_JOB + "/rerun/plan", reruns.plan),
    _post(_JOB + "/pause", job_operations.pause),
    _post(_JOB + "/resume", job_operations.resume),
    _post(_JOB + "/signals/{name}", job_operations.signal),
    _post(_JOB + "/steps/{step}/approve", approvals.answer),
    _post(_JOB + "/steps/{step}/approval-links", approval_links.create, status=201),
    _post(_JOB + "/steps/{step}/pause", step_operations.pause),
    _post(_JOB + "/steps/{step}/resume", step_operations.resume),
    _get("/api/approvals", approvals.list_approvals),
    _get(_JOB + "/history", history.get, response_type=history.HistoryItems),
    _get(_JOB + "/history/stream", history.stream),
    _get(_JOB + "/artifacts", artifacts.list_artifacts),
    _get(_JOB + "/artifacts/{name}", artifacts.download, has_slashes=True, media_type="application/octet-stream"),
    _get(_JOB + "/logs", logs.of_job, response_type=logs.LogText, file_types=FILE_TYPES),
    _get(_JOB + "/logs/stream", log_stream.stream),
    _get(_JOB + "/logs/summary", log_summaries.of_job),
    _get(_JOB + "/logs/search", log_searches.of_job),
    _get(_JOB + "/steps/{step}/inside", inner_steps.get),
    _get(_JOB + "/steps/{step}/items", loop_items.list_items),
    _get(_JOB + "/steps/{step}/items/summary", loop_items.summary),
    _get(_JOB + "/steps/{step}/logs", logs.of_step, response_type=logs.LogText, file_types=FILE_TYPES),
    _get(_JOB + "/steps/{step}/logs/summary", log_summaries.of_step),
    _get(_JOB + "/steps/{step}/logs/search", log_searches.of_step),
    _get(_JOB + "/output", outputs.of_job, response_type=Json),
    _get(_JOB + "/steps/{step}/output", outputs.of_step, response_type=Json),
    _get("/api/events", events.list_events),
    _get("/api/events/stream", event_stream.stream),
    _get("/api/queue", queue.get),
    _get("/api/queue/steps", queue_steps.list_steps),
    _get("/api/live", live.stream),
    _get("/api/live/sse", live.stream_events, media_type="text/event-stream"),
    _get("/api/workspaces/{workspace}/events", events.list_of_workspace),
    _get("/api/workers", workers.list_workers),
    _get("/api/workers/{worker_id}", workers.get),
    _post("/api/workers/{worker_id}/cordon", worker_operations.cordon),
    _post("/api/workers/{worker_id}/drain", worker_operations.drain),
    _post("/api/workers/{worker_id}/uncordon", worker_operations.uncordon),
    _post("/api/workers/{worker_id}/remove", worker_operations.remove),
    _get("/api/stats/workers", worker_operations.count),
)
WORKER = (
    _worker_post("/worker/register", register.register),
    _worker_post("/worker/heartbeat", heartbeat.heartbeat),
    _worker_post("/worker/steps/running", running_steps.which),
    _worker_post("/worker/volumes/ended", ended_volumes.which),
    _worker_post(
        "/worker/jobs/claim",
        claim.claim,
        body_kind="outcome",
        spared=_CLAIM_SPARED,
        is_cancellable=True,
        response_type=ExchangeAnswer,
    ),
    _worker_get("/worker/jobs/{job_id}/replica", replica.get, response_type=Json),
    _worker_get("/worker/jobs/{job_id}/cancelled", steps.is_cancelled),
    _worker_post("/worker/jobs/{job_id}/complete", steps.complete_job, body_kind="outcome", spared=(("output",),)),
    _worker_post(
        "/worker/jobs/{job_id}/logs",
        job_log.append,
        body_kind="log",
        spared=(("lines", "*", "line"),),
    ),
    _worker_post(_STEP + "/start", steps.start),
    _worker_post(_STEP + "/complete", steps.complete, body_kind="outcome", spared=(("output",), ("error",))),
    _worker_post(_STEP + "/artifacts/{name}", worker_artifacts.put, has_slashes=True, status=201, is_cancellable=True),
    Route(
        method="DELETE",
        path=_STEP + "/artifacts",
        handler=worker_artifacts.drop,
        check_worker=check_worker_token,
        status=204,
    ),
    _worker_post(_STEP + "/log", step_log.append, body_kind="log"),
    _post("/worker/step-files", step_files.put, check_worker=check_step_token, status=201, is_cancellable=True),
    _worker_get("/worker/step-files/{sha256}", step_files.get, media_type="application/gzip"),
    _worker_post("/worker/event-source/emit", event_source.emit, body_kind="event"),
    _worker_post("/worker/event-source/events", event_source.take, body_kind="events"),
    _get("/worker/state/{workspace}/{task}", worker_state.get, **_ARCHIVE_OF_STATE),
    _worker_post("/worker/state/{workspace}/{task}/{job_id}", worker_state.put, body_kind="state", status=201),
    _get("/worker/global-state/{workspace}", worker_state.get_global, **_ARCHIVE_OF_STATE),
    _worker_post("/worker/global-state/{workspace}/{job_id}", worker_state.put_global, body_kind="state", status=201),
    _get(
        "/worker/workspace/{workspace}.tar.gz",
        tarball.get,
        check_worker=check_step_token,
        media_type="application/gzip",
        empty_answers={304: "The worker has this revision."},
    ),
)
HOOKS = (
    _push_hook("/hooks/_source/{key}", push_hooks.receive),
    _push_hook("/hooks/_source/{key}/{workspace}", push_hooks.receive_for_one),
    *_hook("/hooks/{hook}", receive.receive),
    *_hook("/hooks/{workspace}/{hook}", receive.receive_for_workspace),
    _get("/hooks/{hook}/jobs/{job_id}", job_status.get, **_HOOK_JOB),
    _get("/hooks/{workspace}/{hook}/jobs/{job_id}", job_status.get_of_workspace, **_HOOK_JOB),
)
PAGES = (
    _get("/approvals/{token}", approval_page.show, media_type="text/html"),
    _post("/approvals/{token}", approval_page.decide, media_type="text/html"),
)
"""Pages for browsers, which are no part of the API."""
ROUTES = (*HEALTH, *PUBLIC, *WORKER, *HOOKS)
