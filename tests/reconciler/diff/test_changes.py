"""What a release changes is told by kind, name and field."""

import attrs

from stroem.definitions.action import Action
from stroem.definitions.retry import Retry
from stroem.definitions.task import Hook, Step, Task, inline_action_name
from stroem.definitions.workspace import Definitions
from stroem.reconciler.diff.definitions import changes_between
from stroem.records.release import Change
from tests.support.triggers import trigger_of

SHELL = Action(type="script", script="true")
TASK = Task(flow={"one": Step(action="a"), "two": Step(action="a", depends_on=("one",))})


def test_everything_is_new_at_first() -> None:
    new = Definitions(tasks={"t": TASK}, actions={"a": SHELL}, secrets={"key": "x"})
    assert changes_between(None, new) == (
        Change(kind="task", name="t", change="added"),
        Change(kind="action", name="a", change="added"),
        Change(kind="secret", name="key", change="added"),
    )


def test_equal_definitions_change_nothing() -> None:
    old = Definitions(tasks={"t": TASK}, actions={"a": SHELL})
    new = Definitions(tasks={"t": attrs.evolve(TASK)}, actions={"a": attrs.evolve(SHELL)})
    assert changes_between(old, new) == ()


def test_fields_that_differ_are_named_entries_of_maps_one_by_one() -> None:
    flow = {"one": TASK.flow["one"], "two": Step(action="b"), "three": Step(action="a")}
    old = Definitions(tasks={"t": TASK}, triggers={"n": trigger_of("scheduler", cron="0 1 * * *")})
    new = Definitions(
        tasks={"t": attrs.evolve(TASK, flow=flow, timeout=5)},
        triggers={"n": trigger_of("scheduler", cron="0 2 * * *")},
    )
    assert changes_between(old, new) == (
        Change(kind="task", name="t", change="changed", fields=("flow.three", "flow.two", "timeout")),
        Change(kind="trigger", name="n", change="changed", fields=("cron",)),
    )


def test_an_action_inside_a_step_belongs_to_its_task() -> None:
    name = inline_action_name("t", "one")
    tasks = {"t": Task(flow={"one": Step(action=name)})}
    old = Definitions(tasks=tasks, actions={name: SHELL})
    new = Definitions(tasks=tasks, actions={name: attrs.evolve(SHELL, script="false")})
    assert changes_between(old, new) == (Change(kind="task", name="t", change="changed", fields=("flow.one",)),)
    assert changes_between(None, old) == (Change(kind="task", name="t", change="added"),)
    assert changes_between(old, Definitions()) == (Change(kind="task", name="t", change="removed"),)


def test_what_is_inside_a_field_is_named_by_two_words_and_no_position() -> None:
    old = Definitions(actions={"a": attrs.evolve(SHELL, args=("x",), retry=Retry(delay=1))})
    new = Definitions(actions={"a": attrs.evolve(SHELL, args=("x", "y"), retry=Retry(delay=2))})
    assert changes_between(old, new) == (
        Change(kind="action", name="a", change="changed", fields=("args", "retry.delay")),
    )


def test_secrets_inside_secrets_are_named() -> None:
    changes = changes_between(Definitions(secrets={"db": {"user": "a"}}), Definitions(secrets={"db": {"user": "b"}}))
    assert changes == (Change(kind="secret", name="db", change="changed", fields=("user",)),)


def test_values_of_secrets_are_never_told() -> None:
    changes = changes_between(Definitions(secrets={"key": "old"}), Definitions(secrets={"key": "new"}))
    assert changes == (Change(kind="secret", name="key", change="changed"),)


def test_hooks_of_the_workspace() -> None:
    new = Definitions(on_error=(Hook(action="a"),))
    assert changes_between(Definitions(), new) == (
        Change(kind="workspace", name="", change="changed", fields=("on_error",)),
    )
