"""Steps of a job that a decision has read, made or changed."""

import datetime
from collections.abc import Generator, Iterable, Sequence
from typing import Any

from stroem.definitions.values import Json
from stroem.engine.changes import Changes, Transition
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import Fragment, Load, NodeResult, Rows
from stroem.engine.values.state import JOB, Address, JobState, Step
from stroem.interfaces.nodes import ROOT, Node

Loading = Generator[Load, Rows, None]


class Board:
    """Rows known so far in a decision, and the changes to them. Unknown rows are asked for with `Load`.

    `at` has the id of the step at an address, or None if there is none. A row that is known is never read again.
    """

    def __init__(self, job: JobState, graph: TaskPlan, now: datetime.datetime) -> None:
        self.job = job
        self.graph = graph
        self.now = now
        self.steps: dict[int, Step] = {}
        self.at: dict[Address, int | None] = {}
        self.results: dict[tuple[int, int], NodeResult | None] = {}
        self.outputs: dict[int, Json] = {}
        self.visits: dict[tuple[int, int], int] = {}
        self.last: dict[int, int] = {}
        """The step that ended last in each scope."""
        self.kept: dict[int, int] = {}
        """Steps that were taken over in this decision, with the ids that they had in the job before."""
        self.changes = Changes(job=job)
        self._was_moving: dict[int, bool] = {}
        self._inside: set[int] = set()
        self._is_new = job.next_step == 1

    def node(self, step: Step) -> Node:
        """The node that a step visits."""
        return self.graph.node(step.node)

    def scope(self, step_id: int) -> JobState | Step:
        """The job, or a loaded block or loop."""
        return self.job if step_id == JOB else self.steps[step_id]

    def load(
        self,
        *,
        ids: Iterable[int] = (),
        addresses: Iterable[Address] = (),
        results: Iterable[tuple[int, int]] = (),
        visits: Iterable[tuple[int, int]] = (),
    ) -> Loading:
        """Loads unknown steps, by id or address, and unknown results and numbers of visits."""
        unknown_ids = frozenset([one for one in ids if one != JOB and one not in self.steps])
        unknown_addresses = frozenset([one for one in addresses if one not in self.at and self._has_rows(one[0])])
        unknown_results = frozenset([one for one in results if one not in self.results and self._has_rows(one[0])])
        unknown_visits = frozenset([one for one in visits if one not in self.visits and self._has_rows(one[0])])
        if unknown_ids or unknown_addresses or unknown_results or unknown_visits:
            rows = yield Load(
                ids=unknown_ids, addresses=unknown_addresses, outputs=unknown_results, visits=unknown_visits
            )
            self.add(rows.steps)
            for address in unknown_addresses:
                self.at.setdefault(address, None)
            for key in unknown_results:
                self.results.setdefault(key, rows.outputs.get(key))
            for key in unknown_visits:
                self.visits.setdefault(key, rows.visits.get(key, 0))

    def _has_rows(self, scope: int) -> bool:
        """False for a scope that begins in this decision: no row stands in it yet."""
        return scope not in self.changes.made and not (scope == JOB and self._is_new)

    def load_inside(self, scope: int) -> Generator[Load, Rows, list[Step]]:
        """All open steps inside a scope, at any depth. In the order of their ids."""
        if scope not in self._inside:
            rows = yield Load(inside=frozenset({scope}))
            self.add(rows.steps)
            self._inside.add(scope)
        return sorted((one for one in self.steps.values() if self._is_open_inside(one, scope)), key=lambda one: one.id)

    def load_waiting(self, waits_for: str) -> Generator[Load, Rows, list[Step]]:
        """The open steps of the job with this `waits_for`. In the order of their ids."""
        rows = yield Load(waiting=frozenset({waits_for}))
        self.add(rows.steps)
        found = [one for one in self.steps.values() if one.waits_for == waits_for and not one.has_ended]
        return sorted(found, key=lambda one: one.id)

    def _is_open_inside(self, step: Step, scope: int) -> bool:
        if step.has_ended:
            return False
        at: int = step.parent
        while at not in (scope, JOB):
            outer = self.steps.get(at)
            if outer is None:
                return False
            at = outer.parent
        return at == scope

    def add(self, steps: Iterable[Step]) -> None:
        """Adds rows that were read. Steps that are known already stay as they are."""
        for step in steps:
            if step.status in ("running", "suspended"):
                self._begin_job()  # a claim could not, as this transaction has the lock
            if step.id not in self.steps:
                self.steps[step.id] = step
                self.at[step.address] = step.id

    def make(self, parent: int, node: int, item: int = 0, **fields: Any) -> Step:
        """Makes a step inside a loaded scope, which counts it as open."""
        step = Step(id=self.job.next_step, node=node, parent=parent, item=item, **fields)
        self.job.next_step += 1
        self.steps[step.id] = step
        self.at[step.address] = step.id
        self.changes.made[step.id] = step
        self._was_moving[step.id] = False
        self.change_scope(parent).open += 1
        return step

    def visit(self, parent: int, node: int) -> Step:
        """Makes the next visit of a node that joins `each`. The number of its visits is loaded."""
        number = self.visits.get((parent, node), 0)
        self.visits[parent, node] = number + 1
        return self.make(parent, node, number)

    def change(self, step: Step) -> None:
        """Registers a step before its first change, with its former state."""
        if step.id not in self._was_moving:
            self._was_moving[step.id] = step.is_moving
            self.changes.changed[step.id] = (step.status, step)

    def change_scope(self, step_id: int) -> JobState | Step:
        """The job, or a loaded block or loop, registered for a change."""
        if step_id == JOB:
            return self.job
        step = self.steps[step_id]
        self.change(step)
        return step

    def open(self, fragment: Fragment, block: int) -> Sequence[int]:
        """Joins a fragment to the graph of the job, inside a block; returns the numbers of its entries."""
        base = len(self.graph.nodes)
        self.graph = self.graph.joined(block, fragment.plan)
        self.job.fragments = (*self.job.fragments, (block, fragment.digest))
        return [base + number for number in fragment.plan.entries(ROOT)]

    def record(self, step: Step, cause: str, actor: str | None = None, detail: str | None = None) -> None:
        """Adds the state of a step to the history."""
        if step.status in ("running", "suspended"):
            self._begin_job()
        self.changes.history.append(
            Transition(
                step=step.id,
                status=step.status,
                attempt=step.attempt,
                waits_for=step.waits_for,
                cause=cause,
                actor=actor,
                detail=detail,
            )
        )

    def _begin_job(self) -> None:
        if self.job.status == "pending":
            self.job.status = "running"
            self.record_job("start")

    def record_job(self, cause: str, actor: str | None = None, detail: str | None = None) -> None:
        """Adds the state of the job to the history."""
        self.changes.history.append(
            Transition(
                step=JOB,
                status=self.job.status,
                attempt=0,
                waits_for="pause" if self.job.paused else self.job.waits_for,
                cause=cause,
                actor=actor,
                detail=detail,
            )
        )

    def recount(self) -> Generator[Load, Rows, None]:
        """Counts the open and moving steps of the job anew, so that damaged counters do not outlive a cancellation."""
        opened = yield from self.load_inside(JOB)
        self.job.open = sum(one.parent == JOB for one in opened)
        self.job.moving += sum(one.is_moving for one in opened) - self.moving()

    def moving(self) -> int:
        """The number of moving steps of the job after the changes so far."""
        return self.job.moving + sum(self.steps[one].is_moving - was for one, was in self._was_moving.items())

    def finish(self) -> Changes:
        """All changes, once nothing more is to be decided."""
        changes, steps = self.changes, self.steps
        self.job.moving = self.moving()
        changes.ready = [one for one in dict.fromkeys(changes.ready) if steps[one].status == "ready"]
        changes.cancels = [one for one in changes.cancels if steps[one].status == "running"]
        changes.kept = [one for one in changes.kept if one not in changes.consumed]
        return changes
