"""The rows of one job in memory: answers to `Load`, and changes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import attrs

from stroem.definitions.values import Json
from stroem.engine.changes import Changes, Collect
from stroem.engine.requests import EndedStep, KeptSignal, Load, NodeResult, Rows
from stroem.engine.values.state import JOB, Address, JobState, Step

_NONE: Mapping[int, Json] = MappingProxyType({})


class JobRows:
    """A job's row, its steps and their outputs, with the indexes that a database has.

    Steps that are given out are copies: only `apply` changes the rows.
    """

    def __init__(
        self, job: JobState | None = None, steps: Iterable[Step] = (), outputs: Mapping[int, Json] = _NONE
    ) -> None:
        self.job = JobState() if job is None else job
        self.steps: dict[int, Step] = {}
        self.outputs: dict[int, Json] = dict(outputs)
        self.former: dict[int, Json] = {}
        self.signals: dict[int, KeptSignal] = {}
        self._addresses: dict[Address, int] = {}
        self._children: defaultdict[int, list[int]] = defaultdict(list)
        self._visits: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for step in sorted(steps, key=lambda one: one.id):
            self.add(step)

    def job_copy(self) -> JobState:
        """The job's row, which the caller may change."""
        context = None if self.job.context is None else dict(self.job.context)
        return attrs.evolve(self.job, context=context)

    def add(self, step: Step) -> None:
        """Adds a new step."""
        self.steps[step.id] = copied(step)
        self._addresses[step.address] = step.id
        self._children[step.parent].append(step.id)
        self._visits[step.parent, step.node].append(step.id)

    def at(self, address: Address) -> int | None:
        """The id of the step at an address."""
        return self._addresses.get(address)

    def children(self, parent: int) -> list[Step]:
        """The steps directly inside a scope, by id."""
        return [self.steps[one] for one in self._children.get(parent, ())]

    def open_inside(self, parent: int) -> Iterator[Step]:
        """All steps inside a scope, at any depth, that have not ended."""
        for step in self.children(parent):
            if not step.has_ended:
                yield step
            yield from self.open_inside(step.id)

    def chain(self, step: Step) -> list[Address]:
        """The addresses of the scopes around a step, from the outside, and its own."""
        found = [step.address]
        while found[-1][0] != JOB:
            found.append(self.steps[found[-1][0]].address)
        return found[::-1]

    def answer(self, load: Load) -> Rows:
        """The rows that exist of those asked for."""
        found = {one: self.steps[one] for one in load.ids if one in self.steps}
        at = (self._addresses[address] for address in load.addresses if address in self._addresses)
        found.update((one, self.steps[one]) for one in at)
        for scope in load.inside:
            found.update((step.id, step) for step in self.open_inside(scope))
        if load.waiting:
            found.update((step.id, step) for step in self.open_inside(JOB) if step.waits_for in load.waiting)
        return Rows(
            steps=[copied(step) for step in found.values()],
            outputs={asked: result for asked in load.outputs if (result := self._last_result(*asked))},
            signals=[signal for signal in self.signals.values() if signal.name in load.signals],
            collected={scope: self._ended_inside(scope) for scope in load.collected},
            visits={asked: len(self._visits.get(asked, ())) for asked in load.visits},
            former={asked: self.former[asked] for asked in load.former if asked in self.former},
        )

    def apply(self, changes: Changes) -> None:
        """Writes a decision."""
        for _, step in sorted(changes.made.items()):
            self.add(step)
        for _, step in changes.changed.values():
            self.steps[step.id] = copied(step)
        self.outputs.update(changes.outputs)
        self.outputs.update((one.step, self.former.get(one.kept.step)) for one in changes.retained)
        for collect in changes.collects:
            self.outputs[collect.step] = self._collected(collect)
        self.job = attrs.evolve(changes.job)

    def _ended_inside(self, parent: int) -> list[EndedStep]:
        return [
            EndedStep(id=step.id, node=step.node, item=step.item, output=self.outputs.get(step.id))
            for step in self.children(parent)
            if step.has_ended
        ]

    def _last_result(self, parent: int, node: int) -> NodeResult | None:
        last = next(
            (s for one in reversed(self._visits.get((parent, node), ())) if (s := self.steps[one]).has_ended), None
        )
        if last is None:
            return None
        return NodeResult(status=last.status, output=self.outputs.get(last.id), error=last.error)

    def _collected(self, collect: Collect) -> Json:
        """The output of a scope, as the store makes it (`Collect`)."""
        if collect.how == "last":
            return self.outputs.get(collect.source)
        inside = self.children(collect.step)
        if collect.how == "list":
            items = {step.item: self.outputs.get(step.id) for step in inside}
            total = self.steps[collect.step].total if collect.step in self.steps else len(items)
            return [items.get(item) for item in range(total)]
        last = {step.node: self.outputs.get(step.id) for step in inside}
        return {name: output for node, name in collect.nodes.items() if (output := last.get(node)) is not None} or None


def copied(step: Step) -> Step:
    """A copy whose context may be changed."""
    return attrs.evolve(step, context=None if step.context is None else dict(step.context))
