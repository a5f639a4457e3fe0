from stroem.definitions.field import InputField
from stroem.definitions.plan import TaskPlan
from stroem.dialects.redaction import Redactor
from stroem.server.redaction import hide_secret_fields, redactor_of


def test_secrets_are_replaced_wherever_they_stand() -> None:
    redactor = Redactor(["hunter22", "hunter", "abc", ""])
    assert redactor.value({"a": ["x hunter22 y hunter", 1, True, None, "abc"]}) == {
        "a": ["x •••••• y ••••••", 1, True, None, "abc"]
    }


def test_a_reference_is_hidden_whole() -> None:
    assert Redactor([]).value({"a": "ref+vault://x", "b": "see ref+vault://x"}) == {
        "a": "••••••",
        "b": "see ref+vault://x",
    }


def test_each_line_of_a_secret_is_one() -> None:
    assert Redactor(["first line\nsecond line"]).text("a second line b") == "a •••••• b"


def test_secrets_may_look_like_anything() -> None:
    redactor = Redactor(['a"b\\c', "true", "null", "1234", ".*+?"])
    assert redactor.value(['a"b\\c', True, None, 1234, "xxxx", ".*+?"]) == [
        "••••••",
        True,
        None,
        1234,
        "xxxx",
        "••••••",
    ]


def test_values_given_as_secret_input_are_known() -> None:
    plan = TaskPlan(task="t", steps=(), actions={}, input={"pin": InputField(secret=True)})
    assert redactor_of(plan, [{"pin": "abcd"}, None]).text("abcd") == "••••••"
    assert hide_secret_fields(plan, {"pin": "1", "x": 2}) == {"pin": "••••••", "x": 2}
    assert hide_secret_fields(plan, {"pin": None}) == {"pin": None}
    assert hide_secret_fields(plan, None) is None
