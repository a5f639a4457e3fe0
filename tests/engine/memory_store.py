"""A job's steps in memory: answers `Load`, applies `Changes` with strict checks, and counts rows."""

from collections import defaultdict
from collections.abc import Iterator

import attrs

from stroem.definitions.values import Json
from stroem.engine.changes import Changes
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import EndedStep, KeptSignal, Load, NodeResult, Rows
from stroem.engine.values.state import DEPENDENCIES, ENDED, JOB, Address, JobState, Step
from stroem.interfaces.nodes import Node

STATUSES = ENDED | {"pending", "ready", "running", "suspended"}


def _copied(step: Step) -> Step:
    return attrs.evolve(step, context=None if step.context is None else dict(step.context))


class MemoryStore:
    """The rows of one job, as a database has them. `read`, `written` and `loads` count traffic."""

    def __init__(self, plan: TaskPlan) -> None:
        self.plan = plan
        self.job = JobState()
        self.steps: dict[int, Step] = {}
        self.outputs: dict[int, Json] = {}
        self.former: dict[int, Json] = {}
        self.signals: dict[int, KeptSignal] = {}
        self.read = self.written = self.loads = 0
        self._addresses: dict[Address, int] = {}
        self._children: defaultdict[int, list[int]] = defaultdict(list)
        self._visits: defaultdict[tuple[int, int], list[int]] = defaultdict(list)

    def job_copy(self) -> JobState:
        """The job's row, which the caller may change."""
        context = None if self.job.context is None else dict(self.job.context)
        return attrs.evolve(self.job, context=context)

    def children(self, parent: int) -> list[Step]:
        """The steps directly inside a scope, by id."""
        return [self.steps[one] for one in self._children[parent]]

    def open_inside(self, parent: int) -> Iterator[Step]:
        """All steps inside a scope, at any depth, that have not ended."""
        for step in self.children(parent):
            if step.status not in ENDED:
                yield step
            yield from self.open_inside(step.id)

    def answer(self, load: Load) -> Rows:
        """The rows that exist of those asked for. Rows are copies: only `apply` changes the store."""
        found = {one: self.steps[one] for one in load.ids if one in self.steps}
        at = (self._addresses[address] for address in load.addresses if address in self._addresses)
        found.update((one, self.steps[one]) for one in at)
        for scope in load.inside:
            found.update((step.id, step) for step in self.open_inside(scope))
        if load.waiting:
            found.update((step.id, step) for step in self.open_inside(JOB) if step.waits_for in load.waiting)
        outputs = {asked: result for asked in load.outputs if (result := self._last_result(*asked))}
        signals = [signal for signal in self.signals.values() if signal.name in load.signals]
        self.loads += 1
        collected = {scope: self._ended_inside(scope) for scope in load.collected}
        self.read += len(found) + len(outputs) + len(signals) + sum(map(len, collected.values()))
        steps = [_copied(step) for step in found.values()]
        visits = {asked: len(self._visits[asked]) for asked in load.visits}
        former = {asked: self.former[asked] for asked in load.former if asked in self.former}
        return Rows(steps=steps, outputs=outputs, signals=signals, collected=collected, visits=visits, former=former)

    def _ended_inside(self, parent: int) -> list[EndedStep]:
        return [
            EndedStep(id=step.id, node=step.node, item=step.item, output=self.outputs.get(step.id))
            for step in self.children(parent)
            if step.status in ENDED
        ]

    def _last_result(self, parent: int, node: int) -> NodeResult | None:
        last = next((s for one in reversed(self._visits[parent, node]) if (s := self.steps[one]).has_ended), None)
        if last is None:
            return None
        return NodeResult(status=last.status, output=self.outputs.get(last.id), error=last.error)

    def apply(self, changes: Changes) -> None:
        """Writes a decision. Raises AssertionError if a guard of the database would refuse it."""
        before = {one: self.steps[one].status for one in changes.changed if one in self.steps}
        self._check_job(changes)
        self._check_changed(changes)
        self._check_made(changes)
        self._check_lists(changes, before)
        for step in [*changes.made.values(), *(step for _, step in changes.changed.values())]:
            self.steps[step.id] = _copied(step)
        self.outputs.update(changes.outputs)
        self.outputs.update((one.step, self.former.get(one.kept.step)) for one in changes.retained)
        self.job = attrs.evolve(changes.job)
        self.written += len(changes.made) + len(changes.changed)

    def _check_job(self, changes: Changes) -> None:
        job = changes.job
        assert job.status in STATUSES, f"the job has the status {job.status}"
        if self.job.status in ENDED:
            assert job.status == self.job.status, f"an ended job became {job.status}"
            assert not changes.made, f"steps made in an ended job: {list(changes.made)}"
            assert not changes.changed, f"steps changed in an ended job: {list(changes.changed)}"
        elif job.status in ENDED:
            assert any(change.step == JOB and change.status == job.status for change in changes.history)

    def _check_changed(self, changes: Changes) -> None:
        for one, (former, step) in changes.changed.items():
            stored = self.steps.get(one)
            assert stored is not None, f"step {one} was changed and never made"
            assert one not in changes.made, f"step {one} was made and changed in one decision"
            assert stored.status == former, f"step {one} is {stored.status}, the decision took it for {former}"
            assert former not in ENDED, f"step {one} had ended {former} and became {step.status}"
            assert step.id == one, f"step {step.id} stands under the id {one}"
            assert step.address == stored.address, f"step {one} moved from {stored.address} to {step.address}"

    def _check_made(self, changes: Changes) -> None:
        copied = {one.first + number for one in changes.retained for number in range(len(one.kept.inside))}
        expected = range(self.job.next_step, changes.job.next_step)
        assert sorted({*changes.made, *copied}) == list(expected), (
            f"ids {sorted(changes.made)} made, {expected} counted"
        )
        for one, step in sorted(changes.made.items()):
            assert step.id == one, f"step {step.id} stands under the id {one}"
            assert step.address not in self._addresses, f"two steps at {step.address}"
            assert step.parent == JOB or step.parent in self.steps or step.parent in changes.made
            self._addresses[step.address] = one
            self._children[step.parent].append(one)
            self._visits[step.parent, step.node].append(one)

    def _check_lists(self, changes: Changes, before: dict[int, str]) -> None:
        """`ended`, `ready`, `cancels` and `history` agree with the rows."""
        rows = changes.made | {one: step for one, (_, step) in changes.changed.items()}
        assert all(step.status in STATUSES for step in rows.values())
        ended = sorted(one for one, step in rows.items() if step.status in ENDED)
        assert sorted(changes.ended) == ended, f"ended: {changes.ended}, by their rows: {ended}"
        ready = sorted(one for one, step in rows.items() if step.status == "ready" and before.get(one) != "ready")
        assert sorted(changes.ready) == ready, f"ready: {changes.ready}, by their rows: {ready}"
        for one in changes.cancels:
            step = rows[one] if one in rows else self.steps[one]
            assert step.status == "running", f"step {one} is to be ended by its worker, and is {step.status}"
            assert step.cancel_requested, f"step {one} is to be ended by its worker, without a mark"
        last = {change.step: change.status for change in changes.history}
        for one in ended + ready:
            assert last.get(one) == rows[one].status, f"the history of step {one} ends with {last.get(one)}"

    def recount(self) -> None:
        """Counts everything again from the rows, and compares."""
        self._recount_scope(JOB, self.job)
        for step in self.steps.values():
            if step.is_scope or step.id in self._children:
                self._recount_scope(step.id, step)
            if step.status == "pending" and step.waits_for == DEPENDENCIES:
                self._recount_edges(step)
        moving = sum(step.is_moving for step in self.steps.values())
        assert self.job.moving == moving, f"the job counts {self.job.moving} moving steps, there are {moving}"
        if self.job.status in ENDED:
            assert self.job.open == 0, "a job ended before its steps"
        elif self.job.status == "running":
            assert self.job.open > 0, "no step is open and the job is running"

    def _recount_scope(self, parent: int, scope: Step | JobState) -> None:
        children = self.children(parent)
        is_open = sum(step.status not in ENDED for step in children)
        failed = sum(step.status == "failed" and self._counts(self.plan.nodes[step.node]) for step in children)
        assert scope.open == is_open, f"scope {parent} counts {scope.open} open steps, there are {is_open}"
        own = int(scope.error is not None)  # a scope that fails by itself, after a timeout say, counts that too
        assert scope.failed - own <= failed <= scope.failed, f"scope {parent}: {scope.failed} failures, not {failed}"
        if scope.status in ENDED:
            assert is_open == 0, f"scope {parent} ended {scope.status} before its steps"

    def _counts(self, node: Node) -> bool:
        """Whether a failure of the node is one of its scope."""
        return not node.optional and not any(edge.handles and "failed" in edge.on for edge in node.edges)

    def _recount_edges(self, step: Step) -> None:
        siblings = [one for one in self.children(step.parent) if one.status in ENDED]
        decided = sum(edge.to == step.node for one in siblings for edge in self.plan.nodes[one.node].edges)
        unmet = self.plan.nodes[step.node].incoming - decided
        assert step.unmet == unmet, f"step {step.id} counts {step.unmet} undecided edges, there are {unmet}"
        assert unmet > 0, f"step {step.id} waits for dependencies, and all are decided"
