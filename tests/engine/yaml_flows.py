"""Random workflow files, as a person writes them: the strategy, and the plan that the dialect makes of one."""

import string
from collections.abc import Iterator
from typing import Any

import attrs
import hypothesis.strategies as st
import yaml

from stroem.dialects.environment import Environment
from stroem.engine.compile import make_plan
from stroem.engine.plan import TaskPlan
from stroem.interfaces.nodes import Node
from stroem.validation.checker import validate
from tests.support.parsing import parse

FATES = ("ok", "fail", "odd", "fail ok")
DEPTH = 2
ENDS = ("success", "failure", "always", "skipped")
TASK = "t"
Document = dict[str, Any]


def text_of(document: Document) -> str:
    """The document as YAML."""
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return text


def plan_in(document: Document) -> TaskPlan:
    """The plan of the task, by way of the text. Raises AssertionError for a document that has mistakes."""
    data = text_of(document).encode()
    path = ".workflows/t.yaml"
    found = validate({path: parse(path, data)}, lambda _: data, Environment(runners={"local": None}))
    mistakes = [problem for problem in found.problems if problem.severity == "error"]
    assert not mistakes, mistakes
    plan = make_plan(TASK, found.definitions, {})
    return attrs.evolve(plan, nodes=tuple(_with_fate(node) for node in plan.nodes))


def _with_fate(node: Node) -> Node:
    """The node with the words of its fate in its action."""
    return attrs.evolve(node, action="ok" if node.kind in ("wait", "signal") else node.action.removeprefix("ask "))


@st.composite
def documents(draw: st.DrawFn, *, ordered: bool = True) -> Document:
    """A document with the task `t`. Unless `ordered`, its end may depend on the order of events."""
    flow = _Drawing(draw, ordered).flow(DEPTH, in_loop=False)
    child = {"flow": {"s": {"type": "script", "script": "true"}}}
    actions: dict[str, Any] = {word: {"type": "script", "script": "true"} for word in FATES}
    actions |= {f"ask {word}": {"type": "approval", "message": "Go on?"} for word in ("ok", "fail")}
    actions |= {f"start {word}": {"type": "task", "task": word} for word in ("ok", "fail")}
    actions |= {"pause": {"type": "wait", "for": "10s"}, "listen": {"type": "signal", "signal": "go"}}
    used = {step["action"] for step in _steps(flow) if "action" in step}
    tasks = {word: child for word in ("ok", "fail") if f"start {word}" in used}
    return {
        "actions": {name: action for name, action in actions.items() if name in used},
        "tasks": {TASK: {"flow": flow}, **tasks},
    }


class _Drawing:
    """One drawing of a flow, with names that count up."""

    def __init__(self, draw: st.DrawFn, ordered: bool) -> None:
        self._draw = draw
        self._ordered = ordered
        self._names = (prefix + letter for prefix in ("", *string.ascii_lowercase) for letter in string.ascii_lowercase)

    def _one_of(self, *choices: Any) -> Any:
        return self._draw(st.sampled_from(choices))

    def flow(self, depth: int, *, in_loop: bool) -> dict[str, Any]:
        """Steps by name, each of which depends on some of those before it."""
        steps: dict[str, Any] = {}
        while not steps or (len(steps) < 5 and self._draw(st.integers(0, 4)) > 0):
            before = list(steps)
            step: dict[str, Any] = self._dependencies(before)
            loop = self._loop()
            step |= loop | self._conditions(in_loop=in_loop)
            step |= self._work(depth, in_loop=in_loop or bool(loop))
            steps[next(self._names)] = step
        return steps

    def _dependencies(self, before: list[str]) -> dict[str, Any]:
        names = sorted(self._draw(st.sets(st.sampled_from(before), max_size=3))) if before else []
        if not names:
            return {}
        return {"depends_on": self._one_of(names, *[{name: self._one_of(*ENDS) for name in names}] * 2)}

    def _conditions(self, *, in_loop: bool) -> dict[str, Any]:
        tests = ("true", "false", "input.nothing", *(("each.index % 2 == 1",) if in_loop else ()))
        when = self._one_of(*[None] * 8, *tests)
        found: dict[str, Any] = {} if when is None else {"when": when}
        return found | self._one_of({}, {}, {}, {"continue_on_failure": True})

    def _loop(self) -> dict[str, Any]:
        kind = self._one_of(None, None, "items", "items", "rounds")
        if kind is None:
            return {}
        if kind == "rounds":
            count = self._one_of(1, 2, 3)
            test = self._one_of({"while": f"each.index + 1 < {count}"}, {"until": f"each.index + 1 >= {count}"})
            return {**test, **self._one_of({}, {}, {"max_rounds": 2})}
        items = self._one_of(
            {"for_each": [1, "x", True]},
            {"for_each": [1, "x", True]},
            {"for_each": {"range": 2}},
            {"matrix": {"os": ["a", "b"], "py": [1, 2]}},
            self._one_of({"for_each": []}, {"for_each": "input.nothing"}),
        )
        one_at_once = self._one_of({"sequential": True}, {"max_concurrency": 1})
        several = self._one_of({}, {"max_concurrency": 2})
        if self._one_of(False, True):
            return {**items, "fail_fast": True, **(one_at_once if self._ordered else several)}
        return items | self._one_of(one_at_once, several)

    def _work(self, depth: int, *, in_loop: bool) -> dict[str, Any]:
        kind = self._one_of("script", "script", "script", "task", "approval", "wait", *(["group"] if depth else []))
        if kind == "group":
            return {"steps": self.flow(depth - 1, in_loop=in_loop)}
        if kind == "approval":
            return {"action": self._one_of("ask ok", "ask fail")}
        if kind == "wait":
            return {"action": self._one_of("pause", "listen")}
        retry = self._one_of({}, {}, {"retry": {"attempts": self._one_of(2, 3), "delay": 5}})
        if kind == "task":
            return {"action": self._one_of("start ok", "start fail"), **retry}
        return {"action": self._one_of(*FATES), **retry}


def _steps(flow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for step in flow.values():
        yield step
        yield from _steps(step.get("steps", {}))
