"""Steps of the server's own kinds: what they begin, and what ends their waits."""

import datetime
from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from stroem.definitions.values import Json
from stroem.engine.board import Board
from stroem.engine.ends import Ends
from stroem.engine.followers import follow_suspension
from stroem.engine.kinds.outcomes import problem_of, safely, unknown
from stroem.engine.requests import Failure, KeptSignal
from stroem.engine.values.scopes import Asking
from stroem.engine.values.state import APPROVAL, SIGNAL, Step
from stroem.engine.waits.reminders import is_reminder, next_due, remind
from stroem.engine.waits.signals import checked_payload, kept_signal
from stroem.interfaces.step_error import ErrorKind
from stroem.interfaces.step_kind import Completed, Failed, StepKind, Undecided, Wait


class Suspensions:
    """Suspends steps, and ends them with what they waited for.

    `early` are the signals of this decision for which no step waited.
    """

    def __init__(self, board: Board, ends: Ends, kinds: Mapping[str, StepKind]) -> None:
        self._board = board
        self._ends = ends
        self._kinds = kinds
        self.early: list[KeptSignal] = []

    def begin(self, step: Step, given: Json, cause: str) -> Asking:
        """Begins a step: its kind gives an outcome or a wait."""
        step.input = given
        step.attempt += 1
        yield from self._suspend(step, self._asked(step, "begin"), cause)

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
        step.expires_at = min(times if found.until is None else [*times, found.until], default=None)
        step.due_at = next_due(step, found, board.now)
        slot = board.node(step).slot
        if slot is not None and slot.release_while_waiting:
            board.changes.free_slots(step.id)
        board.record(step, cause)
        if found.waits_for == APPROVAL:
            yield from follow_suspension(board, step)
        if found.waits_for.startswith(SIGNAL):
            name = found.waits_for.removeprefix(SIGNAL)
            first = yield from kept_signal(board, name, self.early)
            if first is not None:
                yield from self.take_signal(step, first.payload, first.actor)

    def remind(self, step: Step) -> Asking:
        """Reminds people of a step that waits for them. False if the time of the step is over."""
        found = self._asked(step, "begin")
        if not isinstance(found, Wait) or not is_reminder(step, found):
            return False
        remind(self._board, step, found)
        if found.reminds_hooks:
            yield from follow_suspension(self._board, step)
        return True

    def take_signal(self, step: Step, payload: Json, actor: str | None) -> Asking:
        """Ends a step with the signal for which it waits. It fails if the payload does not fit."""
        checked = yield from checked_payload(self._board, step, payload)
        if isinstance(checked, Failure):
            error = f"The payload of the signal does not fit: {checked.error}"
            yield from self.finish(step, Failed(error=error), "signal", actor)
            return
        yield from self.answer(step, checked, "signal", actor)

    def answer(self, step: Step, answer: Json, cause: str, actor: str | None) -> Asking:
        """Ends a suspended step with the outcome of an answer. One that does not decide is kept in its input."""
        found = self._asked(step, "resume", answer)
        if isinstance(found, Undecided):
            self._board.change(step)
            step.input = dict(found.input)
            self._board.record(step, cause, actor, found.note)
            return
        kind: ErrorKind | None = "rejected" if self._board.node(step).kind == APPROVAL else None
        yield from self.finish(step, found, cause, actor, kind)

    def expire(self, step: Step) -> Asking:
        """Ends a suspended step with the outcome of its time being over."""
        yield from self.finish(step, self._asked(step, "expire"), "timer", kind="timeout")

    def _asked(self, step: Step, method: Literal["begin", "resume", "expire"], *answer: Json) -> Any:
        """The result of a method of the kind of a suspended step."""
        name = self._board.node(step).kind
        kind = self._kinds.get(name)
        return unknown(name) if kind is None else safely(partial(getattr(kind, method), _mapping(step.input), *answer))

    def finish(
        self,
        step: Step,
        found: Completed | Failed,
        cause: str,
        actor: str | None = None,
        kind: ErrorKind | None = None,
    ) -> Asking:
        """Ends a step of a server-side kind with an outcome."""
        if isinstance(found, Failed):
            yield from self._ends.end(step, "failed", error=found.error, kind=kind, cause=cause, actor=actor)
            return
        yield from self._ends.end(step, "completed", output=found.output, cause=cause, actor=actor)
        if step.status == "completed" and found.output is not None:
            self._board.changes.outputs[step.id] = found.output


def _mapping(value: Any) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
