"""A job's input: what is refused, what is completed, what is converted."""

from collections.abc import Mapping

import pytest

from stroem.definitions.connection import Connection, ConnectionProperty
from stroem.definitions.field import InputField
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.engine.values import inputs
from stroem.engine.values.inputs import CheckedInput
from stroem.errors import InvalidInput
from stroem.templating.budget import Budget


def check_input(of: TaskPlan, raw: Mapping[str, Json]) -> CheckedInput:
    return inputs.check_input(of, raw, Budget())


def plan(**fields: InputField) -> TaskPlan:
    return TaskPlan(
        task="t",
        nodes=(),
        actions={},
        input=fields,
        secrets={"password": "hunter22", "unused": "x"},
        connections={
            "main": Connection(type="postgres", values={"host": "db", "password": "{{ secret.password }}"}),
            "other": Connection(type="mysql", values={}),
        },
        connection_types={"postgres": {"host": ConnectionProperty(), "port": ConnectionProperty(default=5432)}},
    )


@pytest.mark.parametrize(
    ("kind", "given", "taken"),
    [
        ("string", "a", "a"),
        ("string", 5, "5"),
        ("text", "a\nb", "a\nb"),
        ("integer", 5, 5),
        ("integer", "5", 5),
        ("integer", 5.0, 5),
        ("number", "2.5", 2.5),
        ("boolean", True, True),
        ("boolean", "false", False),
        ("date", "2026-02-28", "2026-02-28"),
        ("datetime", "2026-02-28T12:00:00Z", "2026-02-28T12:00:00Z"),
    ],
)
def test_values_of_the_right_type_are_taken(kind: str, given: Json, taken: Json) -> None:
    value = check_input(plan(x=InputField(type=kind)), {"x": given}).values["x"]
    assert value == taken
    assert type(value) is type(taken)


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("string", ["a"], "a string"),
        ("integer", 5.5, "a whole number"),
        ("integer", True, "a whole number"),
        ("number", "nan", "a number"),
        ("boolean", "yes", "true or false"),
        ("date", "2026-02-30", "a date such as"),
        ("datetime", "noon", "a date and time such as"),
    ],
)
def test_values_of_the_wrong_type_are_refused_with_what_was_expected(kind: str, given: Json, expected: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_input(plan(x=InputField(type=kind)), {"x": given})
    assert [error.field for error in caught.value.fields] == ["input.x"]
    assert expected in caught.value.fields[0].message


def test_all_mistakes_are_told_at_once() -> None:
    fields = {
        "a": InputField(required=True),
        "b": InputField(options=("x", "y")),
        "c": InputField(type="integer", multiple=False),
        "d": InputField(type="postgres"),
        "e": InputField(multiple=True),
    }
    with pytest.raises(InvalidInput) as caught:
        check_input(plan(**fields), {"b": "z", "c": "q", "d": "other", "e": "not a list"})
    assert [error.field for error in caught.value.fields] == ["input.a", "input.b", "input.c", "input.d", "input.e"]


def test_defaults_are_filled_in_and_may_name_secrets() -> None:
    checked = check_input(plan(x=InputField(default="p={{ secret.password }}"), y=InputField()), {})
    assert checked.values == {"x": "p=hunter22"}


def test_a_connection_is_replaced_by_its_values() -> None:
    checked = check_input(plan(db=InputField(type="postgres")), {"db": "main"})
    assert checked.values == {"db": {"host": "db", "port": 5432, "password": "hunter22"}}


def test_unknown_keys_pass_with_a_warning() -> None:
    checked = check_input(plan(), {"extra": 1})
    assert checked.values == {"extra": 1}
    assert checked.warnings == ("input.extra is not an input of task 't'",)


def test_optional_unknown_keys_pass_without_a_warning() -> None:
    checked = inputs.check_input(plan(), {"extra": 1, "other": 2}, Budget(), optional={"extra"})
    assert checked.values == {"extra": 1, "other": 2}
    assert checked.warnings == ("input.other is not an input of task 't'",)


def test_options_with_allow_custom_take_others() -> None:
    field = InputField(options=("x",), allow_custom=True)
    assert check_input(plan(a=field), {"a": "mine"}).values == {"a": "mine"}


def test_a_secret_value_is_not_repeated_in_the_error() -> None:
    with pytest.raises(InvalidInput) as caught:
        check_input(plan(pin=InputField(type="integer", secret=True)), {"pin": "s3cr3t"})
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("kind", ["string", "text", "integer", "number", "boolean", "date", "datetime", "postgres"])
def test_an_empty_text_for_an_optional_field_is_no_value_but_can_be_read(kind: str) -> None:
    assert check_input(plan(x=InputField(type=kind)), {"x": ""}).values == {"x": ""}


def test_an_empty_text_gives_way_to_the_default() -> None:
    fields = {"a": InputField(type="integer", default=3), "b": InputField(type="postgres", default="main")}
    assert check_input(plan(**fields), {"a": "", "b": ""}).values == {
        "a": 3,
        "b": {"host": "db", "port": 5432, "password": "hunter22"},
    }


def test_an_empty_text_meets_options_and_lists_only_when_required() -> None:
    free = {"a": InputField(options=("x",)), "b": InputField(multiple=True)}
    assert check_input(plan(**free), {"a": "", "b": ""}).values == {"a": "", "b": []}
    needed = {"a": InputField(options=("x",), required=True), "b": InputField(multiple=True, required=True)}
    with pytest.raises(InvalidInput) as caught:
        check_input(plan(**needed), {"a": "", "b": ""})
    assert [error.field for error in caught.value.fields] == ["input.a", "input.b"]


@pytest.mark.parametrize("kind", ["integer", "number"])
@pytest.mark.parametrize("given", [2**63, -(2**63) - 1, "9223372036854775808", "1_000", "\u0661"])
def test_numbers_that_would_change_are_refused(kind: str, given: Json) -> None:
    if kind == "number" and given == "9223372036854775808":
        given = "1e400"
    with pytest.raises(InvalidInput):
        check_input(plan(x=InputField(type=kind)), {"x": given})
