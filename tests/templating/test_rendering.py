"""How values, texts and statements come out."""

import json

import pytest

from stroem.errors import TemplateFailed
from stroem.templating.template import is_template, render

CONTEXT = {
    "input": {"n": 3, "f": 5.0, "big": 1e21, "t": True, "no": False, "z": None, "s": "Bo", "l": [1, "a", None, 2.0]},
    "m": {"k": 1, "items": "kept"},
    "build": {"output": {"x": {"q": [1, {"r": "deep"}]}}},
}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ input.n }}", 3),
        ("{{input.n}}", 3),
        ("  {{ input.n }}\n", 3),
        ("{{ input.f }}", 5.0),
        ("{{ input.t }}", True),
        ("{{ input.z }}", None),
        ("{{ input.l }}", [1, "a", None, 2.0]),
        ("{{ m }}", CONTEXT["m"]),
        ("{{ build.output.x.q.1.r }}", "deep"),
        ("{{ build['output'].x['q'][1]['r'] }}", "deep"),
        ("{{ build.output.x.q[-2] }}", 1),
        ("{{ m.items }}", "kept"),
        ("{{ m[input.s | replace(from='Bo', to='k')] }}", 1),
        ("{{ input.n + 1 }}", 4),
        ("{{- input.n -}}", 3),
        ("{{ input.n }}{# note #}", 3),
        ("{{ not input.t }}", False),
        ("{{ input.nope | default(value=[]) }}", []),
        ("{{ nope.nope.nope | default(value={}) }}", {}),
        ("{{ input.z | default(value=1) }}", 1),
        ("{{ (1, 2) }}", [1, 2]),
        ("{{ {1: (2,)} }}", {"1": [2]}),
        (" {{ input.s }}\n", " Bo\n"),
        (" {{ input.s | upper }}\r\n", " BO\r\n"),
        ("{{ 10 / 2 }}", 5),
        ("{{ 7 / 2 }}", 3.5),
        ("{{ -7 % 3 }}", -1),
        ("{{ 7 // 2 }}", 3),
        ("{{ 'a' + 'b' }}", "ab"),
        ("{{ [1] + [2] }}", [1, 2]),
        ("{{ '=' * 3 }}", "==="),
        ("{{ input.l[1:3] }}", ["a", None]),
        ("{{ input.s[::-1] }}", "oB"),
        ("{{ 1 < 2 < 3 }}", True),
        ("{{ 1 < 2 > 2 }}", False),
        ("{{ true == 1 }}", False),
        ("{{ 1 == 1.0 }}", True),
        ("{{ [1, [2]] == (1, [2]) }}", True),
        ("{{ 'b' >= 'a' }}", True),
        ("{{ input.z or 'x' }}", "x"),
        ("{{ 1 in [true] }}", False),
        ("{{ input.nope }}".replace("nope", "n"), 3),
        ('{{ `it\'s "so"` }}', 'it\'s "so"'),
        (r"{{ '\d\n\\\x41\u00e9' }}", "\\d\n\\A\u00e9"),
        (r"{{ `\n` }}", r"\n"),
        ("{{ [true, none] }}", [True, None]),
        ("{{ 1 if input.no }}", None),
        ("{{ 1 if input.n else nope }}", 1),
    ],
)
def test_one_expression_keeps_its_type(template: str, expected: object) -> None:
    result = render(template, CONTEXT)
    assert result == expected
    assert json.dumps(result) == json.dumps(expected)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ input.t }}{{ input.no }}{{ input.z }}{{ input.f }}", "truefalse5"),
        ("{{ input.big }} {{ 0.000001 }} {{ 1.5 }}", "1000000000000000000000 0.000001 1.5"),
        ("l={{ input.l }} m={{ m }}", 'l=[1, "a", null, 2.0] m={"k": 1, "items": "kept"}'),
        ("{{ 'a' ~ 1 ~ true ~ input.z ~ [1] }}!", "a1true[1]!"),
        ("{% if input.n > 2 and not input.no %}yes{% elif 1 %}so{% else %}no{% endif %}", "yes"),
        ("{% if nope %}a{% elif input.nope.deep %}b{% else %}c{% endif %}", "c"),
        (
            "{% for i in input.l %}{{ loop.index0 }}{{ loop.first }}{{ loop.last }} {% endfor %}",
            "0truefalse 1falsefalse 2falsefalse 3falsetrue ",
        ),
        ("{% for k, v in m %}{{ k }}={{ v }} {% endfor %}", "k=1 items=kept "),
        ("{% for k in m %}{{ k }} {% endfor %}", "k items "),
        ("{% for a, b in [[1, 2], [3, 4]] %}{{ a + b }} {% endfor %}", "3 7 "),
        ("{% for c in 'ab' %}{{ c }}.{% endfor %}", "a.b."),
        ("{% for x in [] %}x{% else %}empty{% endfor %}", "empty"),
        ("{% for x in [1, 2, 3] if x is odd %}{{ x }}{% endfor %}", "13"),
        ("{% for x in [1, 2, 3] %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% endfor %}", "13"),
        ("{% for x in [1, 2, 3] %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% endfor %}", "1"),
        ("{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{% endfor %}{{ x }}", "1"),
        ("{% set x = 1 %}{% for i in [1] %}{% set_global x = 2 %}{% endfor %}{{ x }}", "2"),
        ("{% set_global n = input.n %}{{ n }}{{ input.n }}", "33"),
        ("{% set input = {'n': input.n + 1} %}{{ input.n }}", "4"),
        ("{% set a, b = [1, 2] %}{{ b }}{{ a }}", "21"),
        ("{% set x %}a{{ input.n }}{% endset %}{{ x | upper }}", "A3"),
        ("{% with y = 2 %}{{ y }}{% endwith %}", "2"),
        ("{% filter upper %}a{{ input.s }}{% endfilter %}", "ABO"),
        ("a {%- if true %} b {% endif -%} c", "a b c"),
        ("a\n  {{- input.n -}}  \nb", "a3b"),
        ("{% set x = 2 -%}\n{{ x }}\n", "2\n"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("echo ${#list[@]} {{ input.n | int }} {{ input.n }}", "echo ${#list[@]} 3 3"),
        ("a\r\nb\r{{ input.s | upper }}\r\n", "a\r\nb\rBO\r\n"),
        ("{# only a note #}", ""),
        ("{{ '' }}x", "x"),
    ],
)
def test_anything_else_becomes_a_text(template: str, expected: str) -> None:
    assert render(template, CONTEXT) == expected


