"""Pauses of jobs and of single steps."""

from collections.abc import Iterable
from typing import Literal

from stroem.engine.board import Board
from stroem.engine.changes import Message
from stroem.engine.events import Begin, Pause, PauseStep, Resume, ResumeStep
from stroem.engine.operations import Agenda, Place, Start
from stroem.engine.values.scopes import Asking
from stroem.engine.values.state import CHILD, ENDED, JOB, PAUSE, SCOPE, Hold, Step
from stroem.engine.waits.places import place_of


def is_held(board: Board, step: Step) -> Asking:
    """True if the job is paused, or a pause holds the step or a scope around it."""
    if board.job.paused or not board.job.holds:
        return board.job.paused
    addresses = yield from place_of(board, step)
    place = tuple((node, item) for _, node, item in addresses)
    return any(place[: len(one.place)] == one.place for one in board.job.holds)


def pause_refusal(status: str, waits_for: str | None) -> str | None:
    """The reason why a step with this status cannot be paused, if there is one."""
    if status in ENDED:
        return "has ended"
    if status == "suspended":
        return "has begun to wait, and a pause does not stop its time; pause the steps behind it, or the job"
    if status == "running" and (waits_for or "").startswith(CHILD):
        return f"runs as job {(waits_for or '').removeprefix(CHILD)}; pause that job"
    if status == "running" and waits_for != SCOPE:
        return "is running, and goes on; pause the steps behind it, or cancel the job"
    return None


class Holds:
    """Handles pauses: what they hold waits for `pause` until nothing holds it any more."""

    def __init__(self, board: Board, agenda: Agenda) -> None:
        self._board = board
        self._agenda = agenda

    def pause(self, event: Pause) -> Asking:
        """Pauses the job and its child jobs. From now on, steps are held at their start."""
        board = self._board
        if board.job.paused or board.job.is_halted or board.job.status not in ("pending", "running"):
            return
        board.job.paused = True
        board.record_job("pause", event.actor)
        opened = yield from board.load_inside(JOB)
        yield from self._take_out(opened, event.actor)
        self._tell_children(opened, "pause", event.actor)

    def resume(self, event: Resume) -> Asking:
        """Resumes the job and its child jobs. Starts the steps that the pause held."""
        board = self._board
        if not board.job.paused:
            return
        board.job.paused = False
        board.record_job("resume", event.actor)
        if board.job.waits_for == PAUSE:
            self._agenda.push(Begin())
        yield from self._start_held()
        self._tell_children((yield from board.load_inside(JOB)), "resume", event.actor)

    def pause_step(self, event: PauseStep) -> Asking:
        """Pauses a step that has not begun to run, and the steps inside it."""
        board, job = self._board, self._board.job
        if job.is_halted or job.status not in ("pending", "running"):
            return
        opened = yield from board.load_inside(JOB)
        if event.step is not None:
            yield from board.load(ids=[event.step])
            step = board.steps.get(event.step)
            if step is None or pause_refusal(step.status, step.waits_for) is not None:
                return
        board.changes.accepted.append(event.step or JOB)
        if any(one.place == event.place for one in job.holds):
            return
        job.holds = (*job.holds, Hold(place=event.place, step=event.name, by=event.actor, at=board.now))
        board.record_job("hold", event.actor, f"Step {event.name!r} is paused")
        yield from self._take_out(opened, event.actor)
        if job.is_local and job.worker_id is None:
            self._agenda.push(Place())

    def resume_step(self, event: ResumeStep) -> Asking:
        """Starts what the pause of a step held."""
        job = self._board.job
        ended = [one for one in job.holds if one.place == event.place]
        if not ended:
            return
        job.holds = tuple(one for one in job.holds if one.place != event.place)
        self._board.record_job("release", event.actor, f"Step {ended[0].step!r} is no longer paused")
        if not job.paused:
            yield from self._start_held()

    def _take_out(self, opened: Iterable[Step], actor: str | None) -> Asking:
        """Takes the held steps out of the queue."""
        board = self._board
        for step in opened:
            if step.status == "ready" and (yield from is_held(board, step)):
                board.change(step)
                step.status, step.waits_for = "pending", PAUSE
                step.worker_id = None
                if board.node(step).takes_slots:
                    board.changes.free_slots(step.id)
                board.record(step, "pause", actor)

    def _start_held(self) -> Asking:
        """Starts the steps that nothing holds any more."""
        for step in (yield from self._board.load_waiting(PAUSE)):
            if not (yield from is_held(self._board, step)):
                self._agenda.push(Start(step.id, "resume"))

    def _tell_children(self, opened: Iterable[Step], kind: Literal["pause", "resume"], actor: str | None) -> None:
        """Sends a message to the child jobs of running steps."""
        for step in opened:
            if step.status == "running" and (step.waits_for or "").startswith(CHILD):
                child = (step.waits_for or "").removeprefix(CHILD)
                self._board.changes.messages.append(Message(kind=kind, job=child, payload={"by": actor}))
