"""Starts of steps: conditions, slots, and the first act of each kind of node."""

import datetime
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from stroem.definitions.values import Json
from stroem.engine.board import Board
from stroem.engine.cached import take_cached
from stroem.engine.changes import Copied, SlotRequest
from stroem.engine.ends import Ends
from stroem.engine.events import Kept
from stroem.engine.followers import follow_suspension
from stroem.engine.items import NotItems, items_of
from stroem.engine.kinds.outcomes import problem_of, safely, unknown
from stroem.engine.operations import TAKEN, Agenda, Arrive, Start
from stroem.engine.requests import Failure, Fragment, KeptSignal, Load, OpenFragment, StartChild
from stroem.engine.values.conditions import unmet
from stroem.engine.values.scopes import Asking, Scopes
from stroem.engine.values.state import APPROVAL, CHILD, JOB, PAUSE, PLACEMENT, RETRY, SCOPE, SIGNAL, SLOT, TURN, Step
from stroem.engine.values.truth import truth
from stroem.interfaces.nodes import Node
from stroem.interfaces.step_kind import Completed, Failed, StepKind, Wait

_MOST_ENDED = 1000
"""Steps that end in a decision before further ones of the server's own kinds are left to the next."""
_MOST_LOOKUPS = 500
"""Steps whose earlier results are looked up in a decision."""


