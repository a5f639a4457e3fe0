"""References between definitions: each mention is found, at its path."""

import collections
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.definitions.action import Action, Tool
from stroem.definitions.connection import Connection, McpServer
from stroem.definitions.field import InputField, OptionsFrom
from stroem.definitions.kinds import HOOK_KEYS, KINDS, SECTIONS, TEMPLATED_FIELDS
from stroem.definitions.references import (
    Reference,
    all_uses,
    connections_given,
    declared_inputs,
    references,
    templates,
    use_at,
    used_actions,
    uses,
)
from stroem.definitions.task import Hook, Step, Task
from stroem.definitions.trigger import Debounce, Trigger
from stroem.definitions.values import Path
from stroem.definitions.workspace import Definitions
from tests.support.triggers import trigger_of

NAMES = st.sampled_from(["a", "b-c", "d_e", "lib.x"])
TYPES = st.sampled_from(["string", "integer", "pg", "lib.pg"])
FIELDS = st.dictionaries(NAMES, st.builds(InputField, type=TYPES), max_size=3)
OPTIONS_FROM = st.none() | st.builds(OptionsFrom, task=NAMES, path=st.just("a"))
TASK_FIELDS = st.dictionaries(NAMES, st.builds(InputField, type=TYPES, options_from=OPTIONS_FROM), max_size=3)
HOOKS = st.lists(st.builds(Hook, action=NAMES), max_size=2).map(tuple)
HOOKS_BY_KEY: dict[str, Any] = dict.fromkeys(HOOK_KEYS, HOOKS)
TASKS = st.builds(
    Task, flow=st.dictionaries(NAMES, st.builds(Step, action=NAMES), max_size=4), input=TASK_FIELDS, **HOOKS_BY_KEY
)
ACTIONS = st.builds(
    Action,
    type=st.just("agent"),
    task=st.none() | NAMES,
    tools=st.lists(st.builds(Tool, task=NAMES) | st.builds(Tool, mcp=NAMES), max_size=2).map(tuple),
    source=st.none() | st.just("run.sh"),
    input=FIELDS,
)
TRIGGERS = st.builds(trigger_of, st.just("event_source"), NAMES, target_task=NAMES) | st.builds(
    trigger_of, st.just("scheduler"), NAMES, cron=st.just("@daily")
)
CONNECTIONS = st.builds(Connection, type=st.none() | st.just("pg"))
WORKSPACES = st.builds(Definitions, tasks=st.dictionaries(NAMES, TASKS, max_size=3), **HOOKS_BY_KEY)


def at(owner: Any, path: Path) -> Any:
    """The value at a path inside a definition. Options of a trigger stand beside its own fields."""
    if isinstance(owner, Trigger) and not hasattr(owner, str(path[0])):
        owner = owner.options
    for part in path:
        owner = getattr(owner, part) if attrs.has(type(owner)) else owner[part]
    return owner


def names_by_hand(owner: Any, kind: str) -> list[str]:
    """The names of one kind in a definition, read from all its values."""
    found = []
    stack = [("", owner)]
    while stack:
        field, value = stack.pop()
        if isinstance(value, InputField):
            stack.append(("options_from", value.options_from))
            found += [value.type] if kind == "connection_type" and value.type not in ("string", "integer") else []
        elif attrs.has(type(value)):
            stack += [(one.name, getattr(value, one.name)) for one in attrs.fields(type(value))]
        elif isinstance(value, dict):
            stack += [(field, entry) for entry in value.values()]
        elif isinstance(value, tuple):
            stack += [(field, entry) for entry in value]
        elif value is not None and field in FIELDS_OF[kind]:
            found.append(value)
    return found


FIELDS_OF = {
    "action": {"action"},
    "task": {"task", "target_task"},
    "mcp_server": {"mcp"},
    "file": {"source"},
    "connection_type": set[str](),
}


@given(st.one_of(TASKS, ACTIONS, TRIGGERS))
def test_every_mention_is_a_reference_at_its_path(owner: Any) -> None:
    found = list(references(owner))
    for one in found:
        assert at(owner, one.path) == one.name
    for kind in FIELDS_OF:
        names = [one.name for one in found if one.kind == kind]
        assert collections.Counter(names) == collections.Counter(names_by_hand(owner, kind))


@given(CONNECTIONS)
def test_a_connection_refers_to_its_type(connection: Connection) -> None:
    expected = [Reference("connection_type", "pg", ("type",))] if connection.type else []
    assert list(references(connection)) == expected


