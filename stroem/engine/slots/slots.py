"""Requests of jobs and steps for slots, one after the other."""

from stroem.engine.board import Board
from stroem.engine.changes import SlotRequest
from stroem.engine.ends import Ends
from stroem.engine.requests import Failure
from stroem.engine.slots.limits import SCOPES, requests_of
from stroem.engine.values.scopes import Asking, Scopes
from stroem.engine.values.state import JOB, SLOT, Step
from stroem.interfaces.nodes import Node


class Slots:
    """Puts jobs and steps into the line for the next slot that they need.

    The order is that of the plan: the slot of a node, then its limits by name. What was taken is held meanwhile.
    """

    def __init__(self, board: Board, scopes: Scopes, ends: Ends) -> None:
        self._board = board
        self._scopes = scopes
        self._ends = ends

    def request(self, step: Step, node: Node, cause: str) -> Asking:
        """Requests the first slot of a step. True if it needs none; ends it if its key has a mistake."""
        if not node.takes_slots:
            return True
        if node.slot is None:
            return self.has_all(step, cause)
        key = yield from self._scopes.evaluate(step, node.slot.key)
        if not isinstance(key, Failure) and str(key).startswith(SCOPES):
            key = Failure(error=f"The key of a slot cannot begin with {', '.join(map(repr, SCOPES))}")
        if isinstance(key, Failure):
            yield from self._ends.end(step, "failed", error=key.error, kind="template", cause="slot")
            return False
        self._wait(step, SlotRequest(step=step.id, key=str(key), size=node.slot.size), cause)
        return False

    def has_all(self, step: Step, cause: str, last: str | None = None) -> bool:
        """Requests the next slot of a step behind that of the key `last`. True if it needs no other."""
        wanted = list(requests_of(self._board.graph, self._board.job, step.id, step.node))
        following = _behind(last, wanted)
        if following is not None:
            self._wait(step, following, cause)
        return following is None

    def job_has_all(self, cause: str, last: str | None = None) -> bool:
        """The same for the job itself."""
        job = self._board.job
        wanted = [
            SlotRequest(step=JOB, key=one.key, size=one.size, rate=one.rate, is_told=one.is_told)
            for one in job.slots
            if one.key not in job.shared
        ]
        following = _behind(last, wanted)
        job.waits_for = None if following is None else f"{SLOT}{following.key}"
        if following is not None:
            self._board.changes.want_slot(following)
            self._board.record_job(cause)
        return following is None

    def _wait(self, step: Step, wanted: SlotRequest, cause: str) -> None:
        self._board.change(step)
        step.waits_for, step.due_at = f"{SLOT}{wanted.key}", None
        self._board.changes.want_slot(wanted)
        self._board.record(step, cause)


def _behind(last: str | None, wanted: list[SlotRequest]) -> SlotRequest | None:
    """The request behind that for the key `last`, or the first one."""
    keys = [one.key for one in wanted]
    place = keys.index(last) + 1 if last in keys else 0
    return next(iter(wanted[place:]), None)
