"""Handlers of events: the first act of each."""

import datetime

from stroem.engine.board import Board
from stroem.engine.changes import Copied
from stroem.engine.ends import Ends, cancel_of
from stroem.engine.events import (
    Cancel,
    ChildEnded,
    Due,
    Ended,
    EndedByServer,
    HookFailed,
    Placed,
    Resolve,
    Signal,
)
from stroem.engine.followers import follow_end
from stroem.engine.losses import Losses
from stroem.engine.operations import Agenda, Place, Start
from stroem.engine.requests import KeptSignal
from stroem.engine.starts import Starts
from stroem.engine.values.scopes import Asking
from stroem.engine.values.state import (
    CHILD,
    CLOSING,
    DEPENDENCIES,
    ENDED,
    ENDING_SECS,
    JOB,
    PAUSE,
    PLACEMENT,
    RETRY,
    SIGNAL,
    Step,
)
from stroem.engine.waits.suspensions import Suspensions
from stroem.interfaces.step_error import ErrorKind

_CHILD_ENDING_SECS = 600
"""The time that a cancelled child job has to end, with its cleanup, before its step fails without it."""


class Occurrences:
    """Handles events. An event that no longer fits the state of its step or job changes nothing."""

    def __init__(
        self, board: Board, agenda: Agenda, starts: Starts, suspensions: Suspensions, ends: Ends, losses: Losses
    ) -> None:
        self._board = board
        self._agenda = agenda
        self._starts = starts
        self._suspensions = suspensions
        self._ends = ends
        self._losses = losses

    def ended(self, event: Ended) -> Asking:
        """Ends a step if the event still fits its status, attempt and worker."""
        step = yield from self._found(event.step)
        if (
            step is None
            or step.status != event.was
            or step.is_scope
            or event.attempt not in (None, step.attempt)
            or event.worker_id not in (None, step.worker_id)
        ):
            return
        self._board.changes.accepted.append(step.id)
        if self._losses.is_loss(step, event):
            yield from self._losses.lose(step, event)
            return
        yield from self.place_with(step)
        yield from self._ends.end(
            step,
            event.outcome,
            error=event.error,
            kind=event.error_kind,
            exit_code=event.exit_code,
            output=event.output,
            cause=event.cause,
            actor=event.actor,
        )
        if step.status == "completed" and event.is_repeatable and self._board.node(step).cache is not None:
            self._board.changes.cached.append(step.id)

    def due(self, event: Due) -> Asking:
        """Handles the due time of a step: a retry, the end of a wait, a timeout."""
        step = yield from self._found(event.step)
        if step is None or step.due_at is None or step.due_at > self._board.now:
            return
        if step.status == "pending" and step.waits_for == RETRY:
            self._board.change(step)
            step.due_at = step.waits_for = None
            self._agenda.push(Start(step.id, "retry"))
        elif step.status == "suspended":
            if not (yield from self._suspensions.remind(step)):
                yield from self._suspensions.expire(step)
        elif step.is_scope:
            yield from self._time_out_scope(step)
        elif step.status == "running":
            yield from self._time_out(step)

    def _time_out_scope(self, step: Step) -> Asking:
        board = self._board
        board.change(step)
        step.error, step.error_kind = f"Step timed out after {step.timeout}s", "timeout"
        step.failed += 1
        step.waits_for, step.due_at = CLOSING, None
        yield from self._ends.halt(step.id, cause="timer", detail=step.error)
        if not step.open:
            yield from self._ends.close(step.id)

    def _time_out(self, step: Step) -> Asking:
        if step.cancel_requested and step.error is None:
            error = f"Cancelled: the worker did not end the step within {ENDING_SECS}s"
            yield from self._ends.end(step, "cancelled", error=error, cause="timer")
        elif step.waits_for is not None and not step.cancel_requested:
            self._end_child(step, f"Step timed out after {step.timeout}s")
        else:
            error = step.error or f"Step timed out after {step.timeout}s"
            yield from self._ends.end(step, "failed", error=error, kind="timeout", cause="timer")

    def _end_child(self, step: Step, error: str) -> None:
        """Cancels a child job that takes too long. Its step fails when that has ended: no attempts run side by side."""
        board = self._board
        board.change(step)
        step.error, step.error_kind, step.cancel_requested = error, "timeout", True
        step.due_at = board.now + datetime.timedelta(seconds=_CHILD_ENDING_SECS)
        board.changes.messages.append(cancel_of(step, error))
        board.record(step, "timer", detail=error)

    def cancel(self, event: Cancel) -> Asking:
        """Cancels waiting steps, and asks for the end of running ones; the second time, also of cleanup steps."""
        job = self._board.job
        if job.status not in ("pending", "running"):
            return
        if job.cancel_reason is not None:
            if event.once:
                return
            job.ends_cleanup = True
        job.cancel_reason = job.cancel_reason or event.reason
        job.paused = job.begins_later = False
        job.waits_for, job.holds = None, ()
        self._board.record_job("cancel", event.actor, event.reason)
        yield from self._board.recount()
        yield from self._ends.halt(JOB, cause="cancel", actor=event.actor, detail=event.reason)
        for step in (yield from self._board.load_inside(JOB)):
            if step.waits_for == PAUSE:
                self._agenda.push(Start(step.id, "cancel"))

    def signal(self, event: Signal) -> Asking:
        """Ends all steps that wait for the signal. Keeps it if there are none."""
        waiting = yield from self._board.load_waiting(f"{SIGNAL}{event.name}")
        for step in waiting:
            yield from self._suspensions.take_signal(step, event.payload, event.actor)
        if not waiting:
            self._board.changes.kept.append(event.message)
            early = KeptSignal(message=event.message, name=event.name, payload=event.payload, actor=event.actor)
            self._suspensions.early.append(early)

    def resolve(self, event: Resolve) -> Asking:
        """Answers a suspended step."""
        step = yield from self._found(event.step)
        if step is not None and step.status == "suspended":
            yield from self._suspensions.answer(step, event.answer, "answer", event.actor)
            if step.status != "suspended":
                self._board.changes.accepted.append(step.id)

    def child_ended(self, event: ChildEnded) -> Asking:
        """Ends the step of a child job, with the outcome of the job."""
        step = yield from self._found(event.step)
        if step is None or step.status != "running" or step.waits_for != f"{CHILD}{event.job}":
            return
        outcome = "failed" if event.outcome == "skipped" else event.outcome
        error = event.error
        if step.error is not None:  # it took too long
            outcome, error = "failed", step.error
        elif outcome == "failed" and error is None:
            node = self._board.node(step)
            where = "" if node.workspace is None else f" of workspace {node.workspace!r}"
            error = f"Job {event.job} of task {node.task!r}{where} failed"
        kind: ErrorKind = step.error_kind or "child"
        yield from self._ends.end(step, outcome, error=error, kind=kind, output=event.output, cause="job")
        if step.id not in self._board.changes.outputs:
            self._board.changes.copies.append(Copied(step=step.id, source_job=event.job))

    def placed(self, event: Placed) -> Asking:
        """Gives a local job its worker, and puts its waiting actions into the queue of that."""
        job = self._board.job
        if not job.is_local or job.worker_id is not None:
            return
        job.worker_id = event.worker_id
        for step in (yield from self._board.load_waiting(PLACEMENT)):
            self._board.change(step)
            yield from self._starts.admit(step, "placed")

    def place_with(self, step: Step) -> Asking:
        """Gives a local job that has no worker yet that of a step. One that has lost its worker gets another."""
        if step.worker_id is not None and self._board.job.error is None:
            yield from self.placed(Placed(worker_id=step.worker_id))

    def ended_by_server(self, event: EndedByServer) -> Asking:
        """Starts what follows the end of the job."""
        if self._board.job.status in ENDED:
            yield from follow_end(self._board)

    def hook_failed(self, event: HookFailed) -> Asking:
        """Notes the failure of a hook; nothing follows from it."""
        reason = "" if event.error is None else f": {event.error}"
        self._board.changes.notes.append(f"[hooks] {event.task} {event.outcome} (job {event.job}){reason}")
        yield from ()

    def place(self, operation: Place) -> Asking:
        """Puts the next action of a local job without a worker into the queue, if none is there."""
        job = self._board.job
        self._starts.has_first = None
        if job.worker_id is None:
            for step in (yield from self._board.load_waiting(PLACEMENT)):
                yield from self._starts.admit(step, "placed")
                if step.status == "ready":  # the others may be held
                    return

    def end_stuck(self) -> Asking:
        """Fails joins that can never complete, or the job if there are none. Called when no step moves.

        In a job that is ended, the edges that are not decided are dead: nothing will send a token along them.
        """
        board = self._board
        opened = yield from board.load_inside(JOB)
        if not opened:
            board.job.open = 0
        stuck = [one for one in opened if one.waits_for == DEPENDENCIES]
        for step in stuck:
            if board.job.is_halted and (step.taken or board.node(step).tolerant):
                board.change(step)
                step.unmet, step.waits_for = 0, None
                self._agenda.push(Start(step.id, "dependencies"))
                continue
            names = ", ".join(repr(board.graph.node(one).name) for one in board.graph.dependencies[step.node])
            error = f"The step can never start: of the edges from {names}, {step.unmet} are never decided"
            yield from self._ends.end(step, "failed", error=error, cause="stuck")
        if not stuck:
            board.job.ends_cleanup = board.job.ends_cleanup or board.job.is_halted
            yield from self._ends.fail_job("Nothing is left that could end the job")
            yield from self._ends.halt(JOB, cause="stuck")

    def _found(self, step_id: int) -> Asking:
        """The step, or None."""
        if step_id not in self._board.steps:
            yield from self._board.load(ids=[step_id])
        return self._board.steps.get(step_id)
