"""Every field of nodes and flows has its row in docs/reference/nodes.md; the examples are valid."""

import json
from typing import Any

import attrs
import pytest

from stroem.definitions.action import Action
from stroem.definitions.artifacts import Artifacts
from stroem.definitions.cache import Cache
from stroem.definitions.task import Step, Task
from stroem.definitions.workspace import Definitions
from stroem.engine.compile import make_plan
from stroem.engine.fragments import read_fragment
from stroem.engine.kinds.approval import Approval
from stroem.engine.kinds.assign import Assign
from stroem.engine.kinds.signal import Signal
from stroem.engine.kinds.wait import Wait
from stroem.interfaces.dialect import Flow
from stroem.interfaces.nodes import Condition, Edge, Node, RetryPolicy, Slot
from tests.docs.page import DOCS, Page, codes, first_codes, rows

PAGE = Page(DOCS / "reference/nodes.md")
CLASSES: tuple[Any, ...] = (Flow, Node, Edge, Condition, RetryPolicy, Slot)
NAMES = {cls.__name__: cls for cls in (*CLASSES, Artifacts, Cache)}
REQUIRED: dict[type, dict[str, Any]] = {
    Flow: {"nodes": ()},
    Node: {"name": "a"},
    Edge: {"to": 0},
    Condition: {"node": 0, "on": ("completed",)},
    RetryPolicy: {"attempts": 1},
    Slot: {"key": "a"},
}
FLOWS = [block for block in PAGE.blocks if "flow" in block.marks]


def shown(default: object) -> str:
    """A default as the page shows it."""
    if default is attrs.NOTHING:
        return "required"
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return f"`{default.factory()!r}`"  # type: ignore[attr-defined]
    return f"`{default!r}`".replace("'", '"')


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_field_has_its_row_with_its_default(cls: Any) -> None:
    told = {codes(row[0])[0]: row[1] for row in rows(PAGE.own(cls.__name__))}
    assert told == {field.name: shown(field.default) for field in attrs.fields(cls)}


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_the_example_of_each_field_is_a_value_of_it(cls: Any) -> None:
    defaults = cls(**REQUIRED[cls])
    for row in rows(PAGE.own(cls.__name__)):
        name, (example,) = codes(row[0])[0], codes(row[3])
        given = eval(f"dict({example})", NAMES.copy())
        assert list(given) == [name]
        assert getattr(cls(**{**REQUIRED[cls], **given}), name) == given[name]
        assert name in REQUIRED[cls] or given[name] != getattr(defaults, name)


def test_every_kind_of_step_has_its_row() -> None:
    server_side = {kind.name for kind in (Approval, Assign, Signal, Wait)}
    of_engine = {"action", "task", "choice", "block", "loop"}
    assert set(first_codes(PAGE.section("Kinds of steps"))) == of_engine | server_side


@pytest.mark.parametrize("block", FLOWS, ids=str)
def test_a_flow_compiles(block: Any) -> None:
    flow = eval(block.text, NAMES.copy())
    actions = {name: Action(type="script", script="true") for name in ("build", "test", "deploy", "probe", "undo")}
    task = Task(flow={name: Step(action=name) for name in actions})
    plan = make_plan("t", Definitions(tasks={"t": task}, actions=actions), {}, lambda *_: flow)
    assert len(plan.nodes) == len(flow.nodes)


def test_there_are_flows() -> None:
    assert len(FLOWS) >= 5


def test_the_fragment_is_valid() -> None:
    (block,) = [block for block in PAGE.blocks if block.language == "json"]
    plan = make_plan("t", Definitions(tasks={"t": Task(flow={})}), {}, lambda *_: Flow(nodes=()))
    assert len(read_fragment(json.loads(block.text), plan, {}).nodes) == 2
