"""Verdicts on begun steps."""

import uuid

from stroem.engine.plan import TaskPlan
from stroem.engine.values.state import ENDED, JobState, Step
from stroem.orchestrator.plans.step_names import node_at
from stroem.protocol.begun_steps import BegunAnswer, BegunStep, Verdict
from stroem.store.jobs.locked_jobs import LockedJob


def job_refusal(locked: LockedJob | None, worker_id: uuid.UUID) -> str | None:
    """The reason why no step of a job may run on a worker that began it by itself; None if there is none."""
    if locked is None:
        return "The job is unknown"
    if locked.status in ENDED:
        return f"The job has ended: {locked.status}"
    if not locked.state.is_local or locked.state.worker_id != worker_id:
        return "The job does not stay on this worker"
    return None


def step_verdict(one: BegunStep, step: Step, worker_id: uuid.UUID) -> BegunAnswer:
    """The verdict on a step that exists, after those that were ready have been taken."""
    if step.has_ended:
        return refused(one, f"The step has ended: {step.status}")
    if step.status == "suspended" or (step.status == "running" and step.waits_for is not None):
        return refused(one, "The step does not run on workers")
    if step.status == "running":
        if step.worker_id != worker_id:
            return refused(one, "The step runs on another worker")
        if step.attempt == one.attempt:
            return _answer(one, "taken", step_id=step.id)
        return refused(one, _later(step)) if step.attempt > one.attempt else _answer(one, "waiting")
    return refused(one, _later(step)) if step.attempt >= one.attempt else _answer(one, "waiting")


def node_verdict(one: BegunStep, plan: TaskPlan, job: JobState) -> BegunAnswer:
    """The verdict on a step that does not exist yet."""
    node = node_at(plan, one.step_name)
    if node is None:
        return refused(one, "The job has no such step")
    if job.is_halted and not plan.is_cleanup(node):
        return refused(one, job.cancel_reason or job.error or "")
    return _answer(one, "waiting")


def refused(one: BegunStep, reason: str) -> BegunAnswer:
    """The verdict on a step that may not run."""
    return _answer(one, "refused", reason=reason)


def _later(step: Step) -> str:
    return f"The step has had attempt {step.attempt}"


def _answer(one: BegunStep, verdict: Verdict, *, step_id: int | None = None, reason: str | None = None) -> BegunAnswer:
    return BegunAnswer(
        job_id=one.job_id,
        step_name=one.step_name,
        step_id=step_id,
        attempt=one.attempt,
        verdict=verdict,
        reason=reason,
    )
