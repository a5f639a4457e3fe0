"""Forms of approvals, declared as the inputs of tasks are."""

from typing import Any

import pytest

from stroem.definitions.field import InputField
from stroem.engine.values.forms import InvalidForm, form_of, form_problem, read_form
from stroem.interfaces.nodes import Node


def gate(fields: Any, kind: str = "approval") -> Node:
    return Node(name="gate", kind=kind, entry=True, input={"message": "?", "fields": fields})


def test_a_form_is_declared_as_the_input_of_a_task() -> None:
    fields = {"percent": {"type": "integer", "default": 10, "options": [10, 50]}, "why": {"required": True}}
    assert form_of(gate(fields)) == {
        "percent": InputField(type="integer", default=10, options=(10, 50)),
        "why": InputField(required=True),
    }
    assert form_of(gate(None)) == {}
    assert form_problem(gate(fields)) is None


def test_every_mistake_in_a_form_is_told() -> None:
    with pytest.raises(InvalidForm) as caught:
        read_form({"a": {"typ": "integer"}, "b": {"required": "perhaps"}})
    assert "a.typ" in str(caught.value)
    assert "b.required" in str(caught.value)
    assert "not valid" in (form_problem(gate(["a"])) or "")


def test_a_secret_field_has_no_default_but_a_template() -> None:
    assert form_problem(gate({"pin": {"secret": True, "default": "{{ secret.pin }}"}})) is None
    assert "'pin'" in (form_problem(gate({"pin": {"secret": True, "default": "1234"}})) or "")


def test_a_form_has_no_options_from_a_task() -> None:
    fields = {"region": {"options_from": {"task": "find", "path": "a"}}}
    assert "'region' with `options_from`" in (form_problem(gate(fields)) or "")


def test_other_kinds_may_use_the_key_as_they_like() -> None:
    assert form_of(gate(["a"], "assign")) == {}
    assert form_problem(gate(["a"], "assign")) is None
