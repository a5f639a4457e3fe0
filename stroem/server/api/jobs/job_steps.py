"""The steps of a job as the API shows them."""

import datetime
import uuid
from collections.abc import Iterator, Mapping, Sequence

import attrs

from stroem.conversion.unstructure import ABSENT
from stroem.definitions.values import Json
from stroem.engine.compile import runner_of
from stroem.engine.kinds.approval import Approval
from stroem.engine.kinds.signal import Signal
from stroem.engine.kinds.wait import Wait
from stroem.engine.plan import TaskPlan
from stroem.engine.previews.order import topological
from stroem.engine.values.forms import form_of
from stroem.engine.values.state import APPROVAL, DEPENDENCIES, JOB, RETRY
from stroem.interfaces.nodes import ROOT, Node
from stroem.protocol.step_paths import PathPart, iteration, path_of
from stroem.redaction.redactor import Redactor
from stroem.server.api.fields import TaskField, shown_fields
from stroem.server.api.jobs.outputs import shown_output
from stroem.store.jobs.step_queries import AttemptRow, StepRow

_UNVISITED = {"completed": "skipped", "failed": "skipped", "cancelled": "cancelled", "skipped": "skipped"}
"""Statuses of nodes without a step, by the status of an ended job."""
_WAITING_KINDS = (Approval.name, Signal.name, Wait.name)
"""Kinds of steps that begin with a wait."""


@attrs.frozen(kw_only=True)
class FailedAttempt:
    """A failed attempt with a successor."""

    attempt: int
    error: str
    error_kind: str | None = None
    exit_code: int | None = None
    worker_id: uuid.UUID | None = None
    started_at: datetime.datetime | None
    failed_at: datetime.datetime | None


@attrs.frozen(kw_only=True)
class CachedFrom:
    """The job and the step whose result a step took."""

    job_id: uuid.UUID
    step_name: str


