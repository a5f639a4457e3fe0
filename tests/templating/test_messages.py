"""What a failed template tells: where, why, what is there; and what it never tells."""

import pytest

from stroem.errors import TemplateFailed
from stroem.templating.template import render

CONTEXT = {
    "input": {"name": "x", "count": 1, "none": None, "list": [1]},
    "secret": {"db": {"password": "hunter2"}},
    "build_app": {"output": {"image": "web"}},
}


def failure(template: str, context: dict[str, object] = CONTEXT, steps: tuple[str, ...] = ("build-app",)) -> str:
    with pytest.raises(TemplateFailed) as caught:
        render(template, context, steps=steps)
    return str(caught.value)


def test_a_message_has_template_line_reason_and_names() -> None:
    with pytest.raises(TemplateFailed) as caught:
        render({"cmd": ["echo\n  {{ input.nmae | upper }}\n"]}, CONTEXT)
    assert caught.value.facts == {
        "template": "{{ input.nmae | upper }}",
        "line": 2,
        "reason": "`input` has no `nmae`",
        "available": "Did you mean `name`? `input` has: count, list, name, none.",
    }
    assert caught.value.status == 422


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("a\n\n{{ nope }}", 3),
        ("{{ input.name }}\n{{ nope }}\n{{ input.name }}", 2),
        ("{{ input.name | upper }}\n{{ nope }}", 2),
        ("{% if true %}\n\n{% for x in [1] %}\n{{ nope }}{% endfor %}{% endif %}", 4),
        ("{% set x = 1 %}\n{{ x }}\n{{ 1 / 0 }}", 3),
        ("\n\n{{ 'x", 3),
        ("\n{{ x | nope }}", 2),
        ("\n{{ input.name |\n upper | join }}", 3),
    ],
)
def test_the_line_is_that_of_the_mistake(template: str, line: int) -> None:
    assert f"failed at line {line}:" in failure(template)


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{{ inptu.name }}", "`inptu` is not defined. Did you mean `input`? Available: build_app, input, secret."),
        ("{{ secrets.db }}", "the secrets are called `secret`"),
        ("{{ env.HOME }}", "templates cannot read an environment; use `input` or `secret.NAME`"),
        ("{{ build-ap.output }}", "`build-ap` is not defined. Did you mean `build-app`?"),
        ("{{ deploy.output }}", "step `deploy` has no output here, it must be among `depends_on` and have finished"),
        ("{{ dep_loy.output }}", "step `dep_loy` has no output here"),
        ("{{ build-app.output.imag }}", "`build_app.output` has no `imag`. Did you mean `image`?"),
        ("{{ build_app['output']['imag'] }}", "`build_app.output` has no `imag`. Did you mean `image`?"),
        ("{{ input.name.x }}", "`input.name` is a text, which has no `x`"),
        ("{{ input.name.upper }}", "`input.name` is a text, which has no `upper` (write `| upper`)"),
        ("{{ input.none.x }}", "`input.none` is nothing (null), which has no `x`"),
        ("{{ input.list[3] }}", "`input.list` is a list, which has no such position"),
        ("{{ input.list.first }}", "`input.list` is a list, which has no `first` (write `| first`)"),
        ("{{ input[input.name] }}", "`input` has no part of the chosen name. `input` has: count, list, name, none."),
        ("{% for x in [input] %}{{ x.nmae }}{% endfor %}", "a map has no `nmae`. Did you mean `name`?"),
        ("{{ now }}", "`now` is a function, write `now()`"),
        ("{{ upper }}", "the filter of that name is written `value | upper`"),
        ("{% for x in nope %}{% endfor %}", "`nope` is not defined"),
        ("{{ nope == 1 }}", "`nope` is not defined"),
        ("{{ 1 + nope }}", "`nope` is not defined"),
        ("{{ -nope }}", "`nope` is not defined"),
        ("{{ 'a' ~ nope }}", "`nope` is not defined"),
        ("{{ input.list[nope] }}", "`nope` is not defined"),
        ("{{ nope[1:] }}", "`nope` is not defined"),
        ("{{ [nope] }}", "`nope` is not defined"),
        ("{{ input.list | join(sep=nope) }}", "`nope` is not defined"),
        ("{{ nope | default(value=neither) }}", "`neither` is not defined"),
        ("{{ range(end=nope) }}", "`nope` is not defined"),
        ("{% for x in [1] %}{{ loop.previtem }}{% endfor %}", "there is no previous item"),
    ],
)
def test_what_is_missing(template: str, told: str) -> None:
    assert told in failure(template, steps=("build-app", "deploy", "dep-loy"))


def test_nothing_available_is_told_too() -> None:
    assert failure("{{ x }}", {}).endswith("`x` is not defined. Available: nothing.")


def test_many_names_are_cut_short() -> None:
    context: dict[str, object] = {f"step_{number:05}": {} for number in range(10_000)}
    assert "step_00019 and 9,980 more." in failure("{{ x }}", context)


def test_long_templates_are_cut_short() -> None:
    message = failure("x" * 10_000 + "{{ nope }}")
    assert "xxx…'" in message
    assert len(message) < 300


@pytest.mark.parametrize(
    "template",
    [
        "{{ secret.db.password | int(base=99) }}",
        "{{ secret.db.password + 1 }}",
        "{{ 1 / secret.db.password }}",
        "{{ input[secret.db.password] }}",
        "{{ input | get(key=secret.db.password) }}",
        "{{ secret.db.password.x }}",
        "{{ secret.db.password | date }}",
        "{{ input.name | date(timezone=secret.db.password) }}",
        "{{ input.name | date(format='%' ~ secret.db.password) }}",
        "{{ input.list | sort(attribute=secret.db.password | length) }}",
        "{{ input.name is matching('(' ~ secret.db.password) }}",
        "{{ secret.db.password | first }}",
        "{{ secret.db.password | round(method=secret.db.password) }}",
        "{% for a, b, c in secret.db.password %}{% endfor %}",
        "{{ input.list[secret.db.password] }}",
        "{% for x in [secret.db.password] %}{{ x.y }}{% endfor %}",
        "{{ {'a': 1}[secret.db.password].b }}",
        "{{ secret.db.password < 1 }}",
        "{{ 2 ** secret.db.password }}",
        "{{ range(end=secret.db.password) }}",
        "{{ secret.db.password is divisibleby(2) }}",
        "{{ secret.nope }}",
        "{{ (secret.db.password ~ '0') | join }}",
        "{{ secret.db.password | float | nope }}",
    ],
)
def test_secrets_are_never_told(template: str) -> None:
    assert "hunter" not in failure(template)
