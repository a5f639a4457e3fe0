"""What holds for every value and text."""

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stroem.errors import TemplateFailed
from stroem.templating.filters.functions import FUNCTIONS
from stroem.templating.filters.registry import FILTERS
from stroem.templating.filters.tests import TESTS
from stroem.templating.template import check, is_template, mentions, references, render

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)
names = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,8}", fullmatch=True).map(lambda name: f"v_{name}")
plain = st.text().filter(lambda text: not is_template(text))


@given(plain)
def test_plain_text_renders_to_itself(text: str) -> None:
    assert render(text, {}) == text
    assert check(text) is None
    assert references(text) == frozenset()


@given(
    st.text().filter(lambda text: not re.search(r"\{[{%#]|#\}|[{$]$", text)),
    st.text().filter(lambda t: not is_template(t)),
)
def test_text_around_an_expression_stays(before: str, value: str) -> None:
    for template in ("{{ v }}", "{{ v | safe }}"):
        assert render(f"{before}{template}", {"v": value}) == before + value
        assert render(f"{before}.{template}.{before}", {"v": value}) == f"{before}.{value}.{before}"


@given(values)
def test_one_expression_keeps_value_and_type(value: object) -> None:
    expected = json.dumps(value)
    for template in (
        "{{ v }}",
        " {{ v }}\n",
        "{{ a.b }}",
        "{{ a['b'] }}",
        "{{ v | safe }}",
        "{{ [v][0] }}",
        "{{ {'k': v}.k }}",
    ):
        result = render(template, {"v": value, "a": {"b": value}})
        if isinstance(value, str):
            assert result == template.split("{{")[0] + value + template.split("}}")[-1]
        else:
            assert json.dumps(result) == expected


@given(values)
def test_json_encode_is_json(value: object) -> None:
    encoded = render("x{{ v | json_encode }}", {"v": value})
    assert json.loads(str(encoded)[1:]) == value


@pytest.mark.slow("a property over many examples")
@given(values, names, names)
def test_references_name_what_is_read(value: object, root: str, part: str) -> None:
    template = f"{{{{ {root}.{part} }}}} {{% if {root}.{part} %}}{{{{ {part} | default(value=1) }}}}{{% endif %}}"
    assert references([template]) == {(root, part), (part,)}
    render(template, {root: {part: value}})


words = st.sampled_from(
    [
        *FILTERS, *FUNCTIONS, *TESTS, "input", "secret", "a-b", "x", "y", "self", "loop", "__class__", "1", "2.5",
        "'t'", '"\\d"', "`b`", "true", "none", "[1, 2]", "{'k': 1}", "(", ")", "[", "]", ".", ",", ":", "|", "~",
        "+", "-", "*", "/", "%", "**", "==", "<", "=", " in ", " is ", " not ", " and ", " or ", " if ", " else ",
        "value=", "from=",
        "sep=", "attribute=", "pat=", "n=", "{{ ", " }}", "{%- ", "-}}", "{% if ", "{% for x in ", "{% set x = ",
        "{% set_global y = ", " %}", "{% endif %}", "{% endfor %}", "{% raw %}", "{% endraw %}", "{% break %}",
        "{% filter upper %}", "{#", "#}", "\n", "\r",
    ]
)  # fmt: skip
soups = st.lists(words, max_size=14).map("".join)
CONTEXT = {
    "input": {"s": "text", "n": 3, "l": [1, 2], "t": "t"},
    "secret": {"k": "hunter2"},
    "a_b": {"output": {"x": 1}},
}


@pytest.mark.slow("a property over many examples")
@settings(max_examples=1_500)
@given(
    soups
    | soups.map("{{{{ {} }}}}".format)
    | st.lists(words, max_size=6).map(lambda parts: f"{{{{ {' '.join(parts)} }}}}")
)
def test_any_text_gives_json_or_a_template_failed(template: str) -> None:
    steps = {"a-b"}
    problem = check(template, steps=steps)
    mentions(template, steps=steps)
    failure = ""
    try:
        result = json.dumps(render(template, CONTEXT, steps=steps))
    except TemplateFailed as error:
        failure, result = str(error), ""
    assert "hunter" not in failure
    assert bool(failure) or problem is None
    assert "compiled" not in failure or problem is not None
    assert not re.search(r"object at|<class|<function|<module|<bound", failure + result)


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda moment: moment.year >= 1900))
def test_dates_agree_with_strftime(moment: datetime) -> None:
    pattern = "%Y-%m-%d %H:%M:%S %y %j %U %W %G %V %w %u %a %A %b %B %I %p %z %%"
    text = f"{moment.date().isoformat()}T{moment.time().isoformat()}Z"
    assert render("{{ t | date(format=p) }}", {"t": text, "p": pattern}) == moment.strftime(pattern)