class Starts:
    """Starts pending steps: `start`, then a slot if the node has one, then `enter`.

    `kept` are the nodes that are not run again, `early` the signals of this decision for which no step waited.
    `has_first`: in a local job without a worker, an action is in the queue or runs (None: not known yet).
    """

    def __init__(self, board: Board, agenda: Agenda, scopes: Scopes, ends: Ends, kinds: Mapping[str, StepKind]) -> None:
        self._board = board
        self._agenda = agenda
        self._scopes = scopes
        self._ends = ends
        self._kinds = kinds
        self.kept: Mapping[int, Kept] = {}
        self.early: list[KeptSignal] = []
        self.has_first: bool | None = None

    def start(self, operation: Start) -> Asking:
        """Starts a step. It is ended instead in a scope that ends, if it is kept, or if its condition is false.

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
        elif step.parent == JOB and node.join == "all" and (kept := self.kept.get(step.node)) is not None:
            board.changes.copies.append(Copied(step=step.id, source_step=kept.step))
            yield from self._ends.end(step, kept.outcome, error=kept.error, output=kept.output, cause="kept")
        elif board.job.paused:
            self._hold(step, PAUSE, operation.cause)
        elif self._is_enough(step, node):
            self._hold(step, RETRY, operation.cause)
            step.due_at = board.now  # the rest in another transaction
        elif step.begun or (yield from self._fits(step, node)):
            yield from self._request_slot(step, node, operation.cause)

    def _is_enough(self, step: Step, node: Node) -> bool:
        """True if the decision has done so much that the start of a step is left to the next."""
        changes = self._board.changes
        if node.kind != "action":
            return len(changes.ended) >= _MOST_ENDED
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
            yield from self._ends.end(step, "failed", error=value.error, cause="when")
            return False
        if truth(value):
            return True
        yield from self._ends.end(step, "skipped", error="Skipped: its condition is false", cause="when")
        return False

    def _hold(self, step: Step, waits_for: str, cause: str) -> None:
        step.waits_for, step.due_at = waits_for, None
        self._board.record(step, cause)

    def _request_slot(self, step: Step, node: Node, cause: str) -> Asking:
        step.begun = 1
        if (
            node.cache is not None
            and not step.attempt
            and (yield from take_cached(self._board, self._scopes, self._ends, step))
        ):
            return
        if node.slot is None:
            yield from self.enter(step, cause)
            return
        key = yield from self._scopes.evaluate(step, node.slot.key)
        if isinstance(key, Failure):
            yield from self._ends.end(step, "failed", error=key.error, cause="slot")
            return
        step.waits_for, step.due_at = f"{SLOT}{key}", None
        self._board.changes.wanted_slots.append(SlotRequest(step=step.id, key=str(key), size=node.slot.size))
        self._board.record(step, cause)

    def enter(self, step: Step, cause: str) -> Asking:
        """Begins a step that has its slot, by the kind of its node."""
        node = self._board.node(step)
        self._board.change(step)
        step.waits_for = step.due_at = step.error = None
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
        if job.paused:
            self._hold(step, PAUSE, cause)
            return
        if job.is_local and job.worker_id is None:
            if (yield from self._has_first()):
                self._hold(step, PLACEMENT, cause)
                return
            self.has_first = True
        step.status, step.waits_for, step.due_at, step.error = "ready", None, None, None
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
            step.begun = min(node.limit or len(items), len(items))
            for number in range(step.begun):
                self._agenda.push(Start(step.first + number, "loop"))

    def _begin(self, step: Step, node: Node, cause: str) -> Asking:
        """Starts a child job, or a step of a server-side kind."""
        given = (yield from self._scopes.evaluate(step, node.input)) if node.input or node.action else {}
        if isinstance(given, Failure):
            yield from self._fail(step, given.error, cause)
        elif node.kind == "task":
            answer = yield StartChild(
                step=step.id, attempt=step.attempt + 1, node=step.node, task=node.task or "", input=given
            )
            if isinstance(answer, Failure):
                yield from self._fail(step, answer.error, cause)
                return
            self._board.changes.children.append(answer)
            if node.detached:
                step.attempt += 1
                yield from self.finish(step, Completed(output={"job_id": answer}), cause)
            else:
                self._run(step, cause, f"{CHILD}{answer}")
        else:
            step.input = given
            step.attempt += 1
            kind = self._kinds.get(node.kind)
            found = unknown(node.kind) if kind is None else safely(partial(kind.begin, given))
            yield from self._suspend(step, found, cause)

    def _suspend(self, step: Step, found: Completed | Failed | Wait, cause: str) -> Asking:
        board = self._board
        if isinstance(found, Wait) and (problem := problem_of(found)):
            found = Failed(error=problem)
        if not isinstance(found, Wait):
            yield from self.finish(step, found, cause)
            return
        lengths = [one for one in (found.secs, step.timeout) if one is not None]
        times = [board.now + datetime.timedelta(seconds=secs) for secs in lengths]
        step.status, step.waits_for = "suspended", found.waits_for
        step.due_at = min(times if found.until is None else [*times, found.until], default=None)
        slot = board.node(step).slot
        if slot is not None and slot.release_while_waiting:
            board.changes.freed_slots.append(step.id)
        board.record(step, cause)
        if found.waits_for == APPROVAL:
            yield from follow_suspension(board, step)
        if found.waits_for.startswith(SIGNAL):
            name = found.waits_for.removeprefix(SIGNAL)
            rows = yield Load(signals=frozenset({name}))
            known = [*rows.signals, *(one for one in self.early if one.name == name)]
            early = [one for one in known if one.message not in board.changes.consumed]
            if early:
                first = min(early, key=lambda one: one.message)
                board.changes.consumed.append(first.message)
                yield from self.answer(step, first.payload, "signal", first.actor)

    def answer(self, step: Step, answer: Json, cause: str, actor: str | None) -> Asking:
        """Ends a suspended step with the outcome of an answer."""
        name = self._board.node(step).kind
        kind, given = self._kinds.get(name), _mapping(step.input)
        found = unknown(name) if kind is None else safely(partial(kind.resume, given, answer))
        yield from self.finish(step, found, cause, actor)

    def expire(self, step: Step) -> Asking:
        """Ends a suspended step with the outcome of its time being over."""
        name = self._board.node(step).kind
        kind, given = self._kinds.get(name), _mapping(step.input)
        yield from self.finish(step, unknown(name) if kind is None else safely(partial(kind.expire, given)), "timer")

    def finish(self, step: Step, found: Completed | Failed, cause: str, actor: str | None = None) -> Asking:
        """Ends a step of a server-side kind with an outcome."""
        if isinstance(found, Failed):
            yield from self._ends.end(step, "failed", error=found.error, cause=cause, actor=actor)
            return
        yield from self._ends.end(step, "completed", output=found.output, cause=cause, actor=actor)
        if step.status == "completed" and found.output is not None:
            self._board.changes.outputs[step.id] = found.output

    def _run(self, step: Step, cause: str, waits_for: str) -> None:
        step.status, step.waits_for = "running", waits_for
        step.attempt += 1
        if step.timeout is not None:
            step.due_at = self._board.now + datetime.timedelta(seconds=step.timeout)
        self._board.record(step, cause)

    def _fail(self, step: Step, error: str, cause: str) -> Asking:
        step.attempt += 1
        yield from self._ends.end(step, "failed", error=error, cause=cause)


def _mapping(value: Any) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
