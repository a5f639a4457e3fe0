"""Reference model: the end of a job from its plan and fates alone.

Slow and plain: it walks a plan scope by scope and keeps no counters. Fates stand in the plan: words in
`Node.action` and `Node.task` (`Do.does` of `plan_tree`), templates as those of `templates`.
"""

import itertools
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any

import attrs

from stroem.definitions.values import Json
from stroem.engine.requests import Failure, Scope
from stroem.interfaces.nodes import ROOT, Edge, Node
from tests.engine.templates import evaluate


@attrs.frozen
class Fate:
    """Outcome of a visit, and its attempts (of an action)."""

    outcome: str
    attempts: int = 0
    is_barred: bool = False


@attrs.frozen
class _Place:
    """A scope at run time: its path, the context that it reads and writes, the iteration around it."""

    path: str
    context: dict[str, Json]
    iteration: tuple[int, Json] | None = None

    def scope(self) -> Scope:
        index, item = self.iteration or (0, None)
        return Scope(context=self.context, in_loop=self.iteration is not None, index=index, item=item)


class Reference:
    """Visits of an uninterrupted job, by path, and the job's outcome.

    `kept` are the outcomes of visits that are not run, by path, in the job that is run again.
    """

    def __init__(self, nodes: tuple[Node, ...], kept: Mapping[str, str] | None = None) -> None:
        self.nodes = nodes
        self.fates: dict[str, Fate] = {}
        self._kept = kept or {}
        self._visits: defaultdict[str, int] = defaultdict(int)
        self.outcome = self._scope(ROOT, _Place("", {}))

    def _scope(self, parent: int, place: _Place) -> str:
        """Walks the nodes of a scope as tokens reach them; its outcome."""
        inside = {number: node for number, node in enumerate(self.nodes) if node.parent == parent}
        waiting: deque[tuple[int, str]] = deque((number, "taken") for number, node in inside.items() if node.entry)
        tokens: defaultdict[int, list[str]] = defaultdict(list)
        failed = False
        ended: dict[int, str] = {}
        while waiting:
            number, token = waiting.popleft()
            node = inside[number]
            tokens[number].append(token)
            if node.join == "each":
                if token != "taken":
                    continue
            elif len(tokens[number]) < node.incoming:
                continue
            path = self._path(number, place)
            fate = self._joined(number, tokens.pop(number), place, path, ended)
            taken = self._taken(number, fate, place)
            if taken is None:
                fate, taken = Fate("failed"), [e for e in node.edges if "failed" in e.on and e.test is None]
            self.fates[path] = fate
            ended[number] = fate.outcome
            handled = any(edge.handles for edge in taken)
            failed |= fate.outcome == "failed" and not node.optional and not handled
            waiting.extend((edge.to, self._token(fate, edge in taken)) for edge in node.edges)
        stuck = any(inside[number].join == "all" for number in tokens)
        return "failed" if failed or stuck else "completed"

    def _joined(self, number: int, tokens: list[str], place: _Place, path: str, ended: Mapping[int, str]) -> Fate:
        """The fate of a node once the edges that it joins are decided."""
        node = self.nodes[number]
        if node.join == "all" and "barred" in tokens and not node.tolerant:
            return Fate("skipped", is_barred=True)
        if "taken" in tokens or node.tolerant:
            if number not in self._kept and any(ended[one.node] not in one.on for one in node.conditions):
                return Fate("skipped")
            return self._visit(number, place, path)
        return Fate("skipped")

    def _taken(self, number: int, fate: Fate, place: _Place) -> list[Edge] | None:
        """The edges that are taken; None for a choice without one that fits."""
        node = self.nodes[number]
        fitting = [edge for edge in node.edges if fate.outcome in edge.on]
        if node.kind != "choice" or fate.outcome != "completed":
            return [edge for edge in fitting if edge.test is None]
        for edge in fitting:
            if edge.test is None or (value := evaluate(edge.test, place.scope())) is True:
                return [edge]
            if isinstance(value, Failure):
                return None
        return None

    @staticmethod
    def _token(fate: Fate, taken: bool) -> str:
        if taken:
            return "taken"
        return "barred" if fate.outcome in ("failed", "cancelled") or fate.is_barred else "dead"

    def _path(self, number: int, place: _Place) -> str:
        name = f"{place.path}{self.nodes[number].name}"
        self._visits[name] += 1
        return name if self._visits[name] == 1 else f"{name}~{self._visits[name]}"

    def _visit(self, number: int, place: _Place, path: str) -> Fate:
        """Starts a node; its fate."""
        node = self.nodes[number]
        if path in self._kept:
            return self._written(Fate(self._kept[path]), node, place)
        if node.when is not None:
            value = evaluate(node.when, place.scope())
            if isinstance(value, Failure):
                return Fate("failed")
            if not value:
                return Fate("skipped")
        return self._written(self._started(node, number, path, place), node, place)

    @staticmethod
    def _written(fate: Fate, node: Node, place: _Place) -> Fate:
        if fate.outcome == "completed":
            for key, template in node.writes.items():
                place.context[key] = evaluate(template, place.scope(), {"output": None})
        return fate

    def _started(self, node: Node, number: int, path: str, place: _Place) -> Fate:
        if node.kind == "block":
            inner = _Place(f"{path}.", dict(place.context), place.iteration)
            return Fate(self._scope(number, inner))
        if node.kind == "loop":
            return self._loop(node, number, path, place)
        words = node.task or node.action or "ok"
        most = node.retry.attempts if node.retry else 1
        for attempt in range(1, most + 1):
            if is_good(words, attempt, place.iteration[0] if place.iteration else 0):
                return Fate("completed", attempt)
        return Fate("failed", most)

    def _loop(self, node: Node, number: int, path: str, place: _Place) -> Fate:
        test = node.again or node.until
        items = evaluate(node.items, place.scope()) if test is None else []
        items = _combined(items) if isinstance(items, dict) else items
        if test is None and not isinstance(items, list):
            return Fate("failed")
        if test is None and not items:
            return Fate("skipped")
        if test is None and len(items) > node.most:
            return Fate("failed")
        (body,) = [one for one, inner in enumerate(self.nodes) if inner.parent == number]
        context, failed, index = dict(place.context), False, 0
        while test is not None or index < len(items):
            inner = _Place(f"{path}[{index}].", context, (index, None if test else items[index]))
            name = f"{path}[{index}]"
            left = "cancelled" if node.aborts else "skipped" if node.stops else None
            is_left = failed and left is not None and name not in self._kept
            fate = Fate(left) if is_left else self._visit(body, inner, name)
            self.fates[name] = fate
            failed |= fate.outcome == "failed" and not self.nodes[body].optional
            index += 1
            if test is not None:
                if failed or fate.outcome != "completed":
                    break
                value = evaluate(test, inner.scope())
                if isinstance(value, Failure):
                    return Fate("failed")
                if (value is True) is (node.again is None):
                    break
                if index >= node.most:
                    return Fate("failed")
        return Fate("failed" if failed else "completed")


def _combined(items: Mapping[str, Json]) -> Json:
    """The items of a range to an end, or of a matrix."""
    if "range" in items:
        return list(range(items["range"]))  # type: ignore[arg-type]
    axes: Any = items["matrix"]
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def is_good(words: str, attempt: int, index: int) -> bool:
    """Whether an attempt succeeds, as the words for it say."""
    each = words.split()
    word = each[min(attempt, len(each)) - 1]
    return word == "ok" or (word == "odd" and index % 2 == 0)
