"""Braces of other languages pass unchanged or are refused with their place; none is cut out or filled in."""

import pytest

from stroem.errors import TemplateFailed
from stroem.templating.template import check, is_template, render

CONTEXT = {"input": {"name": "Ada", "n": 3}, "secret": {"token": "t"}, "build": {"output": {"x": 1}}}

UNCHANGED = [
    "a=(1 2); echo ${#a} and ${#a[@]}, ${b%#} ${b##*/} ${b#}",
    "echo ${#a}\necho ${b%#}\n",
    "echo ${#} ${#-} ${#?} ${#@} ${x#}} ${y%%#}",
    "while [ ${#s} -gt 0 ]; do s=${s#?}; done; echo ${s%#} # {done}",
    "awk '{# count\n n++ } END{print n}' file",
    "awk '{ s += $1 } END { print s }' a b",
    "echo {1..3} {a,b}{c,d} \"${x:-{}}\" ${x:+y}",
    "jq '{a: {b: 1}, c: [.d[] | {e}]}' <<< '{\"d\": {\"e\": {}}}'",
    '{"a":{"b":{"c":[{"d":1}]}}}',
    "a: {b: {c: d}}\n",
    "curl -w '%{http_code} %{time_total}' http://localhost",
    "date +%Y-%m-%dT%H:%M:%S%z; printf '%s %d%%\\n' x 1",
    "find . -exec cp {} {}.bak \\;",
    "python3 -c 'print(f\"{x!r:>{width}}\", {1: {2: 3}})'",
    "perl -e 'print $#{$a}, $#a, %{$h}, @{$b}, $h{x}{y}'",
    "\\newcommand{\\a}[1]{\\textbf{#1}}",
    "a { color: #fff } b{color:#000}",
    "# Title {#anchor}\n",
    "$env:X = @{ a = 1 }; ${env:PATH}",
    "struct p q = { { 1, 2 }, { 3, 4 } };",
    "}} %} #}", "{", "#} {", "%}{", "{ {", "{ # x #}", "{ % x % }",
]  # fmt: skip

REFUSED = [
    ("docker inspect -f '{{.State.Status}}' x", 1),
    ("docker ps --format '{{json .}}'", 1),
    ("x\nkubectl get pods -o go-template='{{range .items}}{{.metadata.name}}{{end}}'", 2),
    ("helm: {{ include \"a.b\" . | nindent 4 }}", 1),
    ("${{x}", 1),
    ("{{/* comment */}}", 1),
    ("run: echo ${{ github.sha }}", 1),
    ("x\n\nrun: echo ${{ input.name }} ${{ secret.token }}", 3),
    ("${{ input.name }}", 1),
    ("printf '{%s}\\n' x", 1),
    ("date +{%Y}", 1),
    ("\\newcommand{\\a}[1]{#1} {x#}", 1),
    ("a\nawk '{#x\n s+=$1} END{print s}'; echo ${b%#}", 2),
    ("awk '{# x\n s+=$1} END{print s}'; echo ${b%#}", 1),
    ("{#if x}a{/if}{y#}", 1),
    ("{#a {{ input.name }} #}", 1),
    ("{{#if x}}a{{/if}}", 1),
    ("{{> partial}} {{! comment }}", 1),
    ("int a[1][1] = {{0}};", 1),
    ("x;\nint a[1][2] = {{1, 2}};", 2),
    ("int a[2][2] = {{1, 2}, {3, 4}};", 1),
    ("char *a[1][2] = {{\"a\", \"b\"}};", 1),
    ("'{{}}'.format(1)", 1),
    ("echo {{a,b}{c,d}}", 1),
    ("{% load static %}", 1),
    ("{%- unless x -%}{% endunless %}", 1),
    ("{% raw %}{{ x }}", 1),
]  # fmt: skip

UNKNOWN = ["f'{{x}}'", "{{ end }}", "{{ range .Items }}x", "${VAR:-{{default}}}", "{{- if .Values.x }}\na\n{{- end }}"]

COMMENTS = [
    ("a{# note #}b", "ab"),
    ("a{#note#}b", "ab"),
    ("a{#- note -#} b", "ab"),
    ("a{# {{ input.name }} {% if %} #}b", "ab"),
    ("a{#\n  {{ input.name }}\n#}b", "ab"),
    ("${#a}{# note #}{{ input.n }}", "${#a}3"),
    ("{% raw %}{#x} y#}{% endraw %}{{ input.n }}", "{#x} y#}3"),
    ("{{ '{#x} y#}' }}{{ input.n }}", "{#x} y#}3"),
    ("echo ${#a} {{ input.name }} ${b%#}", "echo ${#a} Ada ${b%#}"),
    ("{{ '$' }}{{ input.n }}", "$3"),
    ("$ {{ input.n }}", "$ 3"),
]


@pytest.mark.parametrize("text", UNCHANGED)
def test_text_of_other_languages_passes_unchanged(text: str) -> None:
    assert check(text) is None
    assert render(text, CONTEXT) == text


@pytest.mark.parametrize("text", UNCHANGED)
def test_it_passes_unchanged_beside_a_template(text: str) -> None:
    assert render(text + "\n{{ input.name | upper }}\n" + text, CONTEXT) == f"{text}\nADA\n{text}"


@pytest.mark.parametrize(("text", "line"), REFUSED)
def test_what_cannot_be_told_apart_is_refused_with_its_place(text: str, line: int) -> None:
    problem = check(text)
    assert problem is not None
    assert problem.line == line
    with pytest.raises(TemplateFailed):
        render(text, CONTEXT)


@pytest.mark.parametrize("text", UNKNOWN)
def test_names_of_other_languages_are_unknown(text: str) -> None:
    with pytest.raises(TemplateFailed):
        render(text, CONTEXT)


@pytest.mark.parametrize(("text", "expected"), COMMENTS)
def test_comments_are_cut_out_and_nothing_else(text: str, expected: str) -> None:
    assert check(text) is None
    assert render(text, CONTEXT) == expected


def test_shells_hashes_are_no_template() -> None:
    assert not is_template("echo ${#a} ${b%#}")


def test_a_refusal_says_what_to_write() -> None:
    problem = check("a\necho ${{ input.name }}")
    assert problem is not None
    assert (problem.line, problem.column) == (2, 6)
    assert problem.hint is not None
    assert '{{ "$" }}' in problem.hint
