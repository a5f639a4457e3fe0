"""Random nested plans of all kinds of nodes."""

import string
from collections.abc import Iterator
from typing import Any

import hypothesis.strategies as st

from tests.engine.plan_tree import (
    Approval,
    Assign,
    Child,
    Dag,
    Do,
    How,
    Link,
    Loop,
    Machine,
    Signal,
    Switch,
    Tree,
    Try,
    Wait,
)

DEPTH = 3
FATES = ["ok", "fail", "lost", "odd", "fail ok", "lost fail ok"]
CONDITIONS = [None, None, None, "true", "false", "odd", "fail"]
HOW: list[How] = ["success", "success", "always", "failure", "ended", "skipped", "rescue"]
LEAVES = ["do", "do", "do", "child", "wait", "signal", "approval", "assign"]
SCOPES = ["dag", "loop", "rounds", "try_", "machine"]


@st.composite
def trees(draw: st.DrawFn, timeouts: bool = False) -> Tree:
    """A plan. With `timeouts` its end depends on the order of events.

    Some of its blocks and loops have a timeout, and loops that end at a failure run several iterations at once.
    """
    return _Drawing(draw, timeouts).dag("t", DEPTH, {})


class _Drawing:
    """One drawing of a plan, with names that count up."""

    def __init__(self, draw: st.DrawFn, timeouts: bool) -> None:
        self._draw = draw
        self._timeouts = timeouts
        self._names = _names()

    def _one_of(self, *choices: Any) -> Any:
        return self._draw(st.sampled_from(choices))

    def part(self, depth: int, **more: Any) -> Tree:
        """A leaf or, above the greatest depth, a scope."""
        kind = self._one_of(*LEAVES, *(SCOPES if depth else ()))
        name = next(self._names)
        return getattr(self, kind)(name, depth - 1, more) if kind in SCOPES else self._leaf(kind, name, more)

    def _leaf(self, kind: str, name: str, more: dict[str, Any]) -> Tree:
        if kind == "do":
            return Do(name, **more, **self._fate(), slot=self._one_of(None, None, None, "key"))
        if kind == "child":
            return Child(name, **more, **self._fate("refused"))
        if kind == "wait":
            return Wait(name, **more)
        if kind == "signal":
            return Signal(name, **more)
        if kind == "approval":
            return Approval(name, **more, does=self._one_of("ok", "fail", "odd"))
        return Assign(name, **(more | {"writes": {name: "true"}}))

    def _fate(self, *others: str) -> dict[str, Any]:
        does = self._one_of(*FATES, *others)
        if does == "ok":
            return {}
        return {"does": does, "attempts": self._one_of(1, 2, 3), "delay": self._one_of(0, 30)}

    def _modifiers(self) -> dict[str, Any]:
        """A condition, and what a failure means; most parts have none of it."""
        when = self._one_of(*CONDITIONS)
        modifiers: dict[str, Any] = {} if when is None else {"when": when}
        if (special := self._one_of(None, None, None, "tolerant", "optional")) is not None:
            modifiers[special] = True
        return modifiers

    def _timeout(self) -> dict[str, Any]:
        return {"timeout": 20} if self._timeouts and self._one_of(False, False, True) else {}

    def dag(self, name: str, depth: int, more: dict[str, Any]) -> Dag:
        parts: list[Tree] = []
        links: list[Link] = []
        while self._goes_on(parts, 4):
            sources = self._draw(st.sets(st.integers(0, len(parts) - 1), max_size=3)) if parts else set()
            part = self._switch() if self._one_of(*[False] * 7, True) else self.part(depth, **self._modifiers())
            links.extend(self._link(parts[source], part) for source in sorted(sources))
            parts.append(part)
        return Dag(name, tuple(parts), tuple(links), **more, **(self._timeout() if name != "t" else {}))

    def _goes_on(self, parts: list[Tree], most: int) -> bool:
        """Whether one more part follows. Drawn anew each time, so that any part may fall out when a plan shrinks."""
        return not parts or (len(parts) < most and self._draw(st.integers(0, 3)) > 0)

    def _switch(self) -> Switch:
        tests = self._draw(st.lists(st.sampled_from(["true", "false", "odd", "fail"]), max_size=3))
        return Switch(next(self._names), tests=tuple(tests))

    def _link(self, source: Tree, part: Tree) -> Link:
        if isinstance(source, Switch):
            return Link(source.name, part.name)
        return Link(source.name, part.name, self._one_of(*HOW), asked=self._one_of(False, True))

    def loop(self, name: str, depth: int, more: dict[str, Any]) -> Loop:
        items = self._one_of("items:3", "items:4", "items:2", [1, "item", True], "items:0", "text")
        fails_fast = {"aborts": True}
        shape = self._one_of(
            {"limit": 1}, {"limit": 2}, {}, {"limit": 1, "stops": True}, {"most": 2}, fails_fast, fails_fast, fails_fast
        )
        if shape is fails_fast:  # which of several iterations a failure ends depends on the order of events
            limit = self._one_of({"limit": 1}, {"limit": 2}, {}) if self._timeouts else {"limit": 1}
            shape = {**fails_fast, **limit}
        body = self.part(depth, **self._modifiers())
        return Loop(name, body, items=items, **shape, **more, **self._timeout())

    def rounds(self, name: str, depth: int, more: dict[str, Any]) -> Loop:
        body = self.part(0) if not depth or self._one_of(True, False) else self.dag(next(self._names), depth - 1, {})
        most = self._one_of({}, {}, {"most": 2})
        rounds, until = self._one_of(1, 2, 3), self._one_of(False, True)
        return Loop(name, body, rounds=rounds, until=until, **most, **more, **self._timeout())

    def machine(self, name: str, depth: int, more: dict[str, Any]) -> Machine:
        states: list[Tree] = []
        while self._goes_on(states, 3):
            states.append(self.part(depth))
        shape = {"rounds": self._one_of(1, 2, 3), "caught": self._one_of(False, True)}
        return Machine(name, tuple(states), **shape, **more, **self._timeout())

    def _part_or_none(self, depth: int) -> Tree | None:
        return self.part(depth) if self._one_of(False, True) else None

    def try_(self, name: str, depth: int, more: dict[str, Any]) -> Try:
        body = self.part(depth)
        return Try(name, body, self._part_or_none(depth), self._part_or_none(depth), **more, **self._timeout())


def _names() -> Iterator[str]:
    for prefix in ("", *string.ascii_lowercase):
        for letter in string.ascii_lowercase:
            yield prefix + letter


def orders() -> st.SearchStrategy[list[int]]:
    """The choices of a schedule: `[]` is everything in its order."""
    return st.lists(st.integers(0, 11), max_size=30)


def interruptions(*kinds: str) -> st.SearchStrategy[list[tuple[int, str]]]:
    """Things that come between, each with the turn at which it does."""
    return st.lists(st.tuples(st.integers(0, 25), st.sampled_from(kinds)), max_size=5)
