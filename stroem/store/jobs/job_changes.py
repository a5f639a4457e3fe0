"""Changes of jobs as records of JSON, for the statements that write them."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from stroem.engine.changes import Changes
from stroem.engine.values.state import ENDED, JOB, Step
from stroem.store.jobs import holds
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.jobs.messages import Message
from stroem.store.jobs.results.large_outputs import LargeOutputRow
from stroem.store.statement import raw, storable

StepOutput = tuple[str | None, str | None]
"""Output of a step as JSON text: without secrets, and with them if there are any."""
Record = dict[str, Any]

_SPARSE = (
    "parent", "item", "unmet", "taken", "barred", "open", "failed", "first", "total", "begun", "attempt", "due_at",
    "expires_at", "reminded", "timeout", "worker_id", "cancel_requested",
)  # fmt: skip


@attrs.frozen(kw_only=True)
class JobChanges:
    """Changes of a locked job of a `task`.

    `log_lines` is the new length of its log, None if it is unchanged. `share` is the distance of ranks between its
    ready steps, `ahead` the number of jobs with which the first steps of a new job take turns. If it
    `has_secret_values`, items and contexts are deleted at its end. `needs` are the ids of the needs of steps that
    become ready. `outputs` and `inputs` are JSON texts, by step (0: the job); those in `changes` are not written.
    `large` are the large outputs to which they refer.
    `taken` are the messages that were taken for this decision. `cancel_grace` is the time of cleanup after a
    cancellation, in seconds.
    """

    locked: LockedJob
    changes: Changes
    task: str = ""
    log_lines: int | None = None
    share: int = 1
    ahead: int = 0
    has_secret_values: bool = False
    needs: Mapping[int, int] = attrs.Factory(dict)
    outputs: Mapping[int, StepOutput] = attrs.Factory(dict)
    large: Sequence[LargeOutputRow] = ()
    inputs: Mapping[int, str] = attrs.Factory(dict)
    taken: Sequence[Message] = ()
    cancel_grace: int | None = None

    @property
    def job_id(self) -> uuid.UUID:
        """Id of the job."""
        return self.locked.id

    @property
    def ends(self) -> bool:
        """True if the job ends with these changes."""
        return self.changes.job.status in ENDED and self.locked.status not in ENDED

    def parent_of(self, step: int) -> int | None:
        """The scope around a step that is made or changed."""
        is_written = step in self.changes.made or step in self.changes.changed
        return self.changes.step(step).parent if is_written else None


def moved(jobs: Iterable[JobChanges]) -> list[Record]:
    """Records of the jobs."""
    return [_job(one) for one in jobs]


def _job(one: JobChanges) -> Record:
    state = one.changes.job
    cancelled = one.ends and state.status == "cancelled"
    is_cancelled_now = state.cancel_reason is not None and one.locked.state.cancel_reason is None
    return {
        "id": one.job_id,
        "status": state.status,
        "open": state.open,
        "failed": state.failed,
        "moving": state.moving,
        "next_step": state.next_step,
        "cancel_reason": storable(state.cancel_reason),
        "ends_cleanup": state.ends_cleanup,
        "paused": state.paused,
        "holds": holds.records(state.holds),
        "worker_id": state.worker_id,
        "context": state.context,
        "fragments": state.fragments or None,
        "log_lines": one.log_lines,
        "error": storable(state.cancel_reason if cancelled else state.error),
        "retry_job": one.changes.retry,
        "waits_for": storable(state.waits_for),
        "grace": one.cancel_grace if is_cancelled_now and not one.ends else None,
    }


def rows(one: JobChanges) -> list[Record]:
    """Records of the made and changed steps of a job; `was` is the former status of changed ones."""
    changes, outputs, inputs = one.changes, one.outputs, one.inputs
    places = {step: place for place, step in enumerate(changes.ready, 1)}
    waiting = changes.wanted_slots.keys()
    steps = [(None, step) for step in changes.made.values()]
    found: list[Record] = []
    for was, step in [*steps, *changes.changed.values()]:
        record = _step(one.job_id, step)
        if was is not None:
            record["was"] = was
        if step.id in outputs:
            output, full_output = outputs[step.id]
            record["output"], record["full_output"] = raw(output), raw(full_output)
        if step.id in inputs:
            record["input"] = raw(inputs[step.id])
        if step.id in places:
            record.update(_queued(one, step, places[step.id]))
        elif step.id in waiting:
            record["queued"] = True
        found.append(record)
    return found


def _step(job_id: uuid.UUID, step: Step) -> Record:
    record: Record = {"job_id": job_id, "id": step.id, "node": step.node, "status": step.status}
    for name in _SPARSE:
        if value := getattr(step, name):
            record[name] = value
    for name in ("value", "context", "error_kind", "exit_code"):
        if (value := getattr(step, name)) is not None:
            record[name] = value
    if step.waits_for is not None:
        record["waits_for"] = storable(step.waits_for)
    if step.error is not None:
        record["error"] = storable(step.error)
    return record


def _queued(one: JobChanges, step: Step, place: int) -> Record:
    last, queued = one.locked.queue_rank, one.changes.job.moving - len(one.changes.ready)
    return {
        "queued": True,
        "need": one.needs[step.id],
        "priority": -one.locked.priority,
        "base": last + one.share if last else 0,
        "most": one.share * max(queued, 0),
        "ahead": 0 if last else one.ahead,
        "nth": (place - 1) * one.share,
    }


def job_outputs(jobs: Iterable[JobChanges]) -> list[Record]:
    """Outputs that are given to the jobs themselves."""
    return [{"job_id": one.job_id, "output": raw(one.outputs[JOB][0])} for one in jobs if JOB in one.outputs]


def fronts(jobs: Iterable[JobChanges]) -> list[Record]:
    """The queues that steps enter."""
    found = {(need, -one.locked.priority) for one in jobs for need in one.needs.values()}
    return [{"need": need, "priority": priority} for need, priority in sorted(found)]


def transitions(jobs: Iterable[JobChanges]) -> list[Record]:
    """Records of the history."""
    return [
        {
            "job_id": one.job_id,
            "step": each.step,
            "status": each.status,
            "attempt": each.attempt,
            "waits_for": storable(each.waits_for),
            "cause": each.cause,
            "actor": storable(each.actor),
            "detail": storable(each.detail),
        }
        for one in jobs
        for each in one.changes.history
    ]


def former_attempts(jobs: Iterable[JobChanges]) -> list[Record]:
    """Records of attempts that failed and are followed by another."""
    return [
        {
            "job_id": one.job_id,
            "step": each.step,
            "attempt": each.attempt,
            "error": storable(each.error),
            "error_kind": each.error_kind,
            "exit_code": each.exit_code,
        }
        for one in jobs
        for each in one.changes.former
    ]


def ended_attempts(jobs: Iterable[JobChanges]) -> list[Record]:
    """Ended attempts: their logs become due for sealing."""
    found: list[Record] = []
    for one in jobs:
        changes = one.changes
        ended = [changes.changed[step][1] for step in changes.ended if step in changes.changed]
        attempts = [(step.id, step.attempt) for step in ended if step.attempt and step.worker_id is not None]
        attempts += [(each.step, each.attempt) for each in changes.former]
        found += [{"job_id": one.job_id, "step": step, "attempt": attempt} for step, attempt in attempts]
    return found
