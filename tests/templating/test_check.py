"""Mistakes that show before anything is rendered."""

import pytest

from stroem.errors import TemplateFailed
from stroem.templating.budget import Budget
from stroem.templating.language.compiler import compiled
from stroem.templating.template import TemplateProblem, check, render

ENVIRONMENT = "Templates cannot read the server's environment; use `input`, `secret.NAME` or a step's own `env`."
REFERENCES = "References to secret stores are not resolved."


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        (
            "{{ x | uper }}",
            {"line": 1, "column": 8, "reason": "there is no filter `uper`", "hint": "Did you mean `upper`?"},
        ),
        (
            "\n{{ x is strng }}",
            {"line": 2, "column": 9, "reason": "there is no test `strng`", "hint": "Did you mean `string`?"},
        ),
        ("{{ x | tojson }}", {"reason": "there is no filter `tojson`", "hint": "The filter is called `json_encode`."}),
        (
            "{{ get_env(name='X') }}",
            {
                "column": 4,
                "reason": "there is no function `get_env`",
                "hint": ENVIRONMENT,
            },
        ),
        (
            "{{ 'ref+x' | vals }}",
            {
                "reason": "there is no filter `vals`",
                "hint": REFERENCES,
            },
        ),
        (
            "{{ x.upper() }}",
            {"column": 6, "reason": "values have no methods, so no `upper()`", "hint": "Write `| upper`."},
        ),
        ("{{ x.items() }}", {"hint": "Write `{% for key, value in map %}`."}),
        ("{{ x()() }}", {"reason": "only functions can be called"}),
        (
            "{{ x | join(separator=1) }}",
            {"reason": "the filter `join`: got an unexpected keyword argument 'separator'", "hint": "It takes sep=."},
        ),
        (
            "{{ x | replace(from='a') }}",
            {"reason": "the filter `replace`: missing a required argument: 'to'", "hint": "It takes from=, to=."},
        ),
        (
            "{{ x | upper(1) }}",
            {"reason": "the filter `upper`: too many positional arguments", "hint": "It takes no arguments."},
        ),
        ("{{ x | join(*y) }}", {"reason": "arguments cannot be spread with `*`"}),
        ("{{ x | join(**y) }}", {"reason": "arguments cannot be spread with `*`"}),
        ("{{ throw(text='x') }}", {"hint": "It takes message=."}),
        (
            "{{ x",
            {
                "reason": "`{{` is not closed",
                "column": 1,
                "hint": "Close it with `}}`; text that only looks like a template goes between `{% raw %}` and "
                "`{% endraw %}`.",
            },
        ),
        ("{{ x }", {"reason": "`{{` is not closed"}),
        ("{% if x %}", {}),
        ("{% endif %}", {}),
        ("{% nope %}", {"reason": "Encountered unknown tag 'nope'"}),
        ("{% include 'x' %}", {"reason": "a template cannot include files"}),
        ("{% import 'x' as y %}", {"reason": "a template cannot import files"}),
        ("{% from 'x' import y %}", {"reason": "a template cannot import files"}),
        ("{% extends 'x' %}", {"reason": "a template cannot extend another"}),
        ("{% block x %}{% endblock %}", {"reason": "there are no blocks, since no template extends another"}),
        ("{% macro x() %}{% endmacro %}", {"reason": "there are no macros"}),
        ("{% call x() %}{% endcall %}", {"reason": "there are no macros"}),
        (
            "{% set x.y = 1 %}",
            {"reason": "there are no namespaces; `{% set_global name = value %}` sets a variable that outlives a loop"},
        ),
        ("{% break %}", {"column": 4, "reason": "`break` stands outside of a loop"}),
        ("{% for x in y recursive %}{% endfor %}", {"column": 15, "reason": "a loop cannot be recursive"}),
        ("{{ 99999999999999999999 }}", {"reason": "the number is too large"}),
        ("{{ " + "9" * 5000 + " }}", {"reason": "the template cannot be compiled (ValueError)"}),
    ],
)
def test_check_finds_mistakes(template: str, problem: dict[str, object]) -> None:
    found = check(template)
    assert isinstance(found, TemplateProblem)
    assert {name: getattr(found, name) for name in problem} == problem
    with pytest.raises(TemplateFailed, match="failed at line"):
        render(template, {"x": 1, "y": 2})


@pytest.mark.parametrize("text", ["plain", "{{ x }}", "{{ x.y | default(value=1) }}", "{% if a %}{% endif %}", "{#"])
def test_check_is_content_with_templates(text: str) -> None:
    assert check(text) is None


@pytest.mark.parametrize(
    "unit",
    [
        "{{ " + "(" * 500 + "1" + ")" * 500 + " }}",
        "{{ x" + "[1]" * 500 + " }}",
        "{{ x" + " | upper" * 500 + " }}",
        "{{ 1" + " + 1" * 500 + " }}",
        "{{ " + "not " * 500 + "x }}",
        "{% if x %}" * 500 + "{% endif %}" * 500,
        "{% for x in y %}" * 11 + "{% endfor %}" * 11,
    ],
)
def test_deep_nesting_is_refused(unit: str) -> None:
    found = check(unit)
    assert found is not None
    assert found.reason == "the template is nested too deeply"


@pytest.mark.parametrize(
    ("opening", "inner", "closing"),
    [
        ("{{ ", "(1 + ", "1" + ")" * 50 + " }}"),
        ("{{ x", ".a", " }}"),
        ("{{ x", " | upper", " }}"),
        ("{{ x", "[x]", " }}"),
        ("{{ ", "not ", "x }}"),
        ("{{ x", " or x", " }}"),
        ("{{ x", " == x", " }}"),
        ("{{ x", " ~ x", " }}"),
        ("{{ ", "-", "1 }}"),
        ("{{ ", "[", "1" + "]" * 50 + " }}"),
        ("{{ ", "{'a': ", "1" + "}" * 50 + " }}"),
        ("{{ ", "range(end=", "1" + ")" * 50 + " }}"),
        ("{{ ", "1 if x else (", "1" + ")" * 50 + " }}"),
        ("", "{% if x %}", "{% endif %}" * 50),
        ("", "{% filter upper %}", "{% endfilter %}" * 50),
        ("", "{% with a = 1 %}", "{% endwith %}" * 50),
        ("", "{% set a %}", "{% endset %}" * 50),
    ],
)
def test_what_check_allows_can_be_compiled(opening: str, inner: str, closing: str) -> None:
    template = opening + inner * 50 + closing
    found = check(template)
    assert found is None or found.reason == "the template is nested too deeply"
    if found is None:
        compiled(template, (), Budget())


def test_ten_loops_can_be_nested() -> None:
    deep = "{% for x in y %}" * 10 + "{{ x }}" + "{% endfor %}" * 10
    assert check(deep) is None
    assert render(deep, {"y": "a"}) == "a"


def test_very_long_templates_are_refused() -> None:
    many = check("{{ 1 + 1 }}" * 10_000)
    assert many is not None
    assert many.reason == "the template has too many expressions"
    long = check("x" * 300_000 + "{{ 1 + 1 }}")
    assert long is not None
    assert long.reason == "the template is longer than 262,144 characters"
    assert check("x" * 300_000 + "{{ path.only }}") is None
