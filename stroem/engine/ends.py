"""Ends of steps: retries, tokens on their edges, ends of the scopes around them."""

import datetime
from typing import Literal

from stroem.definitions.values import Json
from stroem.engine.board import Board
from stroem.engine.changes import Collect, Message
from stroem.engine.job_end import close_job
from stroem.engine.operations import BARRED, DEAD, TAKEN, Agenda, Arrive, Place, Settle, Start
from stroem.engine.requests import Failure
from stroem.engine.retries import Retries
from stroem.engine.turns import is_kept_item, next_turn
from stroem.engine.values.declared_outputs import checked_output
from stroem.engine.values.scopes import Asking, Scopes, sinks
from stroem.engine.values.state import CLOSING, ENDING_SECS, JOB, TURN, Step
from stroem.engine.values.truth import truth
from stroem.interfaces.nodes import Edge, Node, Outcome
from stroem.interfaces.step_error import ErrorKind, StepError


class Ends:
    """Ends steps, scopes and the job."""

    def __init__(self, board: Board, agenda: Agenda, scopes: Scopes) -> None:
        self._board = board
        self._agenda = agenda
        self._scopes = scopes
        self._retries = Retries(board, scopes)

    def is_halted(self, scope: int, number: int) -> bool:
        """True if a node may no longer start in a loaded scope.

        Cleanup nodes start in a closing scope, and in a job that is being cancelled, until a second cancellation. They
        do not start when the scope that closes is itself for cleanup.
        """
        job, graph = self._board.job, self._board.graph
        closing = self._board.steps[scope] if scope != JOB and self._board.steps[scope].waits_for == CLOSING else None
        if graph.is_cleanup(number):
            return (job.is_halted and job.ends_cleanup) or (closing is not None and graph.is_cleanup(closing.node))
        return job.is_halted or closing is not None

    def end(
        self,
        step: Step,
        outcome: Outcome,
        *,
        cause: str,
        error: str | None = None,
        kind: ErrorKind | None = None,
        exit_code: int | None = None,
        output: Json = None,
        actor: str | None = None,
        detail: str | None = None,
        repeats: bool = True,
    ) -> Asking:
        """Ends an attempt of a step. Another one follows, or its tokens are sent and its scope counts the end.

        Unless it `repeats`, no other follows. A failure in a scope or job that is being ended is recorded as cancelled.
        `kind` is that of the error.
        """
        board = self._board
        yield from board.load(ids=[step.parent])
        board.change(step)
        node = board.node(step)
        halted = self.is_halted(step.parent, step.node)
        if outcome == "completed" and step.id not in board.kept and (declared := board.graph.declared_outputs(node)):
            filled, error = checked_output(declared, output)
            if error is not None:
                outcome, kind = "failed", "output"
            elif filled is not output:
                output = board.changes.outputs[step.id] = filled
        if outcome == "failed" and halted:
            outcome = "cancelled"
        if node.takes_slots and step.id not in board.kept:
            board.changes.free_slots(step.id)
        if outcome == "failed" and not halted and repeats:
            fault = StepError(message=error or "", kind=kind, exit_code=exit_code)
            left = yield from self._retries.repeat(step, node, fault)
            if left is None:
                board.record(step, cause, actor, error)
                return
            error = left.message or None
        chosen: Edge | Failure | None = None
        if outcome == "completed" and (node.writes or node.kind == "choice"):
            chosen = yield from self._complete(step, node, output)
            if isinstance(chosen, Failure):
                outcome, error, kind = "failed", chosen.error, "template"
        if node.kind == "action" and board.job.is_local and board.job.worker_id is None:
            self._agenda.push(Place())
        step.status, step.error = outcome, error
        step.error_kind, step.exit_code = kind if outcome == "failed" else None, exit_code
        step.waits_for, step.due_at, step.expires_at, step.cancel_requested = None, None, None, False
        if step.attempt and node.kind in ("block", "loop"):
            self._scopes.note_scope_end(step)
        else:
            self._scopes.note_end(step, output)
        board.changes.ended.append(step.id)
        board.record(step, cause, actor, error or detail)
        handled = self._send_tokens(step, node, outcome, chosen if isinstance(chosen, Edge) else None, halted=halted)
        counts = outcome in ("failed", "cancelled") and not (halted or node.optional or handled)
        self._agenda.push(Settle(step.id, counts))

    def _complete(self, step: Step, node: Node, output: Json) -> Asking:
        """Writes to the context of the scope. Returns the edge that a choice takes, else None; or `Failure`."""
        own = {"output": output}
        if node.writes:
            values = yield from self._scopes.evaluate(step, node.writes, own)
            if isinstance(values, Failure):
                return values
            scope = self._board.change_scope(step.parent)
            scope.context = {**(scope.context or {}), **values}
        if node.kind != "choice":
            return None
        for edge in (one for one in node.edges if "completed" in one.on):
            value = True if edge.test is None else (yield from self._scopes.evaluate(step, edge.test, own))
            if isinstance(value, Failure):
                return value
            if truth(value):
                return edge
        return Failure(error="No branch of the choice fits, and it has no default")

    def _send_tokens(self, step: Step, node: Node, outcome: Outcome, chosen: Edge | None, *, halted: bool) -> bool:
        """Sends a token along each edge; true if the failure took an edge that handles it.

        `chosen` is the edge that a completed choice takes.
        """
        handled = False
        untaken = DEAD
        if outcome in ("failed", "cancelled") or (outcome == "skipped" and step.barred and not node.tolerant):
            untaken = BARRED
        for edge in node.edges:
            takes = outcome in edge.on and (chosen is None or edge is chosen)
            handled = handled or (takes and edge.handles)
            target = self._board.graph.node(edge.to)
            if (takes or target.join == "all") and (not halted or self._board.graph.is_cleanup(edge.to)):
                self._agenda.push(Arrive(step.parent, edge.to, TAKEN if takes else untaken, node.name))
        return handled

    def settle(self, operation: Settle) -> Asking:
        """Counts an ended step in its scope, which continues or ends."""
        board = self._board
        step = board.steps[operation.step]
        scope = board.change_scope(step.parent)
        scope.open -= 1
        scope.failed += operation.counts
        board.last[step.parent] = step.id
        if isinstance(scope, Step) and board.node(scope).kind == "loop":
            yield from self._go_on(scope, step, failed=operation.counts)
        if scope.open == 0:
            yield from self.close(step.parent, last=step.id)

    def _go_on(self, loop: Step, step: Step, *, failed: bool) -> Asking:
        """Starts the next iteration or round of a loop, or skips the rest."""
        board = self._board
        node = board.node(loop)
        if loop.status != "running" or self.is_halted(loop.id, step.node) or is_kept_item(board, step, node):
            return
        if failed and node.aborts:
            loop.error, loop.waits_for, loop.due_at = "An iteration failed: the others are ended", CLOSING, None
            yield from self.halt(loop.id, cause="loop", detail=loop.error)
        elif loop.begun < loop.total:
            if failed and node.stops:
                loop.begun = loop.total
                for other in (yield from board.load_inside(loop.id)):
                    if other.parent == loop.id and other.waits_for == TURN:
                        error = "Skipped: an iteration before it failed"
                        yield from self.end(other, "skipped", error=error, cause="loop")
            else:
                following = yield from next_turn(board, loop)
                if following is not None:
                    self._agenda.push(Start(following, "loop"))
        elif (test := node.again or node.until) is not None and step.status == "completed":
            output = yield from self._scopes.output_of(step)
            found = yield from self._scopes.evaluate_round(loop, test, output)
            if isinstance(found, Failure):
                loop.failed, loop.error, loop.error_kind = loop.failed + 1, found.error, "template"
            elif truth(found) is (node.again is not None):
                yield from self._repeat(loop, node, step.node)

    def _repeat(self, loop: Step, node: Node, body: int) -> Asking:
        if loop.total >= node.most:
            loop.failed, loop.error = loop.failed + 1, f"The loop has more than {node.most} rounds"
        elif (yield from self.has_room()):
            following = self._board.make(loop.id, body, loop.total)
            loop.total += 1
            loop.begun += 1
            self._agenda.push(Start(following.id, "loop"))

    def has_room(self, steps: int = 1) -> Asking:
        """True if the job may have so many steps more. Otherwise fails the job."""
        board = self._board
        if board.job.next_step + steps - 1 <= board.graph.max_steps:
            return True
        yield from self.fail_job(f"The job has more than {board.graph.max_steps} steps")
        return False

    def fail_job(self, error: str, cause: str = "limit") -> Asking:
        """Fails the job itself. Its open steps are cancelled, except for cleanup steps."""
        if self._board.job.error is None:
            self._board.job.error = error
            self._board.job.failed += 1
            yield from self.halt(JOB, cause=cause, detail=error)

    def halt(self, scope: int, *, cause: str, actor: str | None = None, detail: str | None = None) -> Asking:
        """Cancels the open steps inside a scope. Workers and child jobs of running steps are asked to end them.

        Cleanup steps are left alone, unless the job `ends_cleanup` or the scope is itself for cleanup.
        """
        board = self._board
        ends_cleanup = board.job.ends_cleanup
        ends_cleanup = ends_cleanup or (scope != JOB and board.graph.is_cleanup(board.steps[scope].node))
        for step in (yield from board.load_inside(scope)):
            if step.has_ended or (board.graph.is_cleanup(step.node) and not ends_cleanup):
                continue
            if step.status in ("pending", "ready", "suspended"):
                yield from self.end(step, "cancelled", cause=cause, actor=actor)
            elif step.is_scope:
                board.change(step)
                step.waits_for = CLOSING
                if not step.open:
                    yield from self.close(step.id)
            elif step.waits_for is not None:
                if not step.cancel_requested or board.job.ends_cleanup:
                    board.change(step)
                    step.cancel_requested = True
                    board.changes.messages.append(cancel_of(step, detail))
            elif not step.cancel_requested:
                board.change(step)
                step.cancel_requested = True
                latest = board.now + datetime.timedelta(seconds=ENDING_SECS)
                step.due_at = latest if step.due_at is None else min(step.due_at, latest)
                board.changes.cancels.append(step.id)
                board.record(step, cause, actor, "asked to end")

    def close(self, scope: int, last: int = 0) -> Asking:
        """Ends a scope without open steps. `last` is the step inside that ended last."""
        board = self._board
        if scope == JOB:
            if not (yield from self._begins_cleanup()):
                yield from close_job(self._board, last)
            return
        step = board.steps[scope]
        if step.has_ended:
            return
        node = board.node(step)
        self._collect(step.id, step.node, node.output, last)
        outcome: Outcome = "failed" if step.failed else "completed"
        if (board.job.is_halted and not board.graph.is_cleanup(step.node)) or (
            step.waits_for == CLOSING and step.error is None
        ):
            outcome = "cancelled"
        output = (yield from self._scopes.composed(step)) if node.writes and outcome == "completed" else None
        error = step.error or (_failed_inside(step, node) if outcome == "failed" else None)
        kind: ErrorKind = step.error_kind or "inside"
        yield from self.end(step, outcome, cause="steps", error=error, kind=kind, output=output)

    def _begins_cleanup(self) -> Asking:
        """Starts the nodes that run at the end of the job. False if there are none, or they have run."""
        board, job = self._board, self._board.job
        entries = board.graph.final_entries
        if not entries or job.next_step == 1 or (job.is_halted and job.ends_cleanup):
            return False
        if job.status not in ("pending", "running"):
            return False
        first = (JOB, entries[0], 0)
        yield from board.load(addresses=[first])
        if board.at.get(first) is not None:
            return False
        for entry in entries:
            self._agenda.push(Arrive(JOB, entry, TAKEN))
        return True

    def _collect(self, scope: int, node: int, how: Literal["map", "list", "last"], last: int) -> None:
        nodes = sinks(self._board, node) if how == "map" else {}
        self._board.changes.collects.append(Collect(step=scope, how=how, nodes=nodes, source=last))


def _failed_inside(step: Step, node: Node) -> str:
    """The error of a block or loop whose steps have failed."""
    if node.kind == "loop":
        return f"{step.failed} of {step.total} iterations failed"
    return "A step inside failed" if step.failed == 1 else f"{step.failed} steps inside failed"


def cancel_of(step: Step, reason: str | None) -> Message:
    """The message that cancels the child job of a running step."""
    return Message(kind="cancel", job=(step.waits_for or "").partition(":")[2], payload={"reason": reason})
