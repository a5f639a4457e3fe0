"""Which variables a template reads."""

import pytest

from stroem.templating.template import Mention, mentions, references


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        ("plain", []),
        ("{{ input.name }}", ["input.name"]),
        ("{{ input }}", ["input"]),
        ("{{ input['name']['x'] }} {{ input.name }}", ["input.name.x", "input.name"]),
        ("{{ build.output.items[0].name }}", ["build.output.items"]),
        ("{{ build.output[input.key].name }}", ["build.output", "input.key"]),
        ("{{ build.output.items.0.name }}", ["build.output.items"]),
        ("{{ build.output[1:input.n] }}", ["build.output", "input.n"]),
        ("{{ a.b | default(value=c.d) | join(sep=e) }}", ["a.b", "c.d", "e"]),
        ("{{ now() }} {{ range(end=input.n) }}", ["input.n"]),
        ("{{ a is defined }}{{ b is containing(c) }}", ["a", "b", "c"]),
        ("{{ 'a.b' ~ 1 }}", []),
        ("{{ {'k': a.b}.k }}{{ [c.d][0] }}", ["a.b", "c.d"]),
        (
            "{% for x in input.list if x.ok and y %}{{ x.z }}{{ loop.index }}{% else %}{{ x.w }}{% endfor %}",
            ["input.list", "y", "x.w"],
        ),
        ("{% for k, v in m %}{{ k }}{{ v.x }}{% endfor %}{{ v.x }}", ["m", "v.x"]),
        ("{% set x = x.y %}{{ x.z }}", ["x.y"]),
        ("{% set a, b = c %}{{ a }}{{ b }}", ["c"]),
        ("{% set x %}{{ y.z }}{% endset %}{{ x }}", ["y.z"]),
        ("{% for i in l %}{% set_global s = s ~ i %}{% endfor %}{{ s }}", ["l", "s"]),
        ("{% with x = a.b %}{{ x.c }}{% endwith %}{{ x.d }}", ["a.b", "x.d"]),
        ("{% if a.b %}{{ c }}{% elif d %}{{ e }}{% else %}{{ f }}{% endif %}", ["a.b", "c", "d", "e", "f"]),
        ("{% filter replace(from=a, to=b) %}{{ c }}{% endfilter %}", ["a", "b", "c"]),
        ("{# {{ a }} #}{% raw %}{{ b }}{% endraw %}", []),
        ({"x": ["{{ a.b }}", {"y": "{{ c }}"}], "{{ d }}": 1}, ["a.b", "c"]),
        ("{{ broken", []),
    ],
)
def test_references(value: object, paths: list[str]) -> None:
    assert references(value) == {tuple(path.split(".")) for path in paths}  # type: ignore[arg-type]


def test_mentions_have_their_lines_and_say_whether_absence_is_fine() -> None:
    found = mentions(
        "{{ a.b }}\n{{ c | default(value=1) }}\n{% if d and not e %}{{ f is defined }}{% endif %}\n{{ g == h }}"
    )
    assert [(mention.path, mention.line, mention.optional) for mention in found] == [
        (("a", "b"), 1, False), (("c",), 2, True), (("d",), 3, True), (("e",), 3, True), (("f",), 3, True),
        (("g",), 4, False), (("h",), 4, False),
    ]  # fmt: skip


def test_mentions_of_simple_templates_have_their_lines() -> None:
    assert mentions("{{ a }}\n\n{{ b.c }} {{ d }}") == (
        Mention(path=("a",), line=1),
        Mention(path=("b", "c"), line=3),
        Mention(path=("d",), line=3),
    )
