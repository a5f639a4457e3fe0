"""Starts of hooks when a job ends or is suspended."""

from stroem.engine.board import Board
from stroem.engine.changes import Message
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import Failure, StartHook
from stroem.engine.scopes import Asking
from stroem.engine.state import JobState, Step
from stroem.interfaces.nodes import Node

_SUSPENDED = "on_suspended"
_ENDED = {"completed": "on_success", "failed": "on_error", "cancelled": "on_cancel"}


def start_end_hooks(board: Board) -> Asking:
    """Starts the hooks of a job that has just ended."""
    yield from _start(board, _ENDED[board.job.status])


def start_suspension_hooks(board: Board, step: Step) -> Asking:
    """Starts the hooks of a job with a step that begins to wait for a person."""
    yield from _start(board, _SUSPENDED, step)


def _start(board: Board, key: str, suspended: Step | None = None) -> Asking:
    for hook in _hooks(board.graph, board.job, key):
        answer = yield _request(board, key, hook, suspended)
        if isinstance(answer, Failure):
            board.changes.notes.append(f"[hooks] {key}: {hook.action} cannot start: {answer.error}")
        else:
            board.changes.children.append(answer)


def _hooks(plan: TaskPlan, job: JobState, key: str) -> tuple[Node, ...]:
    if job.hook_of is not None:
        return ()
    return plan.hooks.get(key) or (() if job.has_parent else plan.workspace_hooks.get(key, ()))


def _request(board: Board, key: str, hook: Node, suspended: Step | None) -> StartHook:
    failed = tuple(sorted((one for one in board.steps.values() if one.status == "failed"), key=lambda one: one.id))
    return StartHook(
        key=key, hook=hook, status=board.job.status, error=board.job.error, failed=failed, suspended=suspended
    )


def failure_of_hook(board: Board) -> Message:
    """The message about the failure of a hook, for the log of the job that it follows."""
    job = board.job
    payload = {"task": board.graph.task, "outcome": job.status, "error": job.error}
    return Message(kind="hook", job=job.hook_of, payload=payload)