@attrs.frozen(kw_only=True)
class StepDetail:
    """A step of a job, with the reason why it was skipped or why it is still waiting.

    `kept_from_job_id` is the job in which it ran, if this one has taken it over, `child_job_id` the latest job that
    the step of a sub-task started. `loop_value` is the value of an item of a loop. `loop_counts` are the numbers of a
    loop's items by status, where these are left out.
    """

    step_name: str
    action_name: str
    action_type: str
    action_image: str | None
    runner: str
    input: Json
    output: Json
    status: str
    worker_id: uuid.UUID | None
    ready_at: datetime.datetime | None = None
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    suspended_at: datetime.datetime | None = None
    error_message: str | None
    error_kind: str | None = attrs.field(default=None, metadata=ABSENT)
    exit_code: int | None = attrs.field(default=None, metadata=ABSENT)
    skip_reason: str | None = attrs.field(default=None, metadata=ABSENT)
    cached_from: CachedFrom | None = attrs.field(default=None, metadata=ABSENT)
    waits_for: str | None = attrs.field(default=None, metadata=ABSENT)
    waiting_reason: str | None = attrs.field(default=None, metadata=ABSENT)
    when_condition: str | None = None
    for_each_expr: Json = None
    loop_source: str | None = None
    loop_index: int | None = None
    loop_total: int | None = None
    loop_value: Json = attrs.field(default=None, metadata=ABSENT)
    loop_counts: dict[str, int] | None = attrs.field(default=None, metadata=ABSENT)
    child_job_id: uuid.UUID | None = attrs.field(default=None, metadata=ABSENT)
    depends_on: tuple[str, ...]
    retry_attempt: int
    max_retries: int | None = None
    retry_history: tuple[FailedAttempt, ...] = ()
    retry_at: datetime.datetime | None = None
    kept_from_job_id: uuid.UUID | None = attrs.field(default=None, metadata=ABSENT)
    approval_message: str | None = attrs.field(default=None, metadata=ABSENT)
    approval_fields: dict[str, TaskField] | None = attrs.field(default=None, metadata=ABSENT)
    payload_fields: dict[str, TaskField] | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class JobSteps:
    """The rows of a job's steps, and what is needed to show them. `waiting` has reasons by step id, `cached`
    the steps whose results were taken.

    `is_cancelled` if the job is to end or has been cancelled, at `ended_at`. `children` are the jobs of sub-tasks by
    step id, `counts` the numbers of items of loops by step id, if `rows` are without the items. Outputs are left out
    unless it `has_outputs`.
    """

    job_id: uuid.UUID
    plan: TaskPlan
    rows: Sequence[StepRow]
    attempts: Sequence[AttemptRow] = ()
    job_status: str
    is_cancelled: bool = False
    ended_at: datetime.datetime | None = None
    redactor: Redactor
    has_outputs: bool = False
    waiting: Mapping[int, str] = attrs.Factory(dict)
    cached: Mapping[int, CachedFrom] = attrs.Factory(dict)
    children: Mapping[int, uuid.UUID] = attrs.Factory(dict)
    counts: Mapping[int, dict[str, int]] | None = None

    def details(self) -> tuple[StepDetail, ...]:
        """All steps in topological order; those inside a block or loop behind it.

        Nodes without a step are shown too, outside of blocks and loops and in those that have begun.
        """
        return tuple(self._inside(JOB, ROOT, (), self._visits(), self._former()))

    def below(self, row: StepRow, path: tuple[PathPart, ...], loop: tuple[str, int] | None) -> tuple[StepDetail, ...]:
        """A step, and those inside it. `loop` are path and number of items of the loop of which it is an item."""
        visits, former = self._visits(), self._former()
        detail = self._detail(row, self.plan.node(row.node), path, former.get(row.id, ()))
        if loop is not None:
            detail = self._item(detail, row, *loop)
        return (detail, *self._within(row, path, visits, former))

    def _visits(self) -> dict[tuple[int, int], list[StepRow]]:
        visits: dict[tuple[int, int], list[StepRow]] = {}
        for row in self.rows:
            visits.setdefault((row.parent, row.node), []).append(row)
        return visits

    def _former(self) -> dict[int, list[FailedAttempt]]:
        former: dict[int, list[FailedAttempt]] = {}
        for one in self.attempts:
            former.setdefault(one.step, []).append(self._attempt(one))
        return former

    def _within(
        self,
        row: StepRow,
        path: tuple[PathPart, ...],
        visits: Mapping[tuple[int, int], Sequence[StepRow]],
        former: Mapping[int, Sequence[FailedAttempt]],
    ) -> Iterator[StepDetail]:
        """The steps inside a step that has begun."""
        if self.plan.node(row.node).kind in ("block", "loop") and row.attempt:
            yield from self._inside(row.id, row.node, path, visits, former)

    def _inside(
        self,
        scope: int,
        node: int,
        path: tuple[PathPart, ...],
        visits: Mapping[tuple[int, int], Sequence[StepRow]],
        former: Mapping[int, Sequence[FailedAttempt]],
    ) -> Iterator[StepDetail]:
        is_loop = node != ROOT and self.plan.node(node).kind == "loop"
        for number in topological(self.plan, node):
            own = self.plan.node(number)
            rows = sorted(visits.get((scope, number), ()), key=lambda row: row.item)
            if not rows and not is_loop:
                yield self._unvisited(number, (*path, PathPart(name=own.name)))
            for row in rows:
                here = (*path, PathPart(name=own.name, visit=row.item + 1))
                if is_loop:
                    here = iteration(path, self.plan.node(node).name, row.item)
                detail = self._detail(row, own, here, former.get(row.id, ()))
                if is_loop:
                    detail = self._item(detail, row, path_of(path), len(rows))
                yield detail
                yield from self._within(row, here, visits, former)

    def _item(self, detail: StepDetail, row: StepRow, source: str, total: int) -> StepDetail:
        value = self.redactor.value(row.value)
        return attrs.evolve(detail, loop_source=source, loop_index=row.item, loop_total=total, loop_value=value)

    def _detail(
        self, row: StepRow, node: Node, path: tuple[PathPart, ...], former: Sequence[FailedAttempt]
    ) -> StepDetail:
        redactor = self.redactor
        error = redactor.optional(row.error)
        is_skipped = row.status == "skipped"
        given = row.input if isinstance(row.input, Mapping) else {}
        message = given.get("message") if node.kind == APPROVAL else None
        return attrs.evolve(
            self._planned(row.node, path),
            input=redactor.value(row.input),
            output=shown_output(row.output, redactor, self.job_id, path_of(path)) if self.has_outputs else None,
            status=row.status,
            worker_id=row.worker_id,
            ready_at=row.ready_at,
            started_at=row.started_at,
            completed_at=row.completed_at,
            suspended_at=row.started_at if row.status == "suspended" or node.kind in _WAITING_KINDS else None,
            waits_for=redactor.optional(row.waits_for),
            error_message=None if is_skipped else error,
            error_kind=row.error_kind,
            exit_code=row.exit_code,
            skip_reason=error if is_skipped else None,
            cached_from=self.cached.get(row.id),
            waiting_reason=redactor.optional(self.waiting.get(row.id)),
            loop_total=row.total if node.kind == "loop" else None,
            loop_counts=self.counts.get(row.id, {}) if self.counts is not None and node.kind == "loop" else None,
            child_job_id=self.children.get(row.id),
            retry_attempt=max(row.attempt - 1, 0),
            retry_history=tuple(former),
            retry_at=row.due_at if row.waits_for == RETRY else None,
            kept_from_job_id=row.kept_job,
            approval_message=redactor.text(message) if isinstance(message, str) else None,
        )

    def _unvisited(self, number: int, path: tuple[PathPart, ...]) -> StepDetail:
        status = "cancelled" if self.is_cancelled else _UNVISITED.get(self.job_status, "pending")
        waits_for = DEPENDENCIES if status == "pending" else None
        return attrs.evolve(self._planned(number, path), status=status, waits_for=waits_for, completed_at=self.ended_at)

    def _planned(self, number: int, path: tuple[PathPart, ...]) -> StepDetail:
        """A step as its node has it."""
        node = self.plan.node(number)
        action = self.plan.actions.get(node.action)
        return StepDetail(
            step_name=path_of(path),
            action_name=node.action or node.task or "",
            action_type=node.kind if action is None else action.type,
            action_image=None if action is None else action.image,
            runner="none" if action is None else runner_of(action),
            input=None,
            output=None,
            status="pending",
            worker_id=None,
            started_at=None,
            completed_at=None,
            error_message=None,
            when_condition=node.when,
            for_each_expr=node.items,
            depends_on=tuple(self.plan.node(one).name for one in self.plan.dependencies[number]),
            retry_attempt=0,
            max_retries=None if node.retry is None else node.retry.attempts - 1,
            approval_fields=shown_fields(form_of(node)) if node.kind == APPROVAL else None,
            payload_fields=shown_fields(form_of(node)) or None if node.kind == Signal.name else None,
        )

    def _attempt(self, row: AttemptRow) -> FailedAttempt:
        error = self.redactor.text(row.error or "")
        return FailedAttempt(
            attempt=row.attempt,
            error=error,
            error_kind=row.error_kind,
            exit_code=row.exit_code,
            worker_id=row.worker_id,
            started_at=row.started_at,
            failed_at=row.ended_at,
        )
