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
    identities,
    job_log,
    register,
    replica,
    running_steps,
    state,
    step_files,
    step_log,
    steps,
    tarball,
    touches,
)
from stroem.server.worker_api.auth import check_nobody, check_step_token, check_worker_token

_STEP = "/worker/jobs/{job_id}/steps/{step}"
_STATE_OF_TASK = "/worker/state/{workspace}/{task}/{job_id}"
_STATE_OF_WORKSPACE = "/worker/global-state/{workspace}/{job_id}"
_CLAIM_SPARED = (("outcomes", "*", "output"), ("outcomes", "*", "error"), ("logs", "*", "data"))
"""Values made by steps: an invalid one fails its step, not the request."""

_ARCHIVE_OF_STATE: Mapping[str, Any] = {
    "check_worker": check_step_token,
    "media_type": "application/gzip",
    "empty_answers": {204: "There is no state."},
}
WORKER = (
    worker_post("/worker/join", identities.join, touches.own_token, check_worker=check_nobody),
    worker_post("/worker/token", identities.rotate, touches.own_token),
    worker_post("/worker/register", register.register, touches.own_registration),
    worker_post("/worker/heartbeat", heartbeat.heartbeat, touches.own_heartbeat),
    worker_post("/worker/steps/running", running_steps.which, touches.known_ids),
    worker_post("/worker/volumes/ended", ended_volumes.which, touches.known_ids),
    worker_post(
        "/worker/jobs/claim",
        claim.claim,
        touches.own_claim,
        body_kind="outcome",
        spared=_CLAIM_SPARED,
        is_cancellable=True,
        response_type=ExchangeAnswer,
    ),
    worker_get("/worker/jobs/{job_id}/replica", replica.get, touches.own_worker, response_type=Json),
    worker_get("/worker/jobs/{job_id}/cancelled", steps.is_cancelled, touches.older_contract),
    worker_post(
        "/worker/jobs/{job_id}/complete",
        steps.complete_job,
        touches.older_contract,
        body_kind="outcome",
        spared=(("output",),),
    ),
    worker_post(
        "/worker/jobs/{job_id}/logs",
        job_log.append,
        touches.older_contract,
        body_kind="log",
        spared=(("lines", "*", "line"),),
    ),
    worker_post(_STEP + "/start", steps.start, touches.older_contract),
    worker_post(
        _STEP + "/complete",
        steps.complete,
        touches.older_contract,
        body_kind="outcome",
        spared=(("output",), ("error",)),
    ),
    worker_post(
        _STEP + "/artifacts/{name}",
        artifacts.put,
        touches.own_worker,
        has_slashes=True,
        status=201,
        is_cancellable=True,
    ),
    Route(
        method="DELETE",
        path=_STEP + "/artifacts",
        handler=artifacts.drop,
        check_worker=check_worker_token,
        check_touch=touches.own_worker,
        status=204,
    ),
    worker_post(_STEP + "/log", step_log.append, touches.own_worker, body_kind="log"),
    worker_post(
        "/worker/step-files",
        step_files.put,
        touches.of_step_alone,
        check_worker=check_step_token,
        status=201,
        is_cancellable=True,
    ),
    worker_get("/worker/step-files/{sha256}", step_files.get, touches.own_step_files, media_type="application/gzip"),
    worker_post("/worker/event-source/emit", event_source.emit, touches.older_contract, body_kind="event"),
    worker_post("/worker/event-source/events", event_source.take, touches.own_consumer, body_kind="events"),
    worker_get("/worker/state/{workspace}/{task}", state.get, touches.own_state, **_ARCHIVE_OF_STATE),
    worker_post(_STATE_OF_TASK, state.put, touches.own_worker, body_kind="state", status=201),
    worker_get("/worker/global-state/{workspace}", state.get_global, touches.own_state, **_ARCHIVE_OF_STATE),
    worker_post(_STATE_OF_WORKSPACE, state.put_global, touches.own_worker, body_kind="state", status=201),
    worker_get(
        "/worker/workspace/{workspace}.tar.gz",
        tarball.get,
        touches.own_files,
        check_worker=check_step_token,
        media_type="application/gzip",
        empty_answers={304: "The worker has this revision."},
    ),
)
