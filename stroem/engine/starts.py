"""Starts of steps: conditions, slots, and the first act of each kind of node."""

import datetime
from collections.abc import Sequence

from stroem.definitions.values import Json
from stroem.engine.board import Board
from stroem.engine.cached import take_cached
from stroem.engine.children import start_child
from stroem.engine.ends import Ends
from stroem.engine.items import NotItems, items_of
from stroem.engine.operations import TAKEN, Agenda, Arrive, Start
from stroem.engine.requests import Failure, Fragment, OpenFragment
from stroem.engine.reruns.kept_steps import KeptSteps
from stroem.engine.slots.slots import Slots
from stroem.engine.values.conditions import unmet
from stroem.engine.values.scopes import Asking, Scopes
from stroem.engine.values.state import CHILD, JOB, PAUSE, PLACEMENT, RETRY, SCOPE, TURN, Step
from stroem.engine.values.truth import truth
from stroem.engine.waits.holds import is_held
from stroem.engine.waits.suspensions import Suspensions
from stroem.interfaces.nodes import Node
from stroem.interfaces.step_error import ErrorKind
from stroem.interfaces.step_kind import Completed

_MOST_ENDED = 1000
"""Steps that end in a decision before further ones of the server's own kinds are left to the next."""
_MOST_CHILDREN = 200
"""Child jobs that a decision creates before further ones are left to the next."""
_MOST_LOOKUPS = 500
"""Steps whose earlier results are looked up in a decision."""


