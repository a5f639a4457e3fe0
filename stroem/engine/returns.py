"""Returns of claimed steps that their workers have not begun."""

from stroem.engine.board import Board
from stroem.engine.ends import Ends
from stroem.engine.events import Returned
from stroem.engine.occurrences import Occurrences
from stroem.engine.starts import Starts
from stroem.engine.values.scopes import Asking
from stroem.engine.waits.holds import is_held


class Returns:
    """Puts steps back into the queue, without the attempt that their claim has counted."""

    def __init__(self, board: Board, starts: Starts, ends: Ends, occurrences: Occurrences) -> None:
        self._board = board
        self._starts = starts
        self._ends = ends
        self._occurrences = occurrences

    def returned(self, event: Returned) -> Asking:
        """Puts a running action back into the queue. Ends it if it is to be cancelled."""
        board = self._board
        yield from board.load(ids=[event.step])
        step = board.steps.get(event.step)
        if step is None or step.status != "running" or step.waits_for is not None:
            return
        yield from self._occurrences.place_with(step)
        board.change(step)
        step.attempt -= 1
        if step.cancel_requested:
            yield from self._ends.end(step, "cancelled", cause="returned", actor=event.actor)
            return
        step.status, step.worker_id = "pending", None
        if board.node(step).takes_slots and (yield from is_held(board, step)):
            board.changes.free_slots(step.id)
        yield from self._starts.admit(step, "returned")