def test_values_are_rendered_deep() -> None:
    value = {"a": ["{{ input.n }}", {"b": "n={{ input.n }}"}, 1, None], "{{ key }}": ("{{ input.s }}",)}
    assert render(value, CONTEXT) == {"a": [3, {"b": "n=3"}, 1, None], "{{ key }}": ["Bo"]}


@pytest.mark.parametrize("text", ["", "plain", "a { b", "${#list[@]}", "{ {x} }", "%}", "}}", "{#", "{"])
def test_plain_texts_are_no_templates(text: str) -> None:
    assert not is_template(text)
    assert render(text, {}) == text


@pytest.mark.parametrize("text", ["{{ x }}", "{% if x %}", "a {# b #}", "{{"])
def test_what_counts_as_a_template(text: str) -> None:
    assert is_template(text)


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ 1 + 'a' }}", "`+` cannot add a number and a text; `~` joins values as texts"),
        ("{{ 'a' - 1 }}", "`-` needs numbers on both sides, not a text and a number"),
        ("{{ true + 1 }}", "`+` cannot add true/false and a number"),
        ("{{ '%s' % 1 }}", "`%` needs numbers on both sides, not a text and a number"),
        ("{{ -'a' }}", "`-` needs a number, not a text"),
        ("{{ 1 / 0 }}", "`/` divides by zero"),
        ("{{ 1.5 % 0 }}", "`%` divides by zero"),
        ("{{ 1 < 'a' }}", "a number and a text have no order"),
        ("{{ 1 in 2 }}", "a number contains nothing"),
        ("{% for x in 3 %}{% endfor %}", "`for` goes over a list, a map or a text, not a number"),
        ("{% for a, b in [1] %}{% endfor %}", "cannot work with these values (TypeError)"),
        ("{{ {[1]: 2} }}", "cannot work with these values (TypeError)"),
        ("{{ 'a'[true] }}", "a part is chosen by a text or a whole number, not by true/false"),
        ("{{ 3[1:2] }}", "only a text or a list can be sliced, not a number"),
        ("{{ 'abc'[::0] }}", "the step of a slice cannot be 0"),
        ("{% for x in [1] %}{{ loop }}{% endfor %}", "something that is not a value"),
        ("{% for x in [1] %}{{ [loop] | json_encode }}{% endfor %}", "something that is not a value"),
        ("{{ [1, self] }}", "something that is not a value"),
    ],
)
def test_what_cannot_be_computed(template: str, reason: str) -> None:
    with pytest.raises(TemplateFailed) as caught:
        render(template, {})
    assert reason in str(caught.value)


def test_a_variable_cannot_be_of_a_loop_and_of_set_global() -> None:
    with pytest.raises(TemplateFailed, match="`x` is set by `set_global` too"):
        render("{% for x in [1] %}{% set_global x = 2 %}{% endfor %}", {})


def test_values_nested_too_deeply_are_an_error() -> None:
    value: object = "{{ x }}"
    for _ in range(5_000):
        value = [value]
    with pytest.raises(TemplateFailed, match="nested too deeply"):
        render(value, {"x": 1})  # type: ignore[arg-type]
