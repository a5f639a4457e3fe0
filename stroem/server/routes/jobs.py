"""Routes of jobs, their steps and their statistics."""

from stroem.definitions.values import Json
from stroem.server.api import task_outcomes
from stroem.server.api.jobs import (
    approval_links,
    approvals,
    artifacts,
    bulk,
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
from stroem.server.api.waiting import waiting
from stroem.server.routes.builders import get, list_get, post

_JOB = "/api/jobs/{job_id}"
_STEP = _JOB + "/steps/{step}"
JOBS = (
    list_get("/api/stats", jobs.count_jobs, "job.read"),
    list_get("/api/stats/jobs/timeline", timeline.get, "job.read"),
    list_get("/api/stats/tasks", task_outcomes.get, "job.read"),
    list_get("/api/jobs", job_list.list_jobs, "job.read"),
    post("/api/jobs/bulk/cancel", bulk.cancel, "job.cancel", is_filtered=True),
    post("/api/jobs/bulk/rerun", bulk.rerun, "job.run", is_filtered=True),
    list_get("/api/approvals", approvals.list_approvals, "job.read"),
    get(_JOB, job_detail.get, "job.read", response_type=job_detail.JobDetail),
    get(_JOB + "/waiting", waiting.get, "queue.read"),
    post(_JOB + "/cancel", jobs.cancel, "job.cancel"),
    post(_JOB + "/rerun", reruns.rerun, "job.run"),
    post(_JOB + "/rerun/plan", reruns.plan, "job.run"),
    post(_JOB + "/pause", job_operations.pause, "job.pause"),
    post(_JOB + "/resume", job_operations.resume, "job.pause"),
    post(_JOB + "/signals/{name}", job_operations.signal, "job.signal"),
    post(_STEP + "/approve", approvals.answer, "job.approve"),
    post(_STEP + "/approval-links", approval_links.create, "job.approve", status=201, refuses_unknown_keys=True),
    post(_STEP + "/pause", step_operations.pause, "job.pause"),
    post(_STEP + "/resume", step_operations.resume, "job.pause"),
    get(_JOB + "/history", history.get, "job.read", response_type=history.HistoryItems),
    get(_JOB + "/history/stream", history.stream, "job.read"),
    get(_JOB + "/artifacts", artifacts.list_artifacts, "artifact.read"),
    get(
        _JOB + "/artifacts/{name}",
        artifacts.download,
        "artifact.read",
        has_slashes=True,
        media_type="application/octet-stream",
    ),
    get(_JOB + "/logs", logs.of_job, "logs.read", response_type=logs.LogText, file_types=FILE_TYPES),
    get(_JOB + "/logs/stream", log_stream.stream, "logs.read"),
    get(_JOB + "/logs/summary", log_summaries.of_job, "logs.read"),
    get(_JOB + "/logs/search", log_searches.of_job, "logs.read"),
    get(_STEP + "/inside", inner_steps.get, "job.read"),
    get(_STEP + "/items", loop_items.list_items, "job.read"),
    get(_STEP + "/items/summary", loop_items.summary, "job.read"),
    get(_STEP + "/logs", logs.of_step, "logs.read", response_type=logs.LogText, file_types=FILE_TYPES),
    get(_STEP + "/logs/summary", log_summaries.of_step, "logs.read"),
    get(_STEP + "/logs/search", log_searches.of_step, "logs.read"),
    get(_JOB + "/output", outputs.of_job, "output.read", response_type=Json),
    get(_STEP + "/output", outputs.of_step, "output.read", response_type=Json),
)
