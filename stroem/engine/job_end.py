"""The end of a job: the one place where it is decided."""

from typing import Literal

from stroem.definitions.values import Json
from stroem.engine.board import Board
from stroem.engine.changes import Collect, Message
from stroem.engine.followers import follow_end
from stroem.engine.values.scopes import Asking, sinks
from stroem.engine.values.state import JOB
from stroem.interfaces.nodes import ROOT


def close_job(board: Board, last: int) -> Asking:
    """Ends a job without open steps. `last` is the step that ended last."""
    job = board.job
    if job.status not in ("pending", "running"):
        return
    nodes = sinks(board, ROOT) if board.graph.output == "map" else {}
    board.changes.collects.append(Collect(step=JOB, how=board.graph.output, nodes=nodes, source=last))
    error = job.cancel_reason or job.error
    outcome: Literal["completed", "failed", "cancelled"] = "failed" if job.failed else "completed"
    yield from _end(board, "cancelled" if job.cancel_reason is not None else outcome, error, "steps")


def skip_job(board: Board, reason: str) -> Asking:
    """Ends a job that has not begun as skipped: neither a retry nor hooks follow."""
    yield from _end(board, "skipped", reason, "slot")


def _end(board: Board, status: str, error: str | None, cause: str) -> Asking:
    job = board.job
    job.status, job.error = status, error
    job.paused, job.holds, job.waits_for = False, (), None
    if job.slots:
        board.changes.free_slots(JOB)
    if job.has_parent:
        payload: Json = {"outcome": status, "error": error}
        board.changes.messages.append(Message(kind="ended", payload=payload))
    board.record_job(cause, detail=error)
    yield from follow_end(board)
