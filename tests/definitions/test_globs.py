"""Globs of files, and names of artifacts."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.definitions.artifact_names import name_problem
from stroem.definitions.globs import escaped, glob_problem, matching

PATHS = ("dist/a.js", "dist/x/b.js", "dist/.map", "report.html", "a/report.html", "dist2/c", "a[1]", "x\ny")


@pytest.mark.parametrize(
    ("glob", "found"),
    [
        ("dist/**", {"dist/a.js", "dist/x/b.js", "dist/.map"}),
        ("dist", {"dist/a.js", "dist/x/b.js", "dist/.map"}),
        ("dist/", {"dist/a.js", "dist/x/b.js", "dist/.map"}),
        ("dist/*.js", {"dist/a.js"}),
        ("**/*.js", {"dist/a.js", "dist/x/b.js"}),
        ("**/report.html", {"report.html", "a/report.html"}),
        ("*.html", {"report.html"}),
        ("dist/**/*.js", {"dist/a.js", "dist/x/b.js"}),
        ("dist/[!a]*/b.js", {"dist/x/b.js"}),
        ("dist?/c", {"dist2/c"}),
        ("a[[]1]", {"a[1]"}),
        ("x?y", {"x\ny"}),
        ("**", set(PATHS)),
        ("none", set()),
    ],
)
def test_what_a_glob_matches(glob: str, found: set[str]) -> None:
    assert glob_problem(glob) is None
    assert set(matching(PATHS, glob)) == found


@pytest.mark.parametrize(
    "glob", ["", "/a", "../a", "a/..", "a//b", "./a", "a**", "a\\b", "a\nb", "[z-a]", "**/" * 5 + "a", "a" * 256]
)
def test_globs_that_are_refused(glob: str) -> None:
    assert glob_problem(glob) is not None


def test_a_glob_with_many_stars_is_matched_at_once() -> None:
    assert list(matching(["a" * 250], "*a" * 60 + "b")) == []


@given(st.text("ab*?c.", min_size=1, max_size=8), st.text("abc.", min_size=1, max_size=8))
def test_names_are_matched_as_elsewhere(glob: str, path: str) -> None:
    if "**" not in glob and glob_problem(glob) is None:
        assert bool(list(matching([path], glob))) == fnmatch.fnmatchcase(path, glob)


@given(st.text("ab*?[]!/", min_size=1, max_size=8))
def test_an_escaped_path_matches_itself_alone(path: str) -> None:
    if glob_problem(path.replace("[", "a")) is None and not path.endswith("/"):
        assert list(matching([path, path + "x", "a" + path], escaped(path))) == [path]


@pytest.mark.parametrize("name", ["a", "a/b.txt", ".hidden", "a b", "å/ü", "a" * 255, "a-", "..a"])
def test_names_that_are_allowed(name: str) -> None:
    assert name_problem(name) is None


@pytest.mark.parametrize(
    "name",
    ["", "/a", "a/", "a//b", ".", "a/../b", "-a", "a/-b", "a\\b", "a\0", "a\n", "\x7f", "\x85", "\ud800", "å" * 128],
)
def test_names_that_are_refused(name: str) -> None:
    assert name_problem(name) is not None
