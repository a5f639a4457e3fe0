"""Values that cannot be had: a template that reads one fails with the reason, whatever it would do with it."""

import pytest

from stroem.errors import TemplateFailed
from stroem.templating.errors import Withheld
from stroem.templating.template import render

CONTEXT = {"secret": {"lost": Withheld("the store is away"), "db": {"lost": Withheld("the store is away")}, "x": "y"}}


@pytest.mark.parametrize(
    "template",
    [
        "{{ secret.lost }}",
        "a {{ secret.x }} {{ secret.lost }}",
        "{{ secret['lost'] }}",
        "{{ secret.db.lost }}",
        "{{ secret.lost.part }}",
        "{{ secret.lost | default('x') }}",
        "{{ secret.lost is defined }}",
        "{% if secret.lost %}a{% endif %}",
        "{{ secret.db['lo' ~ 'st'] | upper }}",
    ],
)
def test_a_template_that_reads_it_fails_with_the_reason(template: str) -> None:
    with pytest.raises(TemplateFailed) as failure:
        render(template, CONTEXT)
    assert str(failure.value) == f"Template {template!r} failed at line 1: the store is away."


def test_the_line_is_that_of_the_read() -> None:
    with pytest.raises(TemplateFailed, match="failed at line 2: the store is away"):
        render("{{ secret.x }}\n{{ secret.lost }}", CONTEXT)


@pytest.mark.parametrize("template", ["a {{ secret }}", "a {{ secret.db }}", "{{ secret | json_encode }}"])
def test_a_map_around_it_is_no_value(template: str) -> None:
    with pytest.raises(TemplateFailed):
        render(template, CONTEXT)


def test_others_beside_it_are_read() -> None:
    assert render("{{ secret.x }}", CONTEXT) == "y"
