"""Nothing but the context can be reached from a template."""

import os
import re
from pathlib import Path

import pytest

from stroem.errors import TemplateFailed
from stroem.templating.template import render


class Loot:
    """What a template must not get at."""

    secret = "loot"

    def __str__(self) -> str:
        return "loot"

    def __call__(self) -> str:
        return "loot"

    def __getitem__(self, key: object) -> str:
        return "loot"


CONTEXT = {"input": {"s": "text", "l": [1], "m": {"k": 1}, "n": 1, "z": None}, "loot": Loot(), "call": len}

ESCAPES = [
    "{{ ''.__class__ }}",
    "{{ ''['__class__'] }}",
    "{{ ''['__cl' ~ 'ass__'] }}",
    "{{ input.l.__class__.__mro__ }}",
    "{{ input.m.__init__.__globals__ }}",
    "{{ input.m.keys }}",
    "{{ input.l.append }}",
    "{{ input.s.format }}",
    "{{ input.s.format_map }}",
    "{{ '{0.__class__}'.format(1) }}",
    "{{ '%s' % input }}",
    "{{ input.s | attr('__class__') }}",
    "{{ input.s | format(1) }}",
    "{{ [1] | map('upper') }}",
    "{{ [1] | map('<keep>') }}",
    "{{ input.l | sort(attribute='__class__') }}",
    "{{ input.m | get(key='__class__') }}",
    "{{ self }}",
    "{{ self._TemplateReference__context }}",
    "{{ self.__init__ }}",
    "{{ self._environment }}",
    "{{ [self] }}",
    "{{ cycler }}",
    "{{ cycler('a') }}",
    "{{ joiner }}",
    "{{ joiner() }}",
    "{{ namespace }}",
    "{{ namespace() }}",
    "{{ lipsum }}",
    "{{ lipsum() }}",
    "{{ lipsum.__globals__ }}",
    "{{ dict }}",
    "{{ dict() }}",
    "{{ config }}",
    "{{ request }}",
    "{{ range }}",
    "{{ now }}",
    "{{ now.__globals__ }}",
    "{{ range.__init__ }}",
    "{{ __builtins__ }}",
    "{{ __import__('os') }}",
    "{{ open('/etc/passwd') }}",
    "{{ environment }}",
    "{{ context }}",
    "{{ context.budget }}",
    "{{ resolve }}",
    "{{ undefined }}",
    "{{ get_env(name='PATH') }}",
    "{{ 'PATH' | vals }}",
    "{{ __tera_context }}",
    "{{ super() }}",
    "{{ caller() }}",
    "{{ loot.secret }}",
    "{{ loot }}",
    "{{ loot['secret'] }}",
    "{{ loot() }}",
    "{{ loot ~ '' }}",
    "{{ loot | as_str }}",
    "{{ loot | upper }}",
    "{{ loot | json_encode }}",
    "{{ [loot] }}",
    "{{ {'a': loot} }}",
    "{{ [loot] | join }}",
    "{{ loot | default(value=1) }}",
    "x{{ loot }}",
    "{{ [loot] | first }}",
    "{{ loot + 1 }}",
    "{{ 'loo' in loot }}",
    "{{ call }}",
    "{{ call('x') }}",
    "{{ call.__self__ }}",
    "{% for x in loot %}{{ x }}{% endfor %}",
    "{{ loot[1:] }}",
    "{% for x in [1] %}{{ loop.__class__ }}{% endfor %}",
    "{% for x in [1] %}{{ loop._undefined }}{% endfor %}",
    "{% for x in [1] %}{{ loop.cycle }}{% endfor %}",
    "{% for x in [1] %}{{ loop('x') }}{% endfor %}",
    "{% for x in [1] %}{{ loop['_iterator'] }}{% endfor %}",
    "{{ nope.__class__ }}",
    "{{ nope._fail_with_undefined_error }}",
    "{{ (nope | default(value=nope)).__class__ }}",
    "{{ input.n.real }}",
    "{{ input.n.__add__ }}",
    "{{ 1 | <keep> }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% from 'os' import path %}",
    "{% extends 'x' %}",
    "{% set x = ''.__class__ %}{{ x }}",
    "{% set_global x = ''.__class__ %}{{ x }}",
    "{% debug %}",
    "{% do input.l.append(1) %}",
    "{{ input.__class__ }}",
    "{{ input.get }}",
    "{{ input['__class__'] }}",
    "{{ input.pop('s') }}",
    "{{ input.clear() }}",
]


@pytest.mark.parametrize("template", ESCAPES)
def test_escape_is_refused(template: str) -> None:
    with pytest.raises(TemplateFailed) as caught:
        render(template, CONTEXT)
    message = str(caught.value).replace(template, "")
    assert not re.search(r"<\w+ |object at|0x", message)  # no repr of an object


def test_the_environment_and_the_files_stay_closed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STROEM_LOOT", "loot")
    (tmp_path / "loot").write_text("loot")
    monkeypatch.chdir(tmp_path)
    assert os.environ["STROEM_LOOT"] == "loot"
    for template in ("{{ get_env(name='STROEM_LOOT') }}", "{% include 'loot' %}", "{{ STROEM_LOOT }}"):
        with pytest.raises(TemplateFailed):
            render(template, {})


def test_templates_cannot_change_what_they_read() -> None:
    context = {"input": {"l": [1], "m": {"k": 1}}}
    template = "{% set input = 1 %}{% set_global m = 2 %}{{ [9] | concat(with=3) }}"
    render(template, context)
    render("{{ input.l | concat(with=2) }}{{ input.l | sort(reverse=true) }}{{ input.l | reverse }}", context)
    assert context == {"input": {"l": [1], "m": {"k": 1}}}


def test_variables_do_not_survive_a_rendering() -> None:
    assert render("{% set_global x = 1 %}{{ x }}{% set y = 2 %}{{ y }}", {}) == "12"
    for template in ("{{ x }}", "{{ y }}"):
        with pytest.raises(TemplateFailed):
            render(template, {})
