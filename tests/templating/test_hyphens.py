"""Step names with hyphens inside expressions."""

import pytest

from stroem.templating.template import check, references, render

STEPS = {"say-hello", "say", "a-b", "a-b-c", "build-and-test", "step-2", "fan-out-1a"}
CONTEXT = {
    "say_hello": {"output": {"x": 7, "my-key": "k"}},
    "a_b": {"output": {"x": 1}},
    "a_b_c": {"output": {"x": 2}},
    "build_and_test": {"output": {"x": 3}},
    "step_2": {"output": {"x": 4}},
    "fan_out_1a": {"output": {"x": 5}},
    "input": {"n": 10, "m": 4},
    "n": 10,
    "m": 4,
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("say-hello.output.x", 7),
        ("say_hello.output.x", 7),
        ("say-hello['output'].x", 7),
        ("say-hello.output['my-key']", "k"),
        ("a-b.output.x", 1),
        ("a-b-c.output.x", 2),
        ("build-and-test.output.x", 3),
        ("step-2.output.x", 4),
        ("fan-out-1a.output.x", 5),
        ("say-hello.output.x - 1", 6),
        ("say-hello.output.x-1", 6),
        ("1 + say-hello.output.x", 8),
        ("10-say-hello.output.x", 3),
        ("n-say-hello.output.x", 3),
        ("-say-hello.output.x", -7),
        ("say-hello.output.x-a-b.output.x", 6),
        ("input.n-input.m", 6),
        ("n-m", 6),
        ("n - m", 6),
        ("'say-hello.output.x'", "say-hello.output.x"),
        ('"a-b" ~ a-b.output.x', "a-b1"),
        ("say-hello is defined", True),
        ("nope-nope is defined or say-hello.output.x", 7),
        ("say-hello.output.x | default(value=1)", 7),
        ("[a-b, a-b-c] | map(attribute='output.x')", [1, 2]),
        ("{'a-b': a-b.output.x}", {"a-b": 1}),
        ("input['n']-input['m']", 6),
        ("(n)-m", 6),
    ],
)
def test_expression(expression: str, expected: object) -> None:
    if "nope" in expression:
        expression = expression.replace("nope-nope", "nope")
    assert render(f"{{{{ {expression} }}}}", CONTEXT, steps=STEPS) == expected


def test_text_outside_of_expressions_stays() -> None:
    assert render("say-hello: {{ say-hello.output.x }} a-b", CONTEXT, steps=STEPS) == "say-hello: 7 a-b"
    assert render("{% raw %}{{ a-b }}{% endraw %}{# a-b #}", CONTEXT, steps=STEPS) == "{{ a-b }}"


def test_statements_know_the_names_too() -> None:
    template = "{% if say-hello.output.x > 6 %}{% for k in [say-hello.output.x] %}{{ k }}{% endfor %}{% endif %}!"
    assert render(template, CONTEXT, steps=STEPS) == "7!"


def test_without_the_step_it_is_a_subtraction() -> None:
    assert render("{{ say-hello.x }}", {"say": 5, "hello": {"x": 2}}) == 3
    assert render("{{ say-hello.x }}", {"say": 5, "hello": {"x": 2}}, steps={"say", "hello"}) == 3


def test_the_same_text_with_other_steps_is_another_template() -> None:
    context = {"n_m": {"output": 1}, "n": 5, "m": {"output": 2}}
    assert render("{{ n-m.output }}", context, steps={"n-m"}) == 1
    assert render("{{ n-m.output }}", context) == 3
    assert references("{{ n-m.output }}", steps=["n-m"]) == {("n_m", "output")}
    assert references("{{ n-m.output }}") == {("n",), ("m", "output")}


def test_check_knows_the_names() -> None:
    assert check("{{ build-and-test.output }}", steps=STEPS) is None
    assert check("{{ build-and-test.output", steps=STEPS) is not None


def test_any_collection_of_steps_will_do() -> None:
    for steps in (["say-hello"], ("say-hello",), {"say-hello": 1}, frozenset({"say-hello"})):
        assert render("{{ say-hello.output.x }}", CONTEXT, steps=steps) == 7