@given(TASKS)
def test_every_use_is_at_its_path(task: Task) -> None:
    found = list(uses(task))
    assert len(found) == len(task.flow) + sum(len(getattr(task, key)) for key in HOOK_KEYS)
    for path, use in found:
        assert use_at(task, path) is at(task, path) is use
        assert use_at(task, (*path, "input", "x")) is use
    assert [use.action for _, use in found] == list(used_actions(task))


@pytest.mark.parametrize("path", [("flow",), ("flow", "z"), ("on_error", 5), ("on_error",), ("input", "a"), ()])
def test_a_path_elsewhere_leads_to_no_use(path: Path) -> None:
    task = Task(flow={"a": Step(action="x")}, on_error=(Hook(action="y"),))
    assert use_at(task, path) is None


@given(WORKSPACES)
def test_all_uses_are_those_of_the_tasks_and_of_the_workspace(definitions: Definitions) -> None:
    owners = [definitions, *definitions.tasks.values()]
    expected = collections.Counter(id(use) for owner in owners for _, use in uses(owner))
    assert collections.Counter(map(id, all_uses(definitions))) == expected


def fields_of(path: Path) -> Path:
    """The fields at a path, whose keys in files have no underscore at the end."""
    return tuple({"while": "while_", "if": "if_"}.get(str(part), part) for part in path)


def test_templates_stand_at_their_paths() -> None:
    field = InputField(default="{{ secret.a }}")
    texts: dict[str, Any] = {name: f"{{{{ {name} }}}}" for name in TEMPLATED_FIELDS}
    owners: list[Any] = [
        Action(type="script", input={"x": field}, **texts),
        Task(
            flow={"s": Step(action="a", input={"k": "1"}, when="{{ 1 }}", for_each=["2"], until="{{ 3 }}")},
            input={"x": field},
            on_cancel=(Hook(action="a", input={"k": "3"}),),
        ),
        trigger_of(
            "webhook", "a", name_="w", input={"k": "4"}, secret="5", if_="6", debounce=Debounce(key="6", wait=1)
        ),
        trigger_of("event_source", "a", target_task="b", env={"E": "6"}, debounce=Debounce(wait=1)),
        Connection(values={"k": "7"}),
        McpServer(url="8", auth_token="9", env={"E": "10"}, args=("11",)),
        Definitions(on_error=(Hook(action="a", input={"k": "12"}),)),
    ]
    for owner in owners:
        found = list(templates(owner))
        assert found
        assert all(at(owner, fields_of(path)) == value for path, value in found)
    action, task, *_ = (dict(templates(owner)) for owner in owners)
    assert set(action) == {("input", "x", "default"), *((name,) for name in TEMPLATED_FIELDS)}
    keys = ("input", "when", "for_each", "matrix", "while", "until")
    paths = {*(("flow", "s", key) for key in keys), ("on_cancel", 0, "input")}
    assert set(task) == {("input", "x", "default"), *paths}


def test_inputs_are_declared_by_the_action_and_then_by_its_task() -> None:
    inner, outer = {"x": InputField()}, {"x": InputField(type="integer"), "y": InputField()}
    definitions = Definitions(
        actions={"start": Action(type="task", task="t", input=inner), "plain": Action(type="script", input=inner)},
        tasks={"t": Task(flow={}, input=outer)},
    )
    assert list(declared_inputs(Step(action="start"), definitions)) == [inner, outer]
    assert list(declared_inputs(Hook(action="plain"), definitions)) == [inner]
    assert list(declared_inputs(Step(action="none"), definitions)) == []
    trigger = trigger_of("event_source", "none", target_task="t")
    assert list(declared_inputs(trigger, definitions)) == [outer]


def test_a_connection_is_given_by_value_or_by_default() -> None:
    fields = {
        "db": InputField(type="pg", default="main"),
        "text": InputField(default="main"),
        "inline": InputField(type="pg"),
    }
    assert list(connections_given(fields, {})) == ["main"]
    assert list(connections_given(fields, {"db": "other", "text": "x", "inline": {"host": "h"}})) == ["other"]


def test_the_lists_of_kinds_are_those_of_the_classes() -> None:
    assert {*SECTIONS.values(), *HOOK_KEYS} == {field.name for field in attrs.fields(Definitions)}
    assert {KINDS[section]: section for section in KINDS} == SECTIONS
    assert {field.name for field in attrs.fields(Task) if "Hook" in str(field.type)} == {*HOOK_KEYS}
    assert set(TEMPLATED_FIELDS) <= {field.name for field in attrs.fields(Action)}
