"""Workspaces that are told one file each."""

from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.reconciler.configured.set_files import WorkspaceSet, read_workspace_set
from stroem.reconciler.sources.sources import Sources
from stroem.registry.plugin import Plugin
from stroem.registry.registry import Registry
from stroem.settings.server import GitAuthSettings, WorkspaceSettings

GOOD = b"type: folder\npath: /srv/a\npoll_interval: 2m\nguards:\n  hold: affected\n"


def places(found: WorkspaceSet) -> list[tuple[str, int, int, str]]:
    return [(problem.file, problem.line, problem.column, problem.message) for problem in found.problems]


def test_each_file_is_a_workspace_and_nothing_else_is() -> None:
    files = {
        "billing.yaml": GOOD,
        "web-shop.yml": b"type: git\nurl: https://example.org/shop.git\nauth: forge\n",
        "README.md": b"\xff",
        ".hidden.yaml": b"[",
        "archive/old.yaml": b"[",
    }
    found = read_workspace_set(files)
    assert not found.problems
    assert sorted(found.workspaces) == ["billing", "web-shop"]
    billing = found.workspaces["billing"]
    assert (billing.options, billing.poll_interval_secs, billing.guards.hold) == ({"path": "/srv/a"}, 120, "affected")
    assert found.workspaces["web-shop"].options == {"url": "https://example.org/shop.git", "auth": "forge"}


def test_all_mistakes_have_their_place() -> None:
    text = b"""\
type: folder
path: /srv/a
poll_interval: soon
guards:
  hold: nothing
  freeze:
    - {cron: 0 25 * * *, duration: 1h}
    - duration: 1h
  aproval: true
path: /srv/b
"""
    assert places(read_workspace_set({"a.yaml": text})) == [
        (
            "a.yaml",
            3,
            16,
            "poll_interval: expected a length of time in seconds or like 1h30m, greater than zero, found a text",
        ),
        ("a.yaml", 5, 9, "guards.hold: must be one of all, affected"),
        ("a.yaml", 7, 14, "guards.freeze[0].cron: '25' cannot be the hour; expected 0 to 23"),
        ("a.yaml", 8, 7, "guards.freeze[1].cron: is required"),
        ("a.yaml", 9, 12, "guards.aproval: is not a known key; did you mean 'approval'?"),
        ("a.yaml", 10, 1, "'path' is there twice"),
    ]


@pytest.mark.parametrize(
    ("data", "place", "said"),
    [
        (b"", (1, 1), "type: is required"),
        (b"- type: folder\n", (1, 1), "expected a map, found a list"),
        (b"type: [\n", (2, 1), ""),
        (b"type: folder\n\xff", (2, 1), "not UTF-8"),
        (b"a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
         b"c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
         b"e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]\n",
         None, "values"),
        (b"type: git\nurl: https://x\nauth: {type: token, token: hunter2}\n", (3, 1), "auth: must be the name"),
    ],
)  # fmt: skip
def test_a_broken_file_keeps_its_workspace_as_it_was(data: bytes, place: tuple[int, int] | None, said: str) -> None:
    before = read_workspace_set({"a.yaml": GOOD, "b.yaml": GOOD}).workspaces
    found = read_workspace_set({"a.yaml": data, "c.yaml": data}, previous=before)
    assert found.workspaces == {"a": before["a"]}
    assert {problem.file for problem in found.problems} == {"a.yaml", "c.yaml"}
    first = found.problems[0]
    assert said in first.message
    assert "hunter2" not in repr(found)
    if place:
        assert (first.line, first.column) == place


def test_names_that_cannot_be_are_told() -> None:
    found = read_workspace_set(
        {"mine.yaml": GOOD, "mine.yml": GOOD, "own.yaml": GOOD, "a b.yaml": GOOD, "-x.yaml": GOOD}, taken={"own"}
    )
    assert sorted(found.workspaces) == ["mine"]
    assert [(problem.file, problem.code) for problem in found.problems] == [
        ("-x.yaml", "invalid-name"),
        ("a b.yaml", "invalid-name"),
        ("mine.yml", "duplicate-name"),
        ("own.yaml", "duplicate-name"),
    ]


def test_what_plugins_do_not_know_is_told_at_its_place(tmp_path: Path) -> None:
    registry = Registry((Plugin(EntryPoint(name="folder", value="stroem_folder", group="stroem")),))
    auth = {"forge": GitAuthSettings(type="token")}
    sources = Sources(registry=registry, cache=tmp_path, auth=auth)
    files = {
        "a.yaml": b"type: foldr\npath: /x\n",
        "b.yaml": b"type: folder\npaht: /x\n",
        "c.yaml": b"type: folder\npath: /x\nauth: forg\n",
        "d.yaml": b"type: folder\npath: /x\nignore: [a, 3]\n",
        "e.yaml": GOOD,
    }
    found = read_workspace_set(files, check=sources.mistakes)
    assert places(found) == [
        ("a.yaml", 1, 7, "type: no plugin brings 'foldr'; did you mean 'folder'?"),
        ("b.yaml", 1, 1, "path: is required"),
        ("b.yaml", 2, 7, "paht: is not a known key; did you mean 'path'?"),
        ("c.yaml", 3, 7, "auth: git_auth has no 'forg'; known are forge"),
        ("d.yaml", 3, 13, "ignore[1]: expected a text, found a whole number"),
    ]
    assert sorted(found.workspaces) == ["e"]


@given(st.dictionaries(st.text(max_size=8).map("{}.yaml".format), st.binary(max_size=60), max_size=3))
def test_no_bytes_raise(files: Mapping[str, bytes]) -> None:
    found = read_workspace_set(files)
    assert all(isinstance(one, WorkspaceSettings) for one in found.workspaces.values())
