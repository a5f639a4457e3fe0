"""Jobs that follow the end or the suspension of a job: its retry, and its hooks."""

import attrs

from stroem.engine.board import Board
from stroem.engine.changes import Message
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import Failure, StartHook, StartRetry
from stroem.engine.retries import job_delay_secs
from stroem.engine.values.scopes import Asking
from stroem.engine.values.state import JobState, Step
from stroem.engine.waits.places import place_of
from stroem.interfaces.nodes import Node

_SUSPENDED = "on_suspended"
_ENDED = {"completed": "on_success", "failed": "on_error", "cancelled": "on_cancel"}


def follow_end(board: Board) -> Asking:
    """Starts the job that repeats one that has just failed; after the last attempt, the hooks for its end.

    The job that a hook follows hears of the failure of that. Nothing follows a skipped job.
    """
    job = board.job
    if (yield from _retry(board)):
        return
    if job.hook_of is not None and job.status != "completed":
        payload = {"task": board.graph.task, "outcome": job.status, "error": job.error}
        board.changes.messages.append(Message(kind="hook", job=job.hook_of, payload=payload))
    if job.status in _ENDED:
        yield from _start(board, _ENDED[job.status])


def _retry(board: Board) -> Asking:
    delay = job_delay_secs(board.graph.retry, board.job, board.now)
    if delay is None:
        return False
    answer = yield StartRetry(attempt=board.job.retry_attempt + 1, delay=delay)
    if isinstance(answer, Failure):
        board.changes.notes.append(f"[retry] The job cannot be tried again: {answer.error}")
        return False
    board.changes.retry = answer
    board.changes.notes.append(f"[retry] The job is tried again in {delay:g} s, as job {answer}")
    return True


def follow_suspension(board: Board, step: Step) -> Asking:
    """Starts the hooks of a job with a step that begins to wait for a person."""
    yield from _start(board, _SUSPENDED, step)


def _start(board: Board, key: str, suspended: Step | None = None) -> Asking:
    hooks = _hooks(board.graph, board.job, key)
    place = (yield from place_of(board, suspended)) if hooks and suspended is not None else ()
    for hook in hooks:
        answer = yield attrs.evolve(_request(board, key, hook), suspended=suspended, place=place)
        if isinstance(answer, Failure):
            board.changes.notes.append(f"[hooks] {key}: {hook.action} cannot start: {answer.error}")
        else:
            board.changes.children.append(answer)


def _hooks(plan: TaskPlan, job: JobState, key: str) -> tuple[Node, ...]:
    if job.hook_of is not None:
        return ()
    return plan.hooks.get(key) or (() if job.has_parent else plan.workspace_hooks.get(key, ()))


def _request(board: Board, key: str, hook: Node) -> StartHook:
    failed = tuple(sorted((one for one in board.steps.values() if one.status == "failed"), key=lambda one: one.id))
    completed = tuple(one for one in board.changes.ended if board.steps[one].status == "completed")
    return StartHook(
        key=key,
        hook=hook,
        status=board.job.status,
        error=board.job.error,
        failed=failed,
        completed=completed,
        taken=tuple((one.source_job, one.source_step) for one in board.changes.cache_hits),
    )
