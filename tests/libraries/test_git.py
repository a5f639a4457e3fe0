"""The library `git`, used by jobs, against a git server over HTTP that wants a password."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.libraries.conftest import SECRET, Outside, Use
from tests.support.git.repository import GitRepository
from tests.support.git.ssh import ssh_server

pytestmark = pytest.mark.xdist_group("libraries")
OVER_HTTP = {"repository": "over-http"}


@pytest.fixture
def repository(outside: Outside) -> GitRepository:
    """The repository of the server, without any commit."""
    shutil.rmtree(outside.git.root / "app.git", ignore_errors=True)
    return GitRepository.create(outside.git.root / "app.git")


def test_a_command_runs_in_a_checkout_without_the_credentials(use: Use, repository: GitRepository) -> None:
    commit = repository.commit({"hello": b"world\n"})
    command = "cat hello; echo commit $GIT_COMMIT; env; git log --oneline | wc -l; echo 'OUTPUT: {\"a\": 1}'"
    job = use("git/run", **OVER_HTTP, ref="main", command=command)
    assert job.status == "completed", job.log
    assert job.output == {"a": 1}
    assert {"world", f"commit {commit}", f"main is {commit}", "1"} <= {*job.lines}
    assert not [line for line in job.lines if line.startswith(("REPO_TOKEN", "GIT_ASKPASS", "REPO_SSH_KEY"))]
    assert SECRET not in job.log


def test_the_exit_code_of_the_command_is_that_of_the_step(use: Use, repository: GitRepository) -> None:
    repository.commit({"a": b"1"})
    job = use("git/run", **OVER_HTTP, command="false; echo never")
    assert job.status == "failed"
    assert "never" not in job.lines


def test_older_commits_and_tags_can_be_checked_out(use: Use, repository: GitRepository) -> None:
    first = repository.commit({"a": b"first"})
    repository.tag("v1", first, "one")
    second = repository.commit({"a": b"second"})
    for ref, wanted in [
        (first, "first"),
        ("v1", "first"),
        ("refs/tags/v1", "first"),
        ("main", "second"),
        (second, "second"),
    ]:
        assert wanted in use("git/run", **OVER_HTTP, ref=ref, command="cat a; echo").lines, ref
    depth = use("git/run", **OVER_HTTP, command="git log --oneline | wc -l", depth=0)
    assert depth.lines[-1].strip() == "2"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({**OVER_HTTP, "ref": "nowhere"}, "nowhere"),
        ({**OVER_HTTP, "ref": "0" * 40}, "there is no commit 000"),
        ({**OVER_HTTP, "ref": "--upload-pack=x"}, "begins with a hyphen"),
        ({"repository": "no-token"}, "could not read Username"),
        ({"repository": "wrong-token"}, "Authentication failed"),
        ({"repository": "in-url"}, "holds credentials"),
        ({"repository": "no-hosts"}, "no known_hosts"),
        ({"repository": {"url": "ext::sh -c id"}}, "transport 'ext' not allowed"),
    ],
)
def test_what_cannot_be_checked_out(use: Use, repository: GitRepository, given: dict[str, Any], words: str) -> None:
    repository.commit({"a": b"1"})
    job = use("git/run", **given, command="echo here")
    assert job.status == "failed"
    assert words in job.error
    assert "here" not in job.lines


def test_resolving(use: Use, repository: GitRepository) -> None:
    first = repository.commit({"a": b"1"})
    repository.tag("v1", first, "one")
    repository.tag("light", first)
    second = repository.commit({"a": b"2"})
    repository.git("branch", "v1", second)
    expected = {
        "main": (second, "refs/heads/main"),
        "light": (first, "refs/tags/light"),
        "v1": (second, "refs/heads/v1"),
        "refs/tags/v1": (first, "refs/tags/v1"),
        "HEAD": (second, "HEAD"),
    }
    for ref, (commit, full) in expected.items():
        assert use("git/resolve", **OVER_HTTP, ref=ref).output == {"commit": commit, "ref": full}
    assert "there is no branch or tag nowhere" in use("git/resolve", **OVER_HTTP, ref="nowhere").error


def test_changed_files(use: Use, repository: GitRepository) -> None:
    repository.commit({"a": b"1", "docs/b": b"1"})
    repository.git("branch", "base", "main")
    commit = repository.commit({"a": b"2", "docs/b": b"2", "docs/c": b"new"})
    job = use("git/changed", **OVER_HTTP, base="base", ref="main")
    assert job.output == {"commit": commit, "changed": True, "files": ["a", "docs/b", "docs/c"], "count": 3}
    only = use("git/changed", **OVER_HTTP, base="base", ref="main", paths="docs\n:!docs/c\n")
    assert only.output["files"] == ["docs/b"]
    nothing = use("git/changed", **OVER_HTTP, base="main", ref="main")
    assert (nothing.output["changed"], nothing.output["files"]) == (False, [])


def test_a_tag_is_pushed_once(use: Use, repository: GitRepository, outside: Outside) -> None:
    commit = repository.commit({"a": b"1"})
    tag = {**OVER_HTTP, "ref": "main", "tag": "v2.0.0", "message": "Two\n\nall of it"}
    assert use("git/tag", **tag).output == {"commit": commit, "created": True}
    assert repository.git("tag", "-l", "--format=%(objecttype) %(contents:subject)", "v2.0.0") == "tag Two"
    assert use("git/tag", **tag).output == {"commit": commit, "created": False}
    repository.commit({"a": b"2"})
    assert f"there is a tag v2.0.0 on another commit, {commit}" in use("git/tag", **tag).error
    assert "cannot be the name of a tag" in use("git/tag", **{**tag, "tag": "a..b"}).error
    assert use("git/tag", **OVER_HTTP, tag="plain").output["created"] is True


def test_a_key_and_the_host_that_it_is_for(
    use: Use, repository: GitRepository, outside: Outside, tmp_path: Path
) -> None:
    commit = repository.commit({"a": b"1"})
    with ssh_server(tmp_path / "ssh") as server:
        url = server.url(outside.git.root / "app.git")
        connection = {"url": url, "ssh_key": server.key.read_text(), "known_hosts": server.known_hosts}
        job = use("git/run", repository=connection, command="env; ls -a ..")
        assert job.status == "completed", job.error
        assert f"HEAD is {commit}" in job.lines
        assert "PRIVATE KEY" not in job.log
        other = server.known_hosts.strip()[:-8] + "AAAAAAAA"
        job = use("git/run", repository={**connection, "known_hosts": other}, command="echo here")
        assert "Host key verification failed" in job.error
        assert use("git/tag", repository=connection, tag="v1").output["created"] is True
