"""The attempts of the steps of flows, held against the kills and the journal."""

import datetime
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from tests.crash.flow_books import Attempt, FlowJob, FlowStep
from tests.crash.notes import Note, notes

_LOST = "Worker lost: "
_EXIT = "Exit code: "
_CLEANUP = "clean"
_RETRIED = 5
"""The number of attempts of a step with `retry`."""


def wrong_attempts(
    job: FlowJob, steps: Sequence[FlowStep], kills: Mapping[uuid.UUID, datetime.datetime], journal: Path
) -> Iterator[str]:
    """All that is wrong with the attempts of the scripts of a job."""
    loops = {step.loop for step in steps}
    for step in steps:
        if step.kind == "script" and step.path not in loops and step.origin is None:
            noted = notes(journal, job.id, step.path)
            yield from (f"step {step.path}: {problem}" for problem in _step(job, step, noted, kills))


def _step(
    job: FlowJob, step: FlowStep, noted: Sequence[Note], kills: Mapping[uuid.UUID, datetime.datetime]
) -> Iterator[str]:
    allowed = 1 if step.path in (_CLEANUP, "hook") or _is_last(job, step) else _RETRIED
    if len(step.attempts) > allowed or (step.status == "failed" and len(step.attempts) != allowed):
        yield f"{step.status} after {len(step.attempts)} attempts of {allowed}"
    left = list(noted)
    for number, attempt in enumerate(step.attempts, 1):
        own = [note for note in left if attempt.started_at.timestamp() <= note.at <= attempt.ended_at.timestamp()]
        left = [note for note in left if note not in own]
        words = Counter(note.word for note in own)
        if step.path == _CLEANUP and attempt.status == "cancelled":
            attempt = attrs.evolve(attempt, status="failed")  # nobody cancels twice: only a failure is recorded so
        yield from (f"attempt {number}: {problem}: {attempt}" for problem in _attempt(attempt, words, kills))
        if job.cancelled_at and step.path != _CLEANUP and attempt.started_at > job.cancelled_at:
            yield f"attempt {number} was claimed after the cancellation at {job.cancelled_at}"
    if left:
        yield f"notes outside of its attempts: {left}"


def _is_last(job: FlowJob, step: FlowStep) -> bool:
    """Whether this is a step `last` without a retry."""
    return step.path == "last" and job.task not in ("child", "count")


def _attempt(attempt: Attempt, words: Mapping[str, int], kills: Mapping[uuid.UUID, datetime.datetime]) -> Iterator[str]:
    begins, fails, ends = (words.get(word, 0) for word in ("begins", "fails", "ends"))
    if begins > 1 or fails + ends > begins:
        yield f"it began {begins} times, failed {fails} times and ended {ends} times"
    if attempt.status == "completed":
        if (begins, fails, ends) != (1, 0, 1):
            yield f"it began {begins} times, failed {fails} times and ended {ends} times"
    elif attempt.status == "failed":
        yield from _failed(attempt, (begins, fails, ends), kills)
    elif attempt.status != "cancelled":
        yield "it has another status"


def _failed(
    attempt: Attempt, counted: tuple[int, int, int], kills: Mapping[uuid.UUID, datetime.datetime]
) -> Iterator[str]:
    """A failed attempt noted its failure, or its worker was killed."""
    if (attempt.error or "").startswith(_EXIT):
        if counted != (1, 1, 0):
            yield f"it noted {counted}"
    elif not (attempt.error or "").startswith(_LOST):
        yield "no reason for this failure"
    elif (killed_at := kills.get(attempt.worker_id or uuid.UUID(int=0))) is None:
        yield "its worker was not killed"
    elif attempt.ended_at < killed_at or (attempt.started_at > killed_at and counted[0]):
        yield f"its worker was killed at {killed_at}"
