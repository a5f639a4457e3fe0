"""Branches, tags, commits: what is followed, and what happens to it."""

import shutil
import subprocess

import pytest

from stroem.errors import SettingsError
from stroem.interfaces.source import RefUnknown, SourceUnavailable
from stroem.records.push import Push
from tests.support.git.http import git_http_server
from tests.support.git.repository import GitRepository


async def test_branches_go_before_tags_and_full_names_before_both(repository, make_source):
    tagged = repository.commit({"a": b"tagged"})
    branched = repository.commit({"a": b"branched"})
    repository.tag("both", tagged)
    repository.git("branch", "both", branched)
    assert (await make_source(ref="both").fetch(None)).revision == branched
    assert (await make_source(ref="refs/tags/both").fetch(None)).revision == tagged
    assert (await make_source(ref="refs/heads/both").fetch(None)).revision == branched
    assert (await make_source(ref=tagged).fetch(None)).revision == tagged
    assert (await make_source(ref="HEAD").fetch(None)).revision == branched


@pytest.mark.parametrize("message", [None, "Version 1"])
async def test_a_tag_is_peeled_and_noticed_when_it_moves(repository, make_source, message):
    first = repository.commit({"a": b"1"})
    repository.tag("v1", first, message)
    source = make_source(ref="v1")
    snapshot = await source.fetch(None)
    assert snapshot.revision == first
    assert not source.floats(snapshot)
    second = repository.commit({"a": b"2"})
    assert await source.fetch(snapshot) is snapshot
    repository.tag("v1", second, message)
    assert (await source.fetch(snapshot)).revision == second


async def test_only_branches_float(repository, make_source):
    commit = repository.commit({"a": b"1"})
    for ref, floats in (("main", True), ("HEAD", True), (commit, False), ("refs/heads/main", True)):
        source = make_source(ref=ref)
        assert source.floats(await source.fetch(None)) is floats


async def test_a_commit_says_who_and_what(repository, make_source):
    repository.commit({"a": b"1"}, "A title\n\nand more")
    snapshot = await make_source().fetch(None)
    assert snapshot.commit is not None
    assert snapshot.commit.author == "Ada Lovelace <ada@example.org>"
    assert snapshot.commit.title == "A title"
    assert snapshot.commit.at.tzinfo is not None


async def test_a_message_is_bounded(repository, make_source):
    repository.commit({"a": b"1"}, "ü" * 100_000)
    commit = (await make_source().fetch(None)).commit
    assert commit is not None
    assert 1000 < len(commit.message) <= 10_000


async def test_a_deleted_branch_heals_when_it_comes_back(repository, make_source):
    commit = repository.commit({"a": b"1"})
    repository.git("branch", "release", commit)
    source = make_source(ref="release")
    snapshot = await source.fetch(None)
    repository.git("branch", "-D", "release")
    with pytest.raises(RefUnknown, match="release"):
        await source.fetch(snapshot)
    repository.git("branch", "release", commit)
    assert await source.fetch(snapshot) is snapshot


async def test_an_unknown_ref_names_those_that_are_alike(repository, make_source):
    commit = repository.commit({"a": b"1"})
    for name in ("staging", "production", "feature/one"):
        repository.git("branch", name, commit)
    with pytest.raises(RefUnknown, match=r"no branch, tag or commit 'stagin'\. Alike is 'staging'"):
        await make_source(ref="stagin").fetch(None)
    with pytest.raises(RefUnknown, match="write all 40 digits"):
        await make_source(ref=commit[:9]).fetch(None)
    with pytest.raises(RefUnknown, match="f" * 40):
        await make_source(ref="f" * 40).fetch(None)


@pytest.mark.parametrize("ref", ["", " ", "a b", "-x", "a..b", "x~1", "a\nb", "/a"])
async def test_what_cannot_be_a_ref_is_a_mistake_in_the_settings(repository, make_source, ref):
    repository.commit({"a": b"1"})
    with pytest.raises(SettingsError, match="ref: "):
        make_source(ref=ref)
    with pytest.raises(RefUnknown, match="cannot be the name"):
        await make_source().fetch(None, ref)


