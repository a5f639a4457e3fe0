"""Begin of jobs, and what follows for jobs and steps from slots that are granted or not free."""

from stroem.engine.board import Board
from stroem.engine.changes import Message
from stroem.engine.ends import Ends
from stroem.engine.events import Begin, Cancel, Deadlocked, Full, Granted
from stroem.engine.job_end import skip_job
from stroem.engine.operations import TAKEN, Agenda, Arrive
from stroem.engine.slots.slots import Slots
from stroem.engine.starts import Starts
from stroem.engine.values.scopes import Asking
from stroem.engine.values.state import JOB, PAUSE, SLOT
from stroem.engine.waits.holds import is_held
from stroem.interfaces.nodes import ROOT


class Admission:
    """Begins jobs and steps once they have all their slots. A grant that comes too late is given back."""

    def __init__(self, board: Board, agenda: Agenda, slots: Slots, starts: Starts, ends: Ends) -> None:
        self._board = board
        self._agenda = agenda
        self._slots = slots
        self._starts = starts
        self._ends = ends

    def begin(self, event: Begin) -> Asking:
        """Starts the job at its entries, or puts it into the line for its first slot."""
        job = self._board.job
        job.begins_later = False
        for hold in job.holds:
            self._board.record_job("hold", hold.by, f"Step {hold.step!r} is paused")
        if job.paused and job.slots:
            job.waits_for = PAUSE
        elif self._slots.job_has_all("slot"):
            self._enter()
        yield from ()

    def _enter(self) -> None:
        for entry in self._board.graph.entries(ROOT):
            self._agenda.push(Arrive(JOB, entry, TAKEN))

    def granted(self, event: Granted) -> Asking:
        """Begins the owner of a slot, or requests its next one."""
        if event.step == JOB:
            self._granted_job(event.key)
            return
        board = self._board
        yield from board.load(ids=[event.step])
        step = board.steps.get(event.step)
        key = None if step is None or step.status != "pending" else _awaited(step.waits_for)
        if step is None or key is None or event.key not in (None, key):
            if step is None or step.has_ended:
                board.changes.free_slots(event.step)
        elif (yield from is_held(board, step)):
            board.change(step)
            board.changes.free_slots(step.id)
            step.waits_for = PAUSE
            board.record(step, "slot")
        elif self._slots.has_all(step, "slot", key):
            yield from self._starts.enter(step, "slot")

    def _granted_job(self, granted: str | None) -> None:
        job = self._board.job
        key = _awaited(job.waits_for)
        if key is None or granted not in (None, key):
            return
        if job.paused:
            self._board.changes.free_slots(JOB)
            job.waits_for = PAUSE
            self._board.record_job("slot")
        elif self._slots.job_has_all("slot", key):
            self._enter()

    def full(self, event: Full) -> Asking:
        """Does what the policy of a slot says, if the job still waits for it.

        A retry is older than what runs: it never has that cancelled, but is cancelled itself.
        """
        job = self._board.job
        slot = next((one for one in job.slots if one.key == event.key), None)
        if slot is None or _awaited(job.waits_for) != event.key:
            return
        holder = f": job {event.held[0]} has it" if event.held else ""
        whose = "the concurrency of its trigger" if slot.key.startswith("trigger:") else "its concurrency"
        reason = f"No slot of {whose} was free{holder}"
        if slot.policy == "queue":
            if slot.max_queue is not None and len(event.ahead) >= slot.max_queue:
                yield from self._ends.fail_job(f"{reason}, and {len(event.ahead)} jobs wait, as many as may")
        elif slot.policy == "skip":
            yield from skip_job(self._board, f"Skipped: {reason[0].lower()}{reason[1:]}")
        elif slot.policy == "cancel_previous" and not job.retry_attempt:
            for other in (*event.ahead, *event.held[:1]):
                payload = {"reason": "Cancelled for a later job of the same concurrency"}
                self._board.changes.messages.append(Message(kind="supersede", job=other, payload=payload))
        else:
            self._agenda.push(Cancel(reason=reason))

    def deadlocked(self, event: Deadlocked) -> Asking:
        """Fails the job or step, if it still waits for the slot."""
        board = self._board
        if event.step == JOB:
            if _awaited(board.job.waits_for) == event.key:
                yield from self._ends.fail_job(event.error)
            return
        yield from board.load(ids=[event.step])
        step = board.steps.get(event.step)
        if step is not None and step.status == "pending" and _awaited(step.waits_for) == event.key:
            yield from self._ends.end(step, "failed", error=event.error, cause="slot")


def _awaited(waits_for: str | None) -> str | None:
    """The key of the slot that is waited for."""
    return waits_for.removeprefix(SLOT) if waits_for is not None and waits_for.startswith(SLOT) else None
