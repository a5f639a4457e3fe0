"""Dependency graphs of tasks."""

import functools
from collections.abc import Collection, Iterator, Mapping

import attrs

from stroem.definitions.flow_paths import group_of, key_in, name_of
from stroem.definitions.task import DialectTask, Step, Task
from stroem.definitions.values import Path
from stroem.templating.language.hyphens import underscored


class FlowGraph:
    """The dependency graph of a task's or a group's steps, by their names. Dependencies on unknown steps are ignored.

    `around` are names of steps outside of a group that end before it starts; names in the group hide them. `is_open`:
    another dialect than YAML orders the steps.
    """

    def __init__(
        self, steps: Mapping[str, Step], *, around: Collection[str] = frozenset(), is_open: bool = False
    ) -> None:
        self.own = steps
        outside = tuple(name for name in around if name not in steps)
        inside = {
            name: attrs.evolve(step, depends_on=(*step.depends_on, *outside)) if outside else step
            for name, step in steps.items()
        }
        self.steps = {**dict.fromkeys(outside, Step(action="")), **inside}
        self.is_open = is_open
        self.variables = {underscored(name): name for name in self.steps}
        self._positions = {name: index for index, name in enumerate(self.steps)}
        self._before: dict[str, int] | None = None

    @functools.cached_property
    def has_order(self) -> bool:
        """Whether it is known which steps come before others: not when there is a cycle."""
        return not self.is_open and not self.cycles()

    def is_before(self, earlier: str, later: str) -> bool:
        """Whether `earlier` always ends before `later` starts."""
        if earlier in self.steps[later].depends_on:
            return True
        if self._before is None:
            self._before = self._closure()
        return bool(self._before[later] >> self._positions[earlier] & 1)

    def cycles(self) -> list[tuple[str, ...]]:
        """One cycle of each strongly connected group; it starts and ends with the step that is first in the file."""
        seen: set[str] = set()
        for name, step in self.steps.items():
            if not seen.issuperset(step.depends_on):
                break
            seen.add(name)
        else:
            return []
        return list(self._cycles())

    def _cycles(self) -> Iterator[tuple[str, ...]]:
        ordered = self._ordered()
        left = dict.fromkeys(name for name in self.steps if name not in ordered)
        while left:
            trail: dict[str, None] = {}
            name = next(iter(left))
            while name not in trail:
                trail[name] = None
                following = next((one for one in self.steps[name].depends_on if one in left), None)
                if following is None:
                    break
                name = following
            else:
                members = list(trail)[list(trail).index(name) :]
                yield self._from_first(members)
            for member in trail:
                left.pop(member, None)

    def _from_first(self, members: list[str]) -> tuple[str, ...]:
        first = min(range(len(members)), key=lambda index: self._positions[members[index]])
        return (*members[first:], *members[:first], members[first])

    def _ordered(self) -> dict[str, None]:
        """The steps in topological order, without those in or behind a cycle."""
        waiting = {name: len(self._dependencies(name)) for name in self.steps}
        dependents: dict[str, list[str]] = {name: [] for name in self.steps}
        for name in self.steps:
            for dependency in self._dependencies(name):
                dependents[dependency].append(name)
        ready = [name for name, count in waiting.items() if count == 0]
        for name in ready:
            for dependent in dependents[name]:
                waiting[dependent] -= 1
                if waiting[dependent] == 0:
                    ready.append(dependent)
        return dict.fromkeys(ready)

    def _dependencies(self, name: str) -> list[str]:
        return [one for one in self.steps[name].depends_on if one in self.steps]

    def _closure(self) -> dict[str, int]:
        before = dict.fromkeys(self.steps, 0)
        for name in self._ordered():
            for dependency in self._dependencies(name):
                before[name] |= before[dependency] | 1 << self._positions[dependency]
        return before


@attrs.frozen(kw_only=True)
class FlowScope:
    """The steps of one flow: a task's, its `finally`, or a group's. `steps` are all of its section, by key."""

    section: str
    steps: Mapping[str, Step]
    group: str | None
    graph: FlowGraph

    def path(self, name: str) -> Path:
        """The path of a step, from its task."""
        return (self.section, key_in(self.group, name))

    def step(self, name: str) -> Step:
        """A step by its name."""
        return self.steps[key_in(self.group, name)]

    @property
    def noun(self) -> str:
        """The flow as messages call it."""
        if self.group is not None:
            return "this group"
        return "this task" if self.section == "flow" else "`finally`, whose steps depend on one another only"


def flow_scopes(task: Task) -> Iterator[FlowScope]:
    """The flows of a task. The steps of its own come before those of `finally`."""
    is_open = isinstance(task, DialectTask)
    yield from _scopes("flow", task.flow, (), is_open=is_open)
    if task.finally_:
        outside = [key for key in task.flow if group_of(key) is None]
        yield from _scopes("finally", task.finally_, outside, is_open=is_open)


def _scopes(section: str, flow: Mapping[str, Step], outside: Collection[str], *, is_open: bool) -> Iterator[FlowScope]:
    inside: dict[str | None, dict[str, Step]] = {None: {}}
    for key, step in flow.items():
        if step.is_group:
            inside[key] = {}
        inside[group_of(key)][name_of(key)] = _by_names(step)
    graphs: dict[str | None, FlowGraph] = {}
    for group, steps in inside.items():
        around = outside
        if group is not None:
            outer, name = graphs[group_of(group)], name_of(group)
            beside = [one for one in outer.steps if one != name]
            around = [one for one in beside if not outer.has_order or outer.is_before(one, name)]
        graphs[group] = FlowGraph(steps, around=around, is_open=is_open)
        yield FlowScope(section=section, steps=flow, group=group, graph=graphs[group])


def _by_names(step: Step) -> Step:
    is_inside = any(group_of(key) is not None for key in step.depends_on)
    return attrs.evolve(step, depends_on=tuple(map(name_of, step.depends_on))) if is_inside else step
