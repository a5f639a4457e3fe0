"""Selection of the visits of a job that are kept when it is run again in part."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from stroem.engine.plan import TaskPlan
from stroem.engine.requests import InsideStep, KeptVisit, KeptVisits
from stroem.engine.reruns.former_steps import KEEPABLE, FormerStep
from stroem.engine.reruns.node_pairs import NodePairs, places_of
from stroem.engine.values.state import JOB, Address
from stroem.interfaces.nodes import ROOT, Node

INSIDE = "steps inside run again"
HIDDEN = "its output has secrets, which are not stored after the end of a job, and is read again"


@attrs.frozen(kw_only=True)
class Selection:
    """The kept visits, and the reasons for which other steps run again.

    `again` is by the ids of the steps in the job before, `unreached` by node: those without a step there. Steps inside
    a block or loop that runs again as a whole are left out.
    """

    kept: KeptVisits
    again: Mapping[int, str]
    unreached: Mapping[int, str]


def select(
    former: TaskPlan, plan: TaskPlan, pairs: NodePairs, steps: Sequence[FormerStep], chosen: Mapping[int, str]
) -> Selection:
    """Selects the visits of an ended job that a job of `plan` keeps. `chosen` are steps to run again, with reasons.

    Steps behind those that run again run again too, as do cancelled steps, those that end the job, and those whose
    node differs. In a loop that ends at a failure, iterations that failed or did not run are run again with any other.
    """
    chosen = dict(chosen)
    while True:
        walk = _Walk(former, plan, pairs, steps, chosen)
        found = walk.scope(JOB, ROOT, ROOT)
        hidden = walk.hidden(found)
        if not hidden:
            kept = KeptVisits(ended=found.ended, around=found.around)
            return Selection(kept=kept, again=found.again, unreached=found.unreached)
        chosen |= dict.fromkeys(hidden, HIDDEN)


@attrs.define(kw_only=True)
class _Found:
    """Kept visits of a scope, and its visits that run again. `running` are nodes with a visit that may run."""

    ended: dict[Address, KeptVisit] = attrs.Factory(dict)
    around: dict[Address, int] = attrs.Factory(dict)
    again: dict[int, str] = attrs.Factory(dict)
    unreached: dict[int, str] = attrs.Factory(dict)
    running: set[int] = attrs.Factory(set)

    def add(self, other: "_Found") -> None:
        """Adds what was found in a scope inside."""
        self.ended |= other.ended
        self.around |= other.around
        self.again |= other.again
        self.unreached |= other.unreached
        self.running |= other.running


@attrs.frozen
class _Again:
    reason: str


_Fate = _Again | _Found | KeptVisit
"""A visit runs again as a whole, runs with kept visits inside, or is kept."""


class _Walk:
    """One walk through the steps of a job, scope by scope."""

    def __init__(
        self,
        former: TaskPlan,
        plan: TaskPlan,
        pairs: NodePairs,
        steps: Sequence[FormerStep],
        chosen: Mapping[int, str],
    ) -> None:
        self._former = former
        self._plan = plan
        self._pairs = pairs
        self._places = places_of(former)
        self._places_here = places_of(plan)
        self._chosen = chosen
        self._steps = {step.id: step for step in steps}
        self._inside: defaultdict[int, list[FormerStep]] = defaultdict(list)
        for step in steps:
            self._inside[step.parent].append(step)
        self._touched = self._around(chosen)
        self._differing = {place[:size] for place in pairs.differences for size in range(1, len(place))}
        self._readers: defaultdict[int, list[int]] = defaultdict(list)
        for number, own in enumerate(plan.nodes):
            for read in own.reads:
                self._readers[read].append(number)

    def _around(self, chosen: Iterable[int]) -> set[int]:
        """The blocks and loops around chosen steps."""
        found: set[int] = set()
        for one in chosen:
            at = self._steps[one].parent
            while at != JOB and at not in found:
                found.add(at)
                at = self._steps[at].parent
        return found

    def scope(self, scope: int, former: int, node: int) -> _Found:
        """Walks a scope: the step, its former node and its node."""
        if node != ROOT and self._plan.node(node).kind == "loop":
            fates = self._iterations(scope, self._plan.node(node))
        else:
            fates = self._nodes(scope, node)
        found = _Found()
        for step_id, fate in fates.items():
            step = self._steps[step_id]
            number = self._pairs.equal.get(step.node)
            if isinstance(fate, _Again):
                found.again[step_id] = fate.reason
                if number is not None:
                    found.running |= self._with_inside(number)
            elif number is not None:
                place = (scope, number, step.item)
                if isinstance(fate, _Found):
                    found.around[place] = step_id
                    found.running.add(number)
                    found.add(fate)
                else:
                    found.ended[place] = fate
        if node == ROOT or self._plan.node(node).kind != "loop":
            visited = {self._places[self._steps[one].node] for one in fates}
            equal = {self._pairs.equal.get(self._steps[one].node) for one in fates}
            for number in self._plan.children(node):
                if number not in equal:
                    if self._places_here[number] not in visited and self._is_reported(number, node):
                        found.unreached[number] = self._reason_of(number)
                    found.running |= self._with_inside(number)
        return found

    def _is_reported(self, number: int, scope: int) -> bool:
        own = self._plan.node(number)
        return own.join == "all" and not self._is_final(number, scope)

    def _reason_of(self, number: int) -> str:
        difference = self._pairs.differences.get(self._places_here[number])
        return "it was not reached" if difference is None else difference.reason

    def _with_inside(self, number: int) -> set[int]:
        found = {number}
        for child in self._plan.children(number):
            found |= self._with_inside(child)
        return found

    def _is_final(self, number: int, scope: int) -> bool:
        return scope == ROOT and self._plan.node(number).final

    def _nodes(self, scope: int, node: int) -> dict[int, _Fate]:
        """The fates of the visits in a job or block."""
        fates: dict[int, _Fate] = {}
        at: defaultdict[int, list[int]] = defaultdict(list)
        for step in self._inside[scope]:
            number = self._pairs.equal.get(step.node)
            if number is None:
                fates[step.id] = _Again(self._difference(step))
                continue
            at[number].append(step.id)
            own = self._plan.node(number)
            if self._is_final(number, node):
                fates[step.id] = _Again("it ends each job")
            elif own.join != "all":
                fates[step.id] = _Again("it can run several times")
            else:
                fates[step.id] = self._fate(step, own)
        causes = {
            number: self._plan.node(number).name
            for number in self._plan.children(node)
            if not self._is_final(number, node)
            and not (at[number] and all(isinstance(fates[one], KeptVisit) for one in at[number]))
        }
        waiting = deque(causes)
        while waiting:
            source = waiting.popleft()
            for number in self._behind(source, node):
                for step_id in at[number]:
                    if not isinstance(fates[step_id], _Again):
                        fates[step_id] = _Again(f"it is behind {causes[source]!r}")
                if number not in causes:
                    causes[number] = self._plan.node(number).name
                    waiting.append(number)
        return fates

    def _behind(self, source: int, scope: int) -> list[int]:
        """The nodes beside a node that an edge from it leads to, or that read its result."""
        edges = [edge.to for edge in self._plan.node(source).edges]
        readers = [one for one in self._readers[source] if self._plan.node(one).parent == scope]
        return [one for one in dict.fromkeys([*edges, *readers]) if not self._is_final(one, scope)]

    def _iterations(self, scope: int, loop: Node) -> dict[int, _Fate]:
        """The fates of the iterations of a loop."""
        fates: dict[int, _Fate] = {}
        steps = sorted(self._inside[scope], key=lambda step: step.item)
        for step in steps:
            number = self._pairs.equal.get(step.node)
            if number is None:
                fates[step.id] = _Again(self._difference(step))
            else:
                fates[step.id] = self._fate(step, self._plan.node(number))
        again = [step for step in steps if not isinstance(fates[step.id], KeptVisit)]
        if not again:
            return fates
        if loop.again is not None or loop.until is not None:
            for step in steps:
                if step.item > again[0].item:
                    fates[step.id] = _Again("it is behind another round")
        elif loop.stops or loop.aborts:
            for step in steps:
                if step.status != "completed" and isinstance(fates[step.id], KeptVisit):
                    fates[step.id] = _Again("its loop ends at a failure")
        return fates

    def _difference(self, step: FormerStep) -> str:
        """The reason not to keep a step without an equal node."""
        place = self._places[step.node] if step.node < len(self._places) else ()
        difference = self._pairs.differences.get(place)
        return "its plan was made at run time" if difference is None else difference.reason

    def _fate(self, step: FormerStep, node: Node) -> _Fate:
        """The fate of a visit of itself, without regard to the steps before it."""
        if (reason := self._chosen.get(step.id)) is not None:
            return _Again(reason)
        whole = step.status in KEEPABLE
        if node.kind not in ("block", "loop") or not self._inside[step.id]:
            return _kept(step) if whole else _Again(f"it was {step.status}")
        if whole and step.id not in self._touched and self._places[step.node] not in self._differing:
            return _kept(step, () if node.fragment is not None else self._copies(step.id))
        if node.fragment is not None or node.slot is not None:
            return _Again(INSIDE)
        found = self.scope(step.id, step.node, self._pairs.equal[step.node])
        if found.ended:
            return found
        reasons = set(found.again.values())
        return _Again(reasons.pop() if len(reasons) == 1 else INSIDE)

    def _copies(self, scope: int) -> tuple[InsideStep, ...]:
        """The steps inside a kept scope. A step stands behind the one around it."""
        inside = [step for step in self._all_inside(scope) if step.node in self._pairs.equal]
        inside.sort(key=lambda step: step.id)
        return tuple(InsideStep(step.id, step.parent, self._pairs.equal[step.node]) for step in inside)

    def _all_inside(self, scope: int) -> Iterator[FormerStep]:
        for step in self._inside[scope]:
            yield step
            if step.node in self._pairs.equal and self._plan.node(self._pairs.equal[step.node]).fragment is None:
                yield from self._all_inside(step.id)

    def hidden(self, found: _Found) -> set[int]:
        """Kept steps whose stored outputs lack secrets, and are read by steps that run."""
        read: set[int] = set()
        kept = {number for _, number, _ in found.ended}
        decided = {number for number in kept if self._decides(self._plan.node(number))}
        for number in found.running | decided:
            read.update(self._plan.node(number).reads)
        return {
            visit.step
            for (parent, number, _), visit in found.ended.items()
            if self._steps[visit.step].hides_secrets
            and (number in decided or not read.isdisjoint([number, *self._numbers_around(parent)]))
        }

    @staticmethod
    def _decides(node: Node) -> bool:
        """True if the templates of a node are evaluated although it is kept."""
        return bool(node.writes) or node.kind == "choice"

    def _numbers_around(self, scope: int) -> Iterable[int]:
        while scope != JOB:
            step = self._steps[scope]
            yield self._pairs.equal[step.node]
            scope = step.parent


def _kept(step: FormerStep, inside: tuple[InsideStep, ...] = ()) -> KeptVisit:
    return KeptVisit(step=step.id, outcome=step.status, error=step.error, inside=inside)  # type: ignore[arg-type]
