"""Starts of steps: conditions, slots, and the first act of each kind of node."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from stroem.definitions.values import Json
from stroem.engine.board import Board
from stroem.engine.changes import Copied, SlotRequest
from stroem.engine.ends import Ends
from stroem.engine.events import Kept
from stroem.engine.followers import follow_suspension
from stroem.engine.operations import TAKEN, Agenda, Arrive, Start
from stroem.engine.requests import Failure, Fragment, KeptSignal, Load, OpenFragment, StartChild
from stroem.engine.scopes import Asking, Scopes
from stroem.engine.state import APPROVAL, CHILD, JOB, PAUSE, PLACEMENT, RETRY, SCOPE, SIGNAL, SLOT, TIMER, TURN, Step
from stroem.engine.truth import truth
from stroem.interfaces.nodes import Node
from stroem.interfaces.step_kind import Completed, Failed, StepKind, Wait

T = TypeVar("T")

_LONGEST_WAIT_SECS = 100 * 366 * 24 * 3600
_MOST_ENDED = 1000
"""Steps that end in a decision before further ones of the server's own kinds are left to the next."""


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
        elif node.kind != "action" and len(board.changes.ended) >= _MOST_ENDED:
            self._hold(step, RETRY, operation.cause)
            step.due_at = board.now  # the rest in another transaction
        elif node.when is not None and not step.begun:
            value = yield from self._scopes.evaluate(step, node.when)
            if isinstance(value, Failure):
                yield from self._ends.end(step, "failed", error=value.error, cause="when")
            elif truth(value):
                yield from self._request_slot(step, node, operation.cause)
            else:
                yield from self._ends.end(step, "skipped", cause="when")
        else:
            yield from self._request_slot(step, node, operation.cause)

    def _hold(self, step: Step, waits_for: str, cause: str) -> None:
        step.waits_for, step.due_at = waits_for, None
        self._board.record(step, cause)

    def _request_slot(self, step: Step, node: Node, cause: str) -> Asking:
        step.begun = 1
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
        if node.again is None:
            found = yield from self._scopes.evaluate(step, node.items)
            if not isinstance(found, list | tuple):
                error = found.error if isinstance(found, Failure) else "The items of the loop are not a list"
                yield from self._fail(step, error, cause)
                return
            items = found
        if len(items) > node.most:
            yield from self._fail(step, f"The loop has {len(items)} items, more than {node.most}", cause)
        elif not items:
            yield from self._ends.end(step, "skipped", cause=cause)
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
        given = (yield from self._scopes.evaluate(step, node.input)) if node.input else {}
        if isinstance(given, Failure):
            yield from self._fail(step, given.error, cause)
        elif node.kind == "task":
            answer = yield StartChild(
                step=step.id, attempt=step.attempt + 1, node=step.node, task=node.task or "", input=given
            )
            if isinstance(answer, Failure):
                yield from self._fail(step, answer.error, cause)
            else:
                self._board.changes.children.append(answer)
                self._run(step, cause, f"{CHILD}{answer}")
        else:
            step.input = given
            step.attempt += 1
            kind = self._kinds.get(node.kind)
            found = _unknown(node.kind) if kind is None else _safely(partial(kind.begin, given))
            yield from self._suspend(step, found, cause)

    def _suspend(self, step: Step, found: Completed | Failed | Wait, cause: str) -> Asking:
        board = self._board
        if isinstance(found, Wait) and (problem := _problem(found)):
            found = Failed(error=problem)
        if not isinstance(found, Wait):
            yield from self.finish(step, found, cause)
            return
        secs = min((one for one in (found.secs, step.timeout) if one is not None), default=None)
        step.status, step.waits_for = "suspended", found.waits_for
        step.due_at = None if secs is None else board.now + datetime.timedelta(seconds=secs)
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
        found = _unknown(name) if kind is None else _safely(partial(kind.resume, given, answer))
        yield from self.finish(step, found, cause, actor)

    def expire(self, step: Step) -> Asking:
        """Ends a suspended step with the outcome of its time being over."""
        name = self._board.node(step).kind
        kind, given = self._kinds.get(name), _mapping(step.input)
        yield from self.finish(step, _unknown(name) if kind is None else _safely(partial(kind.expire, given)), "timer")

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


def _unknown(kind: str) -> Failed:
    return Failed(error=f"No installed plugin has the kind of step {kind!r}")


def _safely(method: Callable[[], T]) -> T | Failed:
    """The result of a method of a kind of step. Kinds may come from plugins: their mistakes fail the step."""
    try:
        found = method()
    except Exception as error:
        return Failed(error=f"{type(error).__name__}: {error}")
    if not isinstance(found, Completed | Failed | Wait):
        return Failed(error=f"The kind of step returned {found!r:.80}, not an outcome")
    return found


def _problem(wait: Wait) -> str | None:
    """The mistake in a wait, if any."""
    if wait.waits_for not in (TIMER, APPROVAL) and not wait.waits_for.removeprefix(SIGNAL):
        return "The step waits for a signal without a name"
    if wait.waits_for not in (TIMER, APPROVAL) and not wait.waits_for.startswith(SIGNAL):
        return f"The step waits for {wait.waits_for!r}, which nothing ends"
    if wait.secs is None:
        return "The step waits for a time without end" if wait.waits_for == TIMER else None
    if not 0 <= wait.secs <= _LONGEST_WAIT_SECS:
        return f"The step waits for {wait.secs} seconds; expected 0 to {_LONGEST_WAIT_SECS}"
    return None


def _mapping(value: Any) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