class Starts:
    """Starts pending steps: `start`, then the slots that the node needs, then `enter`.

    `has_first`: in a local job without a worker, an action is in the queue or runs (None: not known yet).
    """

    def __init__(
        self,
        board: Board,
        agenda: Agenda,
        scopes: Scopes,
        slots: Slots,
        ends: Ends,
        suspensions: Suspensions,
    ) -> None:
        self._board = board
        self._agenda = agenda
        self._scopes = scopes
        self._slots = slots
        self._ends = ends
        self._suspensions = suspensions
        self._kept = KeptSteps(board, ends)
        self.has_first: bool | None = None

    def start(self, operation: Start) -> Asking:
        """Starts a step. It is ended instead in a scope that ends, if it is taken over, or if its condition is false.

        In a paused job it is held.
        """
        board = self._board
        step = board.steps[operation.step]
        if step.status != "pending":
            return
        board.change(step)
        node = board.node(step)
        if self._ends.is_halted(step.parent, step.node):
            yield from self._ends.end(step, "cancelled", cause=operation.cause)
        elif (yield from is_held(board, step)):
            self._hold(step, PAUSE, operation.cause)
        elif board.job.is_partial and (yield from self._kept.end(step)):
            return
        elif self._is_enough(step, node):
            self._hold(step, RETRY, operation.cause)
            step.due_at = board.now  # the rest in another transaction
        elif step.begun or (yield from self._fits(step, node)):
            step.begun = 1
            if node.cache is not None and not step.attempt and (yield from self._take_cached(step)):
                return
            if (yield from self._slots.request(step, node, operation.cause)):
                yield from self.enter(step, operation.cause)

    def _is_enough(self, step: Step, node: Node) -> bool:
        """True if the decision has done so much that the start of a step is left to the next."""
        changes = self._board.changes
        if node.kind != "action":
            ended = len(changes.ended) - len(self._board.kept)
            return ended >= _MOST_ENDED or len(changes.children) >= _MOST_CHILDREN
        is_looked_up = node.cache is not None and not step.attempt
        return is_looked_up and len(changes.cache_keys) + len(changes.cache_hits) >= _MOST_LOOKUPS

    def _fits(self, step: Step, node: Node) -> Asking:
        """True if the conditions of a step are met. Otherwise ends it."""
        if node.conditions and (reason := (yield from unmet(self._board, step))) is not None:
            yield from self._ends.end(step, "skipped", error=reason, cause="dependencies")
            return False
        if node.when is None:
            return True
        value = yield from self._scopes.evaluate(step, node.when)
        if isinstance(value, Failure):
            yield from self._ends.end(step, "failed", error=value.error, kind="template", cause="when")
            return False
        if truth(value):
            return True
        yield from self._ends.end(step, "skipped", error="Skipped: its condition is false", cause="when")
        return False

    def _take_cached(self, step: Step) -> Asking:
        return take_cached(self._board, self._scopes, self._ends, step)

    def _hold(self, step: Step, waits_for: str, cause: str) -> None:
        step.waits_for, step.due_at = waits_for, None
        self._board.record(step, cause)

    def enter(self, step: Step, cause: str) -> Asking:
        """Begins a step that has its slot, by the kind of its node."""
        node = self._board.node(step)
        self._board.change(step)
        step.waits_for = step.due_at = None
        step.forget_error()
        step.timeout = node.timeout
        if node.kind == "action":
            yield from self.admit(step, cause)
        elif node.kind == "block":
            yield from self._open_block(step, node, cause)
        elif node.kind == "loop":
            yield from self._open_loop(step, node, cause)
        elif node.kind == "choice":
            step.attempt += 1
            yield from self._ends.end(step, "completed", cause=cause)
        else:
            yield from self._begin(step, node, cause)

    def admit(self, step: Step, cause: str) -> Asking:
        """Puts an action into the queue.

        In a job that stays in one place, one action is in the queue first; the others wait until it has a worker.
        """
        board, job = self._board, self._board.job
        board.change(step)
        step.timeout = step.timeout or job.step_timeout
        if (yield from is_held(board, step)):
            self._hold(step, PAUSE, cause)
            return
        if job.is_local and job.worker_id is None:
            if (yield from self._has_first()):
                self._hold(step, PLACEMENT, cause)
                return
            self.has_first = True
        step.status, step.waits_for, step.due_at = "ready", None, None
        step.forget_error()
        step.worker_id = job.worker_id if job.is_local else None
        board.changes.ready.append(step.id)
        board.record(step, cause)

    def _has_first(self) -> Asking:
        """True if an action of a local job is in the queue or runs."""
        board = self._board
        if self.has_first is None:
            others = yield from board.load_inside(JOB)
            moving = (one for one in others if one.status in ("ready", "running"))
            self.has_first = any(board.node(one).kind == "action" for one in moving)
        return self.has_first

    def _open_block(self, step: Step, node: Node, cause: str) -> Asking:
        entries: Sequence[int] = self._board.graph.entries(step.node)
        if node.fragment is not None:
            document = yield from self._scopes.evaluate(step, node.fragment)
            answer = document if isinstance(document, Failure) else (yield OpenFragment(document=document))
            if not isinstance(answer, Fragment):
                yield from self._fail(step, answer.error, cause)
                return
            entries = self._board.open(answer, step.node)
        self._run(step, cause, SCOPE)
        if not entries:
            yield from self._ends.close(step.id)
        for entry in entries:
            self._agenda.push(Arrive(step.id, entry, TAKEN))

    def _open_loop(self, step: Step, node: Node, cause: str) -> Asking:
        items: Sequence[Json] = [None]
        if node.again is None and node.until is None:
            found = yield from self._scopes.evaluate(step, node.items)
            if isinstance(found, Failure):
                yield from self._fail(step, found.error, cause)
                return
            try:
                items = items_of(found, node.most)
            except NotItems as error:
                yield from self._fail(step, str(error), cause)
                return
        if not items:
            yield from self._ends.end(step, "skipped", error="Skipped: the list of items is empty", cause=cause)
        elif (yield from self._ends.has_room(len(items))):
            (body,) = self._board.graph.entries(step.node)
            self._run(step, cause, SCOPE)
            step.first, step.total = self._board.job.next_step, len(items)
            for number, value in enumerate(items):
                self._board.make(step.id, body, number, value=value, waits_for=TURN)
            kept = yield from self._kept.items(step, body, len(items))
            turns = [number for number in range(len(items)) if number not in kept]
            most = node.limit or len(items)
            step.begun = turns[most] if most < len(turns) else len(items)
            for number in sorted([*kept, *turns[:most]]):
                self._agenda.push(Start(step.first + number, "loop"))

    def _begin(self, step: Step, node: Node, cause: str) -> Asking:
        """Starts a child job, or a step of a server-side kind."""
        given = (yield from self._scopes.evaluate(step, node.input)) if node.input or node.action else {}
        if isinstance(given, Failure):
            yield from self._fail(step, given.error, cause)
        elif node.kind == "task":
            answer = yield from start_child(self._board, step, node, given)
            if answer is None:
                return
            if isinstance(answer, Failure):
                yield from self._fail(step, answer.error, cause, "child")
                return
            self._board.changes.children.append(answer)
            if node.detached:
                step.attempt += 1
                yield from self._suspensions.finish(step, Completed(output={"job_id": answer}), cause)
            else:
                self._run(step, cause, f"{CHILD}{answer}")
        else:
            yield from self._suspensions.begin(step, given, cause)

    def _run(self, step: Step, cause: str, waits_for: str) -> None:
        step.status, step.waits_for = "running", waits_for
        step.attempt += 1
        if step.timeout is not None:
            step.due_at = self._board.now + datetime.timedelta(seconds=step.timeout)
        self._board.record(step, cause)

    def _fail(self, step: Step, error: str, cause: str, kind: ErrorKind = "template") -> Asking:
        """Fails an attempt that began, but could not do its work."""
        step.status, step.attempt = "running", step.attempt + 1
        yield from self._ends.end(step, "failed", error=error, kind=kind, cause=cause)