async def test_a_repository_without_commits_says_so_and_heals(repository, make_source):
    source = make_source()
    with pytest.raises(RefUnknown, match="is empty"):
        await source.fetch(None)
    repository.commit({"a": b"1"})
    assert (await source.fetch(None)).files


async def test_an_emptied_branch_is_a_snapshot_without_files(repository, make_source):
    repository.commit({"a": b"1", "b/c": b"2"})
    source = make_source()
    first = await source.fetch(None)
    repository.commit({"a": None, "b": None})
    second = await source.fetch(first)
    assert second.files == ()
    assert second.revision != first.revision


async def test_a_force_push_is_followed_and_undone(repository, make_source):
    first = repository.commit({"a": b"1", "same": b"same"})
    source = make_source()
    snapshot = await source.fetch(None)
    forced = repository.commit({"a": b"2", "same": b"same"}, anew=True)
    changed = await source.fetch(snapshot)
    assert changed.revision == forced
    assert changed.files[1] is snapshot.files[1]
    repository.git("update-ref", "refs/heads/main", first)
    assert (await source.fetch(changed)).revision == first


@pytest.mark.parametrize("generous", ["true", "false"])
async def test_any_commit_can_be_had_over_http(repository, make_source, generous):
    repository.git("config", "uploadpack.allowAnySHA1InWant", generous)
    first = repository.commit({"a": b"1"})
    repository.commit({"a": b"2"})
    async with git_http_server(repository.folder.parent) as server:
        source = make_source(url=server.url("repo.git"))
        followed = await source.fetch(None)
        old = await source.fetch(followed, first)
        assert old.revision == first
        assert await source.fetch(followed) is followed
        with pytest.raises(RefUnknown, match="f" * 40):
            await source.fetch(followed, "f" * 40)


async def test_a_commit_that_the_clone_has_costs_no_network(repository, make_source):
    commit = repository.commit({"a": b"1"})
    async with git_http_server(repository.folder.parent) as server:
        source = make_source(url=server.url("repo.git"), ref=commit)
        snapshot = await source.fetch(None)
        asked = len(server.requests)
        assert await source.fetch(snapshot) is snapshot
        assert await make_source(url=server.url("repo.git"), ref=commit).fetch(None) == snapshot
        assert len(server.requests) == asked


async def test_idle_looks_ask_for_refs_only(repository, make_source):
    repository.commit({"a": b"1"})
    async with git_http_server(repository.folder.parent) as server:
        source = make_source(url=server.url("repo.git"))
        snapshot = await source.fetch(None)
        server.requests.clear()
        for _ in range(3):
            assert await source.fetch(snapshot) is snapshot
        assert server.requests == ["GET /repo.git/info/refs?service=git-upload-pack"] * 3


async def test_a_repository_that_is_gone_heals(repository, make_source):
    repository.commit({"a": b"1"})
    source = make_source()
    snapshot = await source.fetch(None)
    away = repository.folder.with_name("away")
    repository.folder.rename(away)
    with pytest.raises(SourceUnavailable, match="there is no folder"):
        await source.fetch(snapshot)
    away.rename(repository.folder)
    assert await source.fetch(snapshot) is snapshot


async def test_a_repository_with_other_digests_is_named(make_source, tmp_path):
    command = ["git", "init", "-q", "--bare", "--object-format=sha256", str(tmp_path / "other.git")]
    subprocess.run(command, check=True)
    GitRepository(tmp_path / "other.git").commit({"a": b"1"})
    with pytest.raises(SourceUnavailable, match="SHA-256, which is not supported"):
        await make_source(url=str(tmp_path / "other.git")).fetch(None)
    async with git_http_server(tmp_path) as server:
        with pytest.raises(SourceUnavailable, match="SHA-256, which is not supported"):
            await make_source(url=server.url("other.git")).fetch(None)


