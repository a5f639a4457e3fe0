"""Each filter with values from Tera's documentation and its own tests, by name and by position."""

import json
from typing import Any

import pytest

from stroem.errors import TemplateFailed
from stroem.templating.filters.registry import FILTERS
from stroem.templating.template import render

PEOPLE = [{"a": 3, "n": {"id": "x"}}, {"a": 2, "n": {"id": "y"}}, {"a": 4}, {"a": None}, {"a": 2, "n": {"id": "x"}}]

# The value, the filter as written, what Tera gives.
CASES: list[tuple[object, str, object]] = [
    ("hello", "upper", "HELLO"),
    ("straße", "upper", "STRASSE"),
    ("HELLO", "lower", "hello"),
    ("CAPITAL IZE", "capitalize", "Capital ize"),
    ("", "capitalize", ""),
    ("foo  bar", "title", "Foo  Bar"),
    ("foo bar's", "title", "Foo Bar's"),
    ("FOO\tBAR", "title", "Foo\tBar"),
    ("foo-bar(baz)", "title", "Foo-Bar(Baz)"),
    ("  hey \n", "trim", "hey"),
    ("  hey  ", "trim_start", "hey  "),
    ("  hey  ", "trim_end", "  hey"),
    ("//a/b/c//", "trim_start_matches(pat='//')", "a/b/c//"),
    ("/////x", "trim_start_matches('//')", "/x"),
    ("x", "trim_start_matches(pat='')", "x"),
    ("//a/b/c//", "trim_end_matches(pat='//')", "//a/b/c"),
    ("x\n\n", "trim_end_matches(pat='\\n')", "x"),
    ("日本語", "truncate(length=2)", "日本…"),
    ("hello", "truncate(2, '...')", "he..."),
    ("hello", "truncate(length=5)", "hello"),
    ("x" * 300, "truncate", "x" * 255 + "…"),
    ("Joel is a slug", "wordcount", 4),
    ("Hello world!", "replace(from='Hello', to='Goodbye')", "Goodbye world!"),
    ("a.b.c", "replace('.', '')", "abc"),
    ("name:\ngo", "replace(from='\\n', to=' ')", "name: go"),
    ("I'm so happy", "addslashes", "I\\'m so happy"),
    ('Ho"\\', "addslashes", 'Ho\\"\\\\'),
    ("I'm so happy", "slugify", "i-m-so-happy"),
    ("-Hello world! ", "slugify", "hello-world"),
    ("Blåbær & Größe", "slugify", "blabaer-grosse"),
    ("one\ntwo\n\nthree", "indent", "one\n    two\n\n    three"),
    ("one\ntwo\n\nthree", "indent(prefix=' ', first=true, blank=true)", " one\n two\n \n three"),
    ("a\nb", "indent(2)", "a\n  b"),
    ("a\nb", "indent(2, true)", "  a\n  b"),
    ("a/b/cde/", "split(pat='/')", ["a", "b", "cde", ""]),
    ("a, b", "split(', ')", ["a", "b"]),
    ("ab", "split(pat='')", ["", "a", "b", ""]),
    ("hello/there", "urlencode", "hello/there"),
    ("/foo?a=b&c=d", "urlencode", "/foo%3Fa%3Db%26c%3Dd"),
    ("日", "urlencode", "%E6%97%A5"),
    ("a-b_c.d~e/100%", "urlencode_strict", "a%2Db%5Fc%2Ed%7Ee%2F100%25"),
    ("<a href=\"x/y\">'&", "escape", "&lt;a href=&quot;x&#x2F;y&quot;&gt;&#x27;&amp;"),
    ("hey-& <i>/\"'", "escape_xml", "hey-&amp; &lt;i&gt;/&quot;&apos;"),
    ("<b>Joel</b> <button>is</button> a <span>slug</span>", "striptags", "Joel is a slug"),
    ("just a small   &lt;p&gt; <p>x</p><!-- no -->", "striptags", "just a small   &lt;p&gt; x"),
    ("<p>\n<a>test</a>\r\n </p>", "spaceless", "<p><a>test</a></p>"),
    ("Hello\r\nworld\n", "linebreaksbr", "Hello<br>world<br>"),
    ("<b>", "safe", "<b>"),
    ([1, 2, 3], "first", 1),
    ([], "first", ""),
    ([1, 2, 3], "last", 3),
    ([], "last", ""),
    ([1, 2, 3, 4], "nth(n=1)", 2),
    ([1], "nth(4)", ""),
    (["Cats", "Dogs"], "join(sep='==')", "Cats==Dogs"),
    ([1.2, 3.4], "join", "1.23.4"),
    ([True, None, 2.0], "join(', ')", "true, , 2"),
    ([], "join(sep='==')", ""),
    ([3, -1, 2, 5, 4], "sort", [-1, 2, 3, 4, 5]),
    (["b", "B", "a"], "sort", ["B", "a", "b"]),
    ([True, False], "sort", [False, True]),
    ([[1, 2], [], [3]], "sort", [[], [3], [1, 2]]),
    ([[0, 1], [7, 0], [-1, 12]], "sort(attribute='0')", [[-1, 12], [0, 1], [7, 0]]),
    ([3, 1, 2], "sort(true)", [3, 2, 1]),
    ([{"a": {"b": 2}}, {"a": {"b": 1}}], "sort(attribute='a.b')", [{"a": {"b": 1}}, {"a": {"b": 2}}]),
    ([], "sort(attribute='a')", []),
    ([3, -1, 3, 3, 5, 2], "unique", [3, -1, 5, 2]),
    (["One", "one", "Two"], "unique", ["One", "Two"]),
    (["One", "one", "One"], "unique(case_sensitive=true)", ["One", "one"]),
    (["One", "one"], "unique(case_sensitive='true')", ["One", "one"]),
    ([1, "1", True], "unique", [1, "1", True]),
    (PEOPLE, "unique(attribute='n.id') | length", 2),
    ([1, 2, 3, 4, 5], "slice(start=1, end=3)", [2, 3]),
    ([1, 2, 3, 4, 5], "slice(end=-2)", [1, 2, 3]),
    ([1, 2, 3, 4, 5], "slice(start=-2)", [4, 5]),
    ([1, 2], "slice(start=5)", []),
    ([1, 2], "slice(end=9)", [1, 2]),
    ([1, 2], "slice(start=-9)", [1, 2]),
    (PEOPLE, "group_by(attribute='a') | get(key='2') | length", 2),
    ([{"k": True}, {"k": "x"}], "group_by('k')", {"true": [{"k": True}], "x": [{"k": "x"}]}),
    ([], "group_by(attribute='a')", {}),
    (PEOPLE, "filter(attribute='a', value=2) | length", 2),
    (PEOPLE, "filter(attribute='a') | length", 4),
    (PEOPLE, "filter('n.id', 'y')", [{"a": 2, "n": {"id": "y"}}]),
    ([{"on": True}, {"on": 1}], "filter(attribute='on', value=true)", [{"on": True}]),
    (PEOPLE, "map(attribute='a')", [3, 2, 4, 2]),
    (PEOPLE, "map(attribute='n.id')", ["x", "y", "x"]),
    (PEOPLE, "map(attribute='__class__')", []),
    (["a", "b"], "map('upper')", ["A", "B"]),
    ([1, None], "map('default', 'x')", [1, "x"]),
    (["1", "f"], "map('int', 0, 16)", [1, 15]),
    ([1, 2], "concat(with=[3])", [1, 2, 3]),
    ([1, 2], "concat(3)", [1, 2, 3]),
    ([1, 2, 3], "reverse", [3, 2, 1]),
    ("Hello World", "reverse", "dlroW olleH"),
    ([1, 2], "length", 2),
    ({"a": 1}, "length", 1),
    ("日本語", "length", 3),
    (2.1, "round", 2),
    (2.5, "round", 3),
    (-2.5, "round", -3),
    (2.1, "round(method='ceil')", 3),
    (2.11, "round(method='ceil', precision=1)", 2.2),
    (2.91, "round(method='floor', precision=1)", 2.9),
    (3.15159265359, "round(precision=2)", 3.15),
    (3.15159265359, "round(2)", 3.15),
    (2.7, "round('floor')", 2),
    (-3, "abs", 3),
    (-1.5, "abs", 1.5),
    ("0", "int", 0),
    ("-5", "int", -5),
    (" 9_223 ", "int", 0),
    ("9223372036854775807", "int", 9223372036854775807),
    ("99999999999999999999", "int(default=7)", 7),
    ("hello", "int(default=5)", 5),
    ("1.9", "int", 1),
    (2.9, "int", 2),
    ("0b1010", "int(base=2)", 10),
    ("0o755", "int(base=8)", 493),
    ("ff", "int(0, 16)", 255),
    ("0", "float", 0.0),
    ("-5.3", "float", -5.3),
    ("1e3", "float", 1000.0),
    ("nan", "float(default=1)", 1),
    ("hello", "float(default=3.18)", 3.18),
    (123456789, "filesizeformat", "117.74 MB"),
    (123456789, "filesizeformat(binary=true)", "117.74 MiB"),
    (1024, "filesizeformat", "1 kB"),
    (512, "filesizeformat", "512 B"),
    (1, "pluralize", ""),
    (-1, "pluralize", ""),
    (2, "pluralize", "s"),
    (0, "pluralize", "s"),
    (2, "pluralize(singular='y', plural='ies')", "ies"),
    (1, "pluralize('y', 'ies')", "y"),
    ({"1": "first"}, "get(key='1')", "first"),
    ({"1": None}, "get(key='1', default='x')", None),
    ({"1": "first"}, "get('2', 'x')", "x"),
    ({"b": [1, 2], "a": "é"}, "json_encode", '{"b":[1,2],"a":"é"}'),
    ({"a": [1, {"b": None}]}, "json_encode(pretty=true)", '{\n  "a": [\n    1,\n    {\n      "b": null\n    }\n  ]\n}'),
    ([1, 2, 3, 4], "as_str", "[1, 2, 3, 4]"),
    (1.5, "as_str", "1.5"),
    (None, "default(value='x')", "x"),
    ("", "default(value='x')", ""),
    (0, "default('x')", 0),
    (0, "default('x', true)", "x"),
    (1482720453, "date", "2016-12-26"),
    (1482720453, "date(format='%Y-%m-%d %H:%M')", "2016-12-26 02:47"),
    ("1996-12-19T16:39:57-08:00", "date(format='%Y-%m-%d %z')", "1996-12-19 -0800"),
    ("2017-03-05", "date(format='%a, %d %b %Y %H:%M:%S %z')", "Sun, 05 Mar 2017 00:00:00 +0000"),
    ("2017-03-05T00:00:00.602", "date(format='%a, %d %b %Y %H:%M:%S')", "Sun, 05 Mar 2017 00:00:00"),
    ("2019-09-19T01:48:44.581Z", "date(timezone='America/New_York')", "2019-09-18"),
    (1568857724, "date('%F %R %Z', 'Asia/Shanghai')", "2019-09-19 09:48 CST"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "use", "expected"), CASES, ids=[case[1] for case in CASES])
