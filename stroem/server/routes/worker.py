"""Routes of the worker API."""

from collections.abc import Mapping
from typing import Any

from stroem.definitions.values import Json
from stroem.protocol.exchange import ExchangeAnswer
from stroem.server.http.route import Route
from stroem.server.routes.builders import worker_get, worker_post
from stroem.server.worker_api import (
    artifacts,
    claim,
    ended_volumes,
    event_source,
    heartbeat,
    job_log,
    register,
    replica,
    running_steps,
    state,
    step_files,
    step_log,
    steps,
    tarball,
)
from stroem.server.worker_api.auth import check_step_token, check_worker_token

_STEP = "/worker/jobs/{job_id}/steps/{step}"
_CLAIM_SPARED = (("outcomes", "*", "output"), ("outcomes", "*", "error"), ("logs", "*", "data"))
"""Values made by steps: an invalid one fails its step, not the request."""

_ARCHIVE_OF_STATE: Mapping[str, Any] = {
    "check_worker": check_step_token,
    "media_type": "application/gzip",
    "empty_answers": {204: "There is no state."},
}
WORKER = (
    worker_post("/worker/register", register.register),
    worker_post("/worker/heartbeat", heartbeat.heartbeat),
    worker_post("/worker/steps/running", running_steps.which),
    worker_post("/worker/volumes/ended", ended_volumes.which),
    worker_post(
        "/worker/jobs/claim",
        claim.claim,
        body_kind="outcome",
        spared=_CLAIM_SPARED,
        is_cancellable=True,
        response_type=ExchangeAnswer,
    ),
    worker_get("/worker/jobs/{job_id}/replica", replica.get, response_type=Json),
    worker_get("/worker/jobs/{job_id}/cancelled", steps.is_cancelled),
    worker_post("/worker/jobs/{job_id}/complete", steps.complete_job, body_kind="outcome", spared=(("output",),)),
    worker_post(
        "/worker/jobs/{job_id}/logs",
        job_log.append,
        body_kind="log",
        spared=(("lines", "*", "line"),),
    ),
    worker_post(_STEP + "/start", steps.start),
    worker_post(_STEP + "/complete", steps.complete, body_kind="outcome", spared=(("output",), ("error",))),
    worker_post(_STEP + "/artifacts/{name}", artifacts.put, has_slashes=True, status=201, is_cancellable=True),
    Route(
        method="DELETE",
        path=_STEP + "/artifacts",
        handler=artifacts.drop,
        check_worker=check_worker_token,
        status=204,
    ),
    worker_post(_STEP + "/log", step_log.append, body_kind="log"),
    worker_post("/worker/step-files", step_files.put, check_worker=check_step_token, status=201, is_cancellable=True),
    worker_get("/worker/step-files/{sha256}", step_files.get, media_type="application/gzip"),
    worker_post("/worker/event-source/emit", event_source.emit, body_kind="event"),
    worker_post("/worker/event-source/events", event_source.take, body_kind="events"),
    worker_get("/worker/state/{workspace}/{task}", state.get, **_ARCHIVE_OF_STATE),
    worker_post("/worker/state/{workspace}/{task}/{job_id}", state.put, body_kind="state", status=201),
    worker_get("/worker/global-state/{workspace}", state.get_global, **_ARCHIVE_OF_STATE),
    worker_post("/worker/global-state/{workspace}/{job_id}", state.put_global, body_kind="state", status=201),
    worker_get(
        "/worker/workspace/{workspace}.tar.gz",
        tarball.get,
        check_worker=check_step_token,
        media_type="application/gzip",
        empty_answers={304: "The worker has this revision."},
    ),
)
