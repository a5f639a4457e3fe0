"""`.stroem.yaml`."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.dialects.workspace_file.file import LibraryRef, WorkspaceFile, find_workspace_file, parse_workspace_file
from stroem.dialects.workspace_file.library_refs import MAX_LIBRARIES


def parsed(text: str) -> WorkspaceFile:
    return parse_workspace_file(".stroem.yaml", textwrap.dedent(text).encode())


def test_libraries_of_all_types() -> None:
    found = parsed(
        """
        libraries:
          notify:
            type: git
            url: https://git.example.com/team/notify.git
            ref: v1.2.0
            path: libraries/notify/
            auth: corporate
            poll_interval: 5m
          own: {type: folder, path: libs/own}
          bucket: {type: s3, bucket: actions, region: eu}
        """
    )
    assert found.problems == ()
    assert found.broken == frozenset()
    options = {"url": "https://git.example.com/team/notify.git", "ref": "v1.2.0", "path": "libraries/notify"}
    assert dict(found.libraries) == {
        "notify": LibraryRef(
            name="notify", type="git", options={**options, "auth": "corporate"}, poll_interval_secs=300
        ),
        "own": LibraryRef(name="own", type="folder", options={"path": "libs/own"}),
        "bucket": LibraryRef(name="bucket", type="s3", options={"bucket": "actions", "region": "eu"}),
    }
    assert [(ref.line, ref.column) for ref in found.libraries.values()] == [(3, 3), (10, 3), (11, 3)]


@pytest.mark.parametrize("text", ["", "# nothing\n", "libraries:\n", "libraries: {}\n"])
def test_a_file_may_say_nothing(text: str) -> None:
    assert parsed(text) == WorkspaceFile()


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("{type: git, url: x, reff: 1}", [("unknown-key", 2, "did you mean 'ref'?")]),
        ("{type: git}", [("missing-key", 2, None)]),
        ("{url: x}", [("missing-key", 2, "one of git, folder, or a source that a plugin brings")]),
        ("1", [("wrong-type", 2, "like { type: git, url: …, ref: … }")]),
        ("{type: git, url: x, ref: [1]}", [("wrong-type", 2, None)]),
        ("{type: git, url: x, ref: '-f'}", [("invalid-value", 2, "write a branch, a tag or a commit")]),
        ("{type: git, url: '--upload-pack=x'}", [("invalid-value", 2, None)]),
        ("{type: git, url: x, path: ../y}", [("invalid-value", 2, "write a path below the root, without `..`")]),
        ("{type: folder, path: /etc}", [("invalid-value", 2, "write a path below the root, without `..`")]),
        ("{type: folder, path: a/../..}", [("invalid-value", 2, "write a path below the root, without `..`")]),
        ("{type: folder, path: .}", [("invalid-value", 2, "move it into a folder like libraries/NAME")]),
        ("{type: folder, path: _libraries/a}", [("invalid-value", 2, "move it into a folder like libraries/NAME")]),
        ("{type: s3, poll_interval_secs: 0}", [("out-of-range", 2, "expected at least 1")]),
        ("{type: s3, poll_interval: 5m, poll_interval_secs: 5}", [("conflicting-keys", 2, None)]),
        ("{type: s3, poll_interval_secs: soon}", [("invalid-duration", 2, None)]),
        ("{type: s3, x: 1, x: 2}", [("duplicate-key", 2, "remove one of them")]),
    ],
)
def test_mistakes(entry: str, expected: list[tuple[str, int, str | None]]) -> None:
    found = parsed(f"libraries:\n  lib: {entry}\n")
    assert [(each.code, each.line) for each in found.problems] == [each[:2] for each in expected]
    for problem, (_, _, hint) in zip(found.problems, expected, strict=True):
        assert hint is None or problem.hint == hint
        assert problem.file == ".stroem.yaml"
    assert found.libraries == {}
    assert found.broken == {"lib"}


SECRET = "s3cr3t"


@pytest.mark.parametrize(
    "entry",
    [
        "{type: git, url: 'https://user:s3cr3t@host/x.git'}",
        "{type: git, url: 'https://s3cr3t@host/x.git'}",
        "{type: git, url: 'ssh://git:s3cr3t@host/x.git'}",
        "{type: git, url: 'https://s3cr3t@[broken/x.git'}",
        "{type: git, url: x, auth: {token: s3cr3t}}",
        "{type: git, url: x, token: s3cr3t}",
        "{type: git, url: x, ssh_key: s3cr3t}",
        "{type: plugin, password: s3cr3t}",
        "{type: plugin, auth: [s3cr3t]}",
    ],
)
def test_credentials_do_not_belong_here_and_are_not_repeated(entry: str) -> None:
    found = parsed(f"libraries:\n  lib: {entry}\n")
    assert [problem.code for problem in found.problems] == ["inline-credentials"]
    assert "git_auth" in str(found.problems[0].hint)
    assert SECRET not in repr(found)


@pytest.mark.parametrize("url", ["git@host:team/x.git", "ssh://git@host/x.git", "https://host/x.git", "../x"])
def test_addresses_without_credentials(url: str) -> None:
    assert parsed(f"libraries:\n  lib: {{type: git, url: '{url}'}}\n").problems == ()


@pytest.mark.parametrize("name", ["a.b", "a/b", "_a", "-a", "ø", "a b", "x" * 101])
def test_names(name: str) -> None:
    found = parsed(f"libraries:\n  '{name}': {{type: folder, path: x}}\n")
    assert [problem.code for problem in found.problems] == ["invalid-name"]


def test_all_mistakes_come_at_once() -> None:
    found = parsed(
        "librarys: 1\nlibraries:\n  a: 1\n  b: {type: folder, path: x, y: 1}\n  c: {type: folder, path: c}\n"
    )
    assert [problem.line for problem in found.problems] == [1, 3, 4]
    assert [*found.libraries] == ["c"]
    assert found.broken == {"a", "b"}


def test_a_file_that_is_no_yaml_still_says_the_names() -> None:
    found = parsed("libraries:\n  notify: {type: git\n  http:\n")
    assert [problem.code for problem in found.problems] == ["yaml-syntax"]
    assert found.broken == {"notify", "http"}


def test_there_is_an_end_to_libraries() -> None:
    entries = "".join(f"  l{number}: {{type: folder, path: x}}\n" for number in range(MAX_LIBRARIES + 1))
    found = parsed(f"libraries:\n{entries}")
    assert [problem.code for problem in found.problems] == ["out-of-range"]
    assert found.libraries == {}


@given(st.binary() | st.text().map(str.encode))
def test_it_never_raises(data: bytes) -> None:
    parse_workspace_file(".stroem.yaml", data)
    parse_workspace_file(".stroem.yaml", b"libraries:\n  a: " + data)


def test_one_of_two_spellings_counts() -> None:
    assert find_workspace_file({".stroem.yml", ".stroem.yaml"}) == ".stroem.yaml"
    assert find_workspace_file({".stroem.yml", "x"}) == ".stroem.yml"
    assert find_workspace_file({"sub/.stroem.yml"}) is None
