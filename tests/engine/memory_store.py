"""A job's steps in memory: applies `Changes` with strict checks, and counts rows."""

from stroem.engine.changes import Changes
from stroem.engine.job_rows import JobRows
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import Load, Rows
from stroem.engine.values.state import DEPENDENCIES, ENDED, JOB, Address, JobState, Step
from stroem.interfaces.nodes import Node

STATUSES = ENDED | {"pending", "ready", "running", "suspended"}


class MemoryStore(JobRows):
    """The rows of one job, as a database has them. `read`, `written` and `loads` count traffic."""

    def __init__(self, plan: TaskPlan) -> None:
        super().__init__()
        self.plan = plan
        self.read = self.written = self.loads = 0

    def answer(self, load: Load) -> Rows:
        """The rows that exist of those asked for."""
        rows = super().answer(load)
        self.loads += 1
        self.read += len(rows.steps) + len(rows.outputs) + len(rows.signals)
        self.read += sum(len(ended) for ended in rows.collected.values())
        return rows

    def apply(self, changes: Changes) -> None:
        """Writes a decision. Raises AssertionError if a guard of the database would refuse it."""
        before = {one: _place_in_queue(self.steps[one]) for one in changes.changed if one in self.steps}
        self._check_job(changes)
        self._check_changed(changes)
        self._check_made(changes)
        self._check_lists(changes, before)
        super().apply(changes)
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
        made: set[Address] = set()
        for one, step in sorted(changes.made.items()):
            assert step.id == one, f"step {step.id} stands under the id {one}"
            assert self.at(step.address) is None, f"two steps at {step.address}"
            assert step.address not in made, f"two steps at {step.address}"
            made.add(step.address)
            assert step.parent == JOB or step.parent in self.steps or step.parent in changes.made

    def _check_lists(self, changes: Changes, before: dict[int, tuple[str, object]]) -> None:
        """`ended`, `ready`, `cancels` and `history` agree with the rows."""
        rows = changes.made | {one: step for one, (_, step) in changes.changed.items()}
        assert all(step.status in STATUSES for step in rows.values())
        ended = sorted(one for one, step in rows.items() if step.status in ENDED)
        assert sorted(changes.ended) == ended, f"ended: {changes.ended}, by their rows: {ended}"
        ready = sorted(
            one for one, step in rows.items() if step.status == "ready" and before.get(one) != _place_in_queue(step)
        )
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


def _place_in_queue(step: Step) -> tuple[str, object]:
    """The status of a step, and the worker for which alone it is ready."""
    return step.status, step.worker_id if step.status == "ready" else None
