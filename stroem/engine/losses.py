"""Losses: the worker on which a job stays is gone."""

from stroem.engine.board import Board
from stroem.engine.ends import Ends
from stroem.engine.events import Ended
from stroem.engine.starts import Starts
from stroem.engine.values.scopes import Asking
from stroem.engine.values.state import JOB, Step


class Losses:
    """Fails local jobs as a whole with their workers. Their cleanup steps run on another one."""

    def __init__(self, board: Board, starts: Starts, ends: Ends) -> None:
        self._board = board
        self._starts = starts
        self._ends = ends

    def is_loss(self, step: Step, event: Ended) -> bool:
        """True if a step ends with the worker on which its job stays: nobody reports its end.

        A step that its worker reports as lost, such as one whose container was removed, may be tried again there.
        """
        job = self._board.job
        is_own = step.worker_id is not None and job.worker_id in (None, step.worker_id)
        is_reported = event.cause == "outcome"
        return job.is_local and is_own and event.error_kind == "worker_lost" and not is_reported

    def lose(self, step: Step, event: Ended) -> Asking:
        """Fails a step, without another attempt, and its job. A cleanup step that has not begun is queued again."""
        board, job = self._board, self._board.job
        worker, job.worker_id = step.worker_id, None
        if step.status != "ready" or not board.graph.is_cleanup(step.node):
            yield from self._ends.end(
                step,
                "failed",
                error=event.error,
                kind=event.error_kind,
                cause=event.cause,
                actor=event.actor,
                repeats=False,
            )
        if not job.is_halted:
            yield from self._ends.fail_job(event.error or "The worker on which the job stays is gone", event.cause)
        opened = yield from board.load_inside(JOB)
        queued = [one for one in opened if one.status == "ready" and one.worker_id == worker]
        for one in queued:
            board.change(one)
            one.status, one.worker_id = "pending", None
        self._starts.has_first = None
        for one in queued:
            yield from self._starts.admit(one, event.cause)