def test_filter(value: object, use: str, expected: object) -> None:
    result = render(f"{{{{ v | {use} }}}}", {"v": value})
    assert result == expected
    assert json.dumps(result) == json.dumps(expected)  # 1 is not true and not 1.0


def test_every_filter_is_in_the_table() -> None:
    assert set(FILTERS) == {use.split("(")[0].split(" ")[0] for _, use, _ in CASES}


CHRONO = [
    ("%Y %C %y %q", "2001 20 01 3"), ("%m %b %B %h", "07 Jul July Jul"), ("%d %e|%-d|%_d|%0e", "08  8|8| 8|08"),
    ("%a %A %w %u", "Sun Sunday 0 7"), ("%U %W %G %g %V", "27 27 2001 01 27"), ("%j", "189"),
    ("%D %x %F %v", "07/08/01 07/08/01 2001-07-08  8-Jul-2001"), ("%H %k %I %l %P %p", "00  0 12 12 am AM"),
    ("%M %S %f", "34 59 026490000"), ("%.f %.3f %.6f %.9f %3f %6f %9f",
     ".026490 .026 .026490 .026490000 026 026490 026490000"),
    ("%R %T %X %r", "00:34 00:34:59 00:34:59 12:34:59 AM"), ("%z %:z %::z %:::z %#z", "+0930 +09:30 +09:30:00 +09 +09"),
    ("%c", "Sun Jul  8 00:34:59 2001"), ("%+", "2001-07-08T00:34:59.026490+09:30"), ("%s", "994518299"),
    ("a%tb%nc%%", "a\tb\nc%"), ("%-H %_M", "0 34"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "expected"), CHRONO)
