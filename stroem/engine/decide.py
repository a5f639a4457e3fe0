"""Decides what follows from events in a job."""

import datetime
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from stroem.engine.arrivals import Arrivals
from stroem.engine.board import Board
from stroem.engine.changes import Changes
from stroem.engine.ends import Ends
from stroem.engine.events import (
    Begin,
    Cancel,
    ChildEnded,
    Deadlocked,
    Due,
    Ended,
    EndedByServer,
    Event,
    Full,
    Granted,
    HookFailed,
    Pause,
    PauseStep,
    Placed,
    Resolve,
    Resume,
    ResumeStep,
    Returned,
    Signal,
)
from stroem.engine.losses import Losses
from stroem.engine.occurrences import Occurrences
from stroem.engine.operations import Agenda, Arrive, Handler, Place, Settle, Start
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import Request
from stroem.engine.returns import Returns
from stroem.engine.slots.admission import Admission
from stroem.engine.slots.slots import Slots
from stroem.engine.starts import Starts
from stroem.engine.values.scopes import Scopes
from stroem.engine.values.state import JOB, JobState
from stroem.engine.waits.holds import Holds
from stroem.engine.waits.suspensions import Suspensions
from stroem.interfaces.step_kind import StepKind

_MOST_TRIES = 100
"""Times that a decision may find a job stuck and try to end what is left."""


def decide(
    job: JobState,
    plan: TaskPlan,
    events: Sequence[Event],
    now: datetime.datetime,
    kinds: Mapping[str, StepKind],
) -> Generator[Request, Any, Changes]:
    """Decides what follows from events, in their order, for a job.

    A generator: it yields requests, is sent their answers, and returns the changes. It changes `job`, and nothing else.
    The caller has locked the job: its rows do not change meanwhile, except by claims. `kinds` are the server-side kinds
    of steps by name.
    """
    board = Board(job, plan, now)
    agenda = Agenda(board)
    scopes = Scopes(board)
    ends = Ends(board, agenda, scopes)
    slots = Slots(board, scopes, ends)
    suspensions = Suspensions(board, ends, kinds)
    starts = Starts(board, agenda, scopes, slots, ends, suspensions)
    occurrences = Occurrences(board, agenda, starts, suspensions, ends, Losses(board, starts, ends))
    admission = Admission(board, agenda, slots, starts, ends)
    returns = Returns(board, starts, ends, occurrences)
    holds = Holds(board, agenda)
    handlers = _handlers(Arrivals(board, agenda, ends), admission, starts, ends, occurrences, returns, holds)
    agenda.extend(events)
    for _ in range(_MOST_TRIES):
        while agenda:
            yield from agenda.prepare()
            operation = agenda.pop()
            yield from handlers[type(operation)](operation)
        if job.status not in ("pending", "running") or job.begins_later or _waits(job):
            return board.finish()
        if job.open <= 0:
            yield from ends.close(JOB)
        elif board.moving() > 0:
            return board.finish()
        else:
            yield from occurrences.end_stuck()
    raise RuntimeError("a job with open steps cannot be ended")


def _waits(job: JobState) -> bool:
    """True for a job in the line for a slot: it has not begun, and is not to be ended."""
    return job.waits_for is not None and not job.is_halted


def _handlers(
    arrivals: Arrivals,
    admission: Admission,
    starts: Starts,
    ends: Ends,
    occurrences: Occurrences,
    returns: Returns,
    holds: Holds,
) -> dict[type, Handler]:
    return {
        Arrive: arrivals.arrive,
        Start: starts.start,
        Settle: ends.settle,
        Place: occurrences.place,
        Begin: admission.begin,
        Ended: occurrences.ended,
        Returned: returns.returned,
        Due: occurrences.due,
        Cancel: occurrences.cancel,
        Pause: holds.pause,
        Resume: holds.resume,
        PauseStep: holds.pause_step,
        ResumeStep: holds.resume_step,
        Signal: occurrences.signal,
        Resolve: occurrences.resolve,
        ChildEnded: occurrences.child_ended,
        Granted: admission.granted,
        Full: admission.full,
        Deadlocked: admission.deadlocked,
        Placed: occurrences.placed,
        HookFailed: occurrences.hook_failed,
        EndedByServer: occurrences.ended_by_server,
    }
