"""A local job, as far as its worker can tell what follows from the ends of its steps."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from stroem.engine.board import Board
from stroem.engine.changes import Changes
from stroem.engine.decide import decide
from stroem.engine.events import Due, Ended, Event
from stroem.engine.job_rows import JobRows, copied
from stroem.engine.requests import (
    Evaluate,
    Failure,
    Later,
    Load,
    Request,
    Scope,
    StartChild,
    StartHook,
    StartRetry,
)
from stroem.engine.values.rendering import RenderedStep, evaluate, render_step
from stroem.engine.values.scopes import Asking, scope_of
from stroem.engine.values.state import RETRY, TIMER, Step
from stroem.errors import StroemError
from stroem.interfaces.nodes import Node
from stroem.interfaces.step_kind import StepKind
from stroem.protocol.claim import Claim
from stroem.protocol.claim_facts import ClaimedVisit, claim_of
from stroem.protocol.plan_paths import path_at
from stroem.protocol.replica import JobReplica
from stroem.protocol.step_ends import end_of
from stroem.protocol.steps import Outcome
from stroem.templating.budget import Budget

BEGUN_HERE = 2**30
"""Added to the ids of steps in claims that are made here: the server may give these ids to other steps."""

_LATER_SECS = 5.0
_NO_JOB = "00000000-0000-0000-0000-000000000000"


class NeedsServer(Exception):
    """The job cannot go on without the server. The message has the reason."""


@attrs.frozen(kw_only=True)
class KnownAttempt:
    """An attempt of a step on this worker: the path of the step, and the outcome if it has ended.

    The server may give the step another id than the copy that is here.
    """

    path: str
    attempt: int
    outcome: Outcome | None = None


class LocalJob:
    """The rows of a job, and the same decisions that the server makes from the same events.

    Nothing outside of it is changed. The server decides all of it again, once it is told what happened.
    """

    def __init__(self, replica: JobReplica, kinds: Mapping[str, StepKind], *, output_bytes: int) -> None:
        self.replica = replica
        self._kinds = kinds
        self._output_bytes = output_bytes
        self.rows = JobRows(replica.state, replica.steps, {one.step: one.output for one in replica.outputs})
        self._rows_at: dict[str, int] = {}

    @property
    def has_ended(self) -> bool:
        """True if no step of the job will start."""
        return self.rows.job.status not in ("pending", "running")

    @property
    def next_due(self) -> datetime.datetime | None:
        """The time of the next retry, or of the end of the next wait."""
        return min((step.due_at for step in self._timed() if step.due_at is not None), default=None)

    def path_of(self, row: int) -> str:
        """The path of a step."""
        return path_at(self.replica.plan, self.rows.chain(self.rows.steps[row]))

    def _row_at(self, path: str) -> int:
        """The step at a path. Raises NeedsServer."""
        if path not in self._rows_at:
            self._rows_at = {self.path_of(row): row for row in self.rows.steps}
        if path not in self._rows_at:
            raise NeedsServer(f"step {path!r} came after the copy of it that is here")
        return self._rows_at[path]

    def catch_up(self, known: Sequence[KnownAttempt], now: datetime.datetime) -> None:
        """Applies what has happened on this worker, in this order, and times that have passed. Raises NeedsServer."""
        for one in known:
            self._note(one, now)
        while due := [step for step in self._timed() if step.due_at is not None and step.due_at <= now]:
            self.apply(Due(step=due[0].id), now)

    def ready(self) -> list[int]:
        """The steps that may begin, in the order in which they were made."""
        if self.rows.job.paused or self.rows.job.is_halted:
            return []
        return sorted(step.id for step in self.rows.steps.values() if step.status == "ready")

    def node_of(self, row: int) -> Node:
        """The node of a step."""
        return self.replica.plan.node(self.rows.steps[row].node)

    def begin(self, row: int, now: datetime.datetime) -> Claim | None:
        """The claim of a ready step, which runs from now on; None if its templates fail, and the step with them.

        Raises NeedsServer.
        """
        step = self.rows.steps[row]
        self._start(step, step.attempt + 1)
        try:
            rendered = self._rendered(step)
        except StroemError as error:
            failure = Ended(step=row, outcome="failed", error=str(error), error_kind="template", cause="claim")
            self.apply(failure, now)
            return None
        visit = ClaimedVisit(
            step=BEGUN_HERE + row,
            name=self.path_of(row),
            node=step.node,
            attempt=step.attempt + 1,
            timeout_secs=step.timeout,
            claimed_at=now,
            state=self.replica.state_keys,
        )
        return claim_of(self.replica, self.replica.plan, visit, rendered)

    def _note(self, known: KnownAttempt, now: datetime.datetime) -> None:
        """Brings a row to what is known of its attempt."""
        row = self._row_at(known.path)
        step = self.rows.steps[row]
        if step.has_ended or step.attempt > known.attempt:
            return
        if step.waits_for == RETRY and step.attempt < known.attempt:
            self.apply(Due(step=step.id), max(now, step.due_at or now))  # its next attempt has begun here
            step = self.rows.steps[row]
        if step.status == "ready":
            self._start(step, known.attempt)
        elif step.status != "running":
            if step.attempt == known.attempt:
                return  # it has failed, and waits for its next attempt
            raise NeedsServer(f"step {known.path!r} runs, and is {step.status} in the copy that is here")
        if known.outcome is not None:
            event, _ = end_of(known.outcome, Ended(step=step.id, outcome="completed"), self._output_bytes)
            self.apply(event, now)

    def _start(self, step: Step, attempt: int) -> None:
        """Marks a row as a claim does it: without a decision."""
        self.rows.steps[step.id] = attrs.evolve(copied(step), status="running", attempt=attempt, due_at=None)
        if self.rows.job.status == "pending":
            self.rows.job.status = "running"

    def _timed(self) -> Iterator[Step]:
        return (step for step in self.rows.steps.values() if not step.has_ended and step.waits_for in (RETRY, TIMER))

    def apply(self, event: Event, now: datetime.datetime) -> None:
        """Makes the decision that follows from an event. Raises NeedsServer."""
        changes: Changes = self._run(decide(self.rows.job_copy(), self.replica.plan, [event], now, self._kinds))
        if isinstance(event, Ended) and event.step in changes.ended:
            self.rows.outputs[event.step] = event.output
        self.rows.apply(changes)

    def _run(self, asking: Asking) -> Any:
        """The result of a generator of the engine, whose requests are answered from the rows."""
        answer: Any = None
        while True:
            try:
                request = asking.send(answer)
            except StopIteration as end:
                return end.value
            answer = self._answer(request)

    def _answer(self, request: Request) -> Any:
        """The answer to a request of the engine. Jobs are started by the server alone, later."""
        if isinstance(request, Load):
            return self.rows.answer(request)
        if isinstance(request, Evaluate):
            return self._evaluate(request)
        if isinstance(request, StartChild):
            return Later(reason="The server is away", secs=_LATER_SECS)
        if isinstance(request, StartHook | StartRetry):
            return _NO_JOB
        raise NeedsServer(f"the server is asked for {type(request).__name__}")

    def _evaluate(self, request: Evaluate) -> Any:
        replica = self.replica
        scope = self._with_state(request.node, request.scope)
        try:
            budget = Budget.full()
            return evaluate(replica.plan, request.node, request.template, scope, request.own, replica.input, budget)
        except StroemError as error:
            return Failure(error=str(error))

    def _rendered(self, step: Step) -> RenderedStep:
        board = Board(self.rows.job_copy(), self.replica.plan, datetime.datetime.now(datetime.UTC))
        scope = self._with_state(step.node, self._run(scope_of(board, copied(step))))
        return render_step(self.replica.plan, step.node, self.replica.input, scope, Budget.full())

    def _with_state(self, node: int, scope: Scope) -> Scope:
        if not self.replica.plan.node(node).reads_state:
            return scope
        return attrs.evolve(scope, state=self.replica.state_values)