async def test_another_repository_under_the_same_address(repository, make_source):
    repository.commit({"a": b"1"})
    source = make_source()
    snapshot = await source.fetch(None)
    shutil.rmtree(repository.folder)
    commit = GitRepository.create(repository.folder).commit({"b": b"other"})
    other = await source.fetch(snapshot)
    assert other.revision == commit
    assert [file.path for file in other.files] == ["b"]


def test_pushes_concern_the_repository_under_all_its_addresses(make_source):
    source = make_source(url="git@GitHub.com:Acme/Flows.git", ref="main")
    for url in (
        "https://github.com/acme/flows.git",
        "https://github.com/acme/flows",
        "ssh://git@github.com/acme/flows.git",
        "ssh://git@github.com:22/acme/flows",
        "https://someone@github.com/acme/flows/",
        "ssh://git@ssh.github.com:443/acme/flows.git",
        "https://www.github.com/acme/flows",
    ):
        assert source.concerns(Push(urls=("https://example.org/x", url), ref="refs/heads/main"))
        assert source.concerns(Push(urls=(url,)))
        assert not source.concerns(Push(urls=(url,), ref="refs/heads/other"))
    for url in ("https://github.com/acme/flows2.git", "https://gitlab.com/acme/flows.git", "nonsense", ""):
        assert not source.concerns(Push(urls=(url,)))
    assert make_source(url="https://a/b", ref="v1").concerns(Push(urls=("https://a/b.git",), ref="refs/tags/v1"))
    assert not make_source(url="https://a/b", ref="a" * 40).concerns(Push(urls=("https://a/b",), ref="refs/heads/x"))


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("ssh://git@ssh.github.com:443/acme/flows.git", "https://github.com/acme/flows.git"),
        ("ssh://git@altssh.gitlab.com:443/acme/team/flows.git", "git@gitlab.com:acme/team/flows.git"),
        ("ssh://git@altssh.bitbucket.org:443/acme/flows.git", "https://bitbucket.org/acme/flows"),
        ("https://www.gitlab.com/acme/flows", "https://gitlab.com./acme/flows.git"),
    ],
)
def test_pushes_concern_a_host_under_all_its_names(make_source, url, other):
    assert make_source(url=url).concerns(Push(urls=(other,)))
    assert make_source(url=other).concerns(Push(urls=(url,)))


@pytest.mark.parametrize(
    "ref",
    ["", "a b", "-x", "a..b", "a/.b", "a.lock/b", "a.lock", "@", "a@{1}", "x\ud800", "x" * 251, "ä" * 126, "a//b"],
)
async def test_texts_that_name_no_ref(repository, make_source, ref):
    repository.commit({"a": b"1"})
    source = make_source()
    with pytest.raises(RefUnknown) as raised:
        await source.fetch(None, ref)
    said = str(raised.value)
    assert len(said) < 200
    assert "fsck" not in said
    assert str(repository.folder) not in said


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("ISO-8859-1", "Größe"),
        ("windows-1251", "GrцЯe"),
        ("nonsense", "Gr��e"),
        ("base64", "Gr��e"),
        ("unicode_escape", "Gr��e"),
        ("idna", "Gr��e"),
    ],
)
async def test_a_commit_is_read_as_it_says(repository, make_source, encoding, told):
    tree = repository.git("rev-parse", f"{repository.commit({'a': b'1'})}^{{tree}}")
    head = f"tree {tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\nencoding {encoding}\n\n".encode()
    made = repository.git("hash-object", "-t", "commit", "-w", "--stdin", given=head + "Größe\n".encode("latin-1"))
    repository.git("update-ref", "refs/heads/main", made)
    snapshot = await make_source().fetch(None)
    assert snapshot.commit.title == told


def test_pushes_concern_local_repositories(repository, make_source):
    for url in (repository.folder.as_uri(), str(repository.folder), str(repository.folder).removesuffix(".git")):
        assert make_source().concerns(Push(urls=(url,), ref="refs/heads/main"))
