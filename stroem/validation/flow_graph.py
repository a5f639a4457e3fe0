"""Dependency graphs of tasks."""

import functools
from collections.abc import Collection, Iterator, Mapping

from stroem.definitions.task import Step
from stroem.templating.language.hyphens import underscored


class FlowGraph:
    """The dependency graph of a task's steps. Dependencies on unknown steps are ignored.

    `is_open`: another dialect than YAML orders the steps. The steps `last` run after all others.
    """

    def __init__(self, steps: Mapping[str, Step], *, last: Collection[str] = (), is_open: bool = False) -> None:
        self.steps = steps
        self._last = frozenset(last)
        self.is_open = is_open
        self.variables = {underscored(name): name for name in steps}
        self._positions = {name: index for index, name in enumerate(steps)}
        self._before: dict[str, int] | None = None

    @functools.cached_property
    def has_order(self) -> bool:
        """Whether it is known which steps come before others: not when there is a cycle."""
        return not self.is_open and not self.cycles()

    def is_before(self, earlier: str, later: str) -> bool:
        """Whether `earlier` always ends before `later` starts."""
        if earlier in self.steps[later].depends_on or (later in self._last and earlier not in self._last):
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
