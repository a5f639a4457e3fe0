"""Reports of problems."""

import json

from stroem.records.problem import Problem
from stroem.validation.report import FORMATS, as_github, as_json, as_text

PROBLEMS = (
    Problem(
        code="unknown-key", message="unknown key 'a'", file="b,c:d.yaml", line=3, column=5, hint="did you mean 'b'?"
    ),
    Problem(code="template-syntax", message="100 % wrong\nover two lines", file="e.yaml", severity="warning"),
)


def test_text_is_one_line_each() -> None:
    assert as_text(PROBLEMS) == (
        "b,c:d.yaml:3:5: error unknown-key: unknown key 'a' (did you mean 'b'?)\n"
        "e.yaml:1:1: warning template-syntax: 100 % wrong over two lines\n"
    )


def test_json_has_every_field() -> None:
    first, second = json.loads(as_json(PROBLEMS))["items"]
    assert first == {
        "code": "unknown-key",
        "message": "unknown key 'a'",
        "file": "b,c:d.yaml",
        "line": 3,
        "column": 5,
        "path": "",
        "hint": "did you mean 'b'?",
        "severity": "error",
    }
    assert second["message"] == "100 % wrong\nover two lines"


def test_github_escapes_what_would_end_a_property() -> None:
    assert as_github(PROBLEMS) == (
        "::error file=b%2Cc%3Ad.yaml,line=3,col=5,title=unknown-key::unknown key 'a' (did you mean 'b'?)\n"
        "::warning file=e.yaml,line=1,col=1,title=template-syntax::100 %25 wrong over two lines\n"
    )


def test_nothing_wrong_is_nothing_said() -> None:
    assert {name: report(()) for name, report in FORMATS.items() if name != "json"} == {"text": "", "github": ""}
    assert json.loads(as_json(())) == {"items": [], "total": 0}