def test_date_formats_of_chrono(pattern: str, expected: str) -> None:
    context = {"v": "2001-07-08T00:34:59.026490+09:30", "f": pattern}
    assert render("{{ v | date(format=f) }}", context) == expected


WRONG = [
    (50, "upper", "the filter `upper`: the value must be a text, not a number"),
    ("x", "join", "the filter `join`: the value must be a list, not a text"),
    ([1], "join(sep=1)", "the filter `join`: `sep` must be a text, not a number"),
    (True, "round", "the value must be a number, not true/false"),
    (1.5, "round(method='up')", "`method` must be common, ceil or floor"),
    (1.5, "round(precision=1000)", "`precision` is out of range"),
    ([1, "a"], "sort", "different kinds"),
    ([{"a": 1}], "sort(attribute='b')", "no `b` to sort by"),
    ([None], "sort", "nothing (null) has no order"),
    (-1, "filesizeformat", "cannot be negative"),
    ({"a": 1}, "get(key='b')", "no such key"),
    (15, "length", "must be a text, a list or a map, not a number"),
    (1.5, "date", "whole seconds since 1970 or a text"),
    ("Tuesday", "date", "no date such as"),
    ("2019-09-19", "date(format='%2f')", "an item that does not exist"),
    ("2019-09-19", "date(format='%')", "an item that does not exist"),
    ("2019-09-19", "date(timezone='Narnia')", "Europe/Oslo"),
    ("2019-09-19", "date(timezone='../../etc/passwd')", "Europe/Oslo"),
    (10**18, "date", "no date such as"),
    ("x", "int(base=99)", "from 2 to 36"),
    ("x", "truncate(length=-1)", "cannot be negative"),
    ("x", "truncate(length=1.5)", "a whole number"),
    ("x", "indent(first='maybe')", "`first` must be true or false"),
    ([1], "map", 'it needs an `attribute`, or a filter as in map("upper")'),
    ([1], "map('nope')", "the filter `map` takes an `attribute` or the name of a filter"),
    ([1], "map('replace')", "the filter `replace` cannot work with these values"),
    ([1], "nth(n='a')", "`n` must be a number"),
]


@pytest.mark.parametrize(("value", "use", "reason"), WRONG)
def test_wrong_values_are_named_by_their_kind(value: object, use: str, reason: str) -> None:
    with pytest.raises(TemplateFailed) as caught:
        render(f"{{{{ v | {use} }}}}", {"v": value})
    assert reason in str(caught.value)


@pytest.mark.parametrize("name", sorted(set(FILTERS) - {"default"}))
def test_no_filter_takes_what_is_missing(name: str) -> None:
    arguments: dict[str, Any] = {
        "concat": "1", "filter": "'a'", "get": "'a'", "group_by": "'a'", "map": "'a'", "nth": "1",
        "replace": "'a', 'b'", "split": "'a'", "trim_start_matches": "'a'", "trim_end_matches": "'a'",
    }  # fmt: skip
    with pytest.raises(TemplateFailed, match="`nope` is not defined"):
        render(f"{{{{ nope | {name}({arguments.get(name, '')}) }}}}", {})
