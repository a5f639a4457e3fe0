"""What of a repository belongs to the workspace, and what must not."""

import pytest

from plugins.git.tests.conftest import contents
from stroem.errors import SettingsError
from stroem.interfaces.source import FetchLimits, SourceRejected, SourceUnavailable
from tests.support.git.repository import Entry, GitRepository

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 12345\n"


def tree(repository: GitRepository, *entries: tuple[str, str, bytes]) -> str:
    """A tree of (mode, name, content) that git itself would refuse to make."""
    raw = b""
    for mode, name, content in entries:
        kind = "tree" if mode == "40000" else "blob"
        oid = content.decode() if kind == "tree" else write(repository, "blob", content)
        raw += f"{mode} ".encode() + name.encode("utf-8", "surrogateescape") + b"\0" + bytes.fromhex(oid)
    return write(repository, "tree", raw)


def write(repository: GitRepository, kind: str, data: bytes) -> str:
    """An object, unchecked."""
    return repository.git("hash-object", "-w", "--stdin", "--literally", "-t", kind, given=data)


def commit_tree(repository: GitRepository, oid: str) -> str:
    """Makes a tree the newest commit of main."""
    commit = repository.git("commit-tree", oid, "-m", "By hand")
    repository.git("update-ref", "refs/heads/main", commit)
    return commit


async def test_a_folder_in_a_monorepo(repository, make_source):
    repository.commit({"teams/data/flow.yaml": b"1", "teams/data/x/y": b"2", "teams/web/flow.yaml": b"3", "top": b"4"})
    source = make_source(path="teams/data/")
    snapshot = await source.fetch(None)
    assert await contents(source, snapshot) == {"flow.yaml": b"1", "x/y": b"2"}
    assert source.origin == f"{repository.folder} (teams/data)"


async def test_commits_that_touch_other_folders_change_nothing(repository, make_source):
    repository.commit({"mine/a": b"1", "other/b": b"1"})
    source = make_source(path="mine")
    snapshot = await source.fetch(None)
    repository.commit({"other/b": b"2"})
    assert await source.fetch(snapshot) is snapshot
    assert await make_source(path="mine").fetch(snapshot) is snapshot
    commit = repository.commit({"mine/a": b"2"})
    changed = await source.fetch(snapshot)
    assert changed.revision == commit


async def test_the_same_commit_with_another_path_is_something_else(repository, make_source):
    repository.commit({"staging/a": b"staging", "sandbox/a": b"sandbox"})
    before = await make_source(path="staging").fetch(None)
    source = make_source(path="sandbox")
    after = await source.fetch(before)
    assert await contents(source, after) == {"a": b"sandbox"}


@pytest.mark.parametrize("path", ["missing", "a", "folder/missing"])
async def test_a_missing_folder_is_named(repository, make_source, path):
    commit = repository.commit({"a": b"1", "folder/b": b"1"})
    source = make_source(path=path)
    with pytest.raises(SourceRejected, match=f"no folder '{path}'") as raised:
        await source.fetch(None)
    assert raised.value.revision == commit
    repository.commit({"a": None})
    repository.commit({f"{path}/b": b"1"})
    assert (await source.fetch(None)).files


@pytest.mark.parametrize("path", ["../x", "a/../../b", "/etc", "a\0b"])
def test_paths_that_lead_out_are_refused(make_source, path):
    with pytest.raises(SettingsError, match="path: "):
        make_source(path=path)


async def test_submodules_are_left_out_and_told(repository, make_source):
    commit = repository.commit({"a": b"1"})
    repository.commit({"vendored/lib": Entry(commit.encode(), "160000"), ".gitmodules": b"[submodule]\n"})
    source = make_source()
    snapshot = await source.fetch(None)
    assert [file.path for file in snapshot.files] == [".gitmodules", "a"]
    assert source.warnings == ("submodules are left out: vendored/lib",)
    repository.commit({"b": b"1"})
    changed = await source.fetch(snapshot)
    assert source.warnings == ("submodules are left out: vendored/lib",)
    repository.commit({"vendored/lib": None})
    await source.fetch(changed)
    assert source.warnings == ()


async def test_lfs_pointers_are_told(repository, make_source):
    repository.commit({f"model-{number}.bin": POINTER for number in range(5)})
    source = make_source()
    snapshot = await source.fetch(None)
    assert len(snapshot.files) == 5
    expected = "pointers of Git LFS.*not fetched: model-0.bin, model-1.bin, model-2.bin and 2 more"
    assert len(source.warnings) == 1
    assert pytest.importorskip("re").search(expected, source.warnings[0])
    repository.commit({f"model-{number}.bin": b"real" for number in range(5)})
    await source.fetch(snapshot)
    assert source.warnings == ()


async def test_case_clashes_are_told(repository, make_source):
    repository.commit({"Read.me": b"1", "other": b"2"})
    source = make_source()
    snapshot = await source.fetch(None)
    repository.commit({"read.ME": b"2"})
    await source.fetch(snapshot)
    assert source.warnings == ("names differ in case only, and clash on some disks: Read.me and read.ME",)


@pytest.mark.parametrize(
    ("mode", "name", "message"),
    [
        ("100644", "..", "leads out of its folder"),
        ("100644", ".", "leads out of its folder"),
        ("100644", "a/b", "leads out of its folder"),
        ("100644", "../../etc/passwd", "leads out of its folder"),
        ("100644", "/etc/passwd", "leads out of its folder"),
        ("100644", ".git", "git's own"),
        ("100644", ".GIT", "git's own"),
        ("100644", "caf\udce9", r"caf\\xe9.* is not UTF-8"),
        ("100644", "n" * 300, "too long"),
        ("060000", "device", "neither a file"),
        ("120000", "link", "target of 0 bytes"),
    ],
)
async def test_names_and_kinds_that_must_not_get_onto_a_disk(repository, make_source, mode, name, message):
    content = b"" if mode == "120000" else b"x"
    commit = commit_tree(repository, tree(repository, (mode, name, content)))
    source = make_source()
    with pytest.raises(SourceRejected, match=message) as raised:
        await source.fetch(None)
    assert raised.value.revision == commit
    inner = tree(repository, ("40000", "inner", tree(repository, (mode, name, content)).encode()))
    commit_tree(repository, inner)
    with pytest.raises(SourceRejected, match=message):
        await source.fetch(None)
    commit_tree(repository, tree(repository, ("100644", "good", b"x")))
    assert (await source.fetch(None)).files


async def test_a_name_that_is_there_twice(repository, make_source):
    commit_tree(repository, tree(repository, ("100644", "a", b"1"), ("100644", "a", b"2")))
    with pytest.raises(SourceRejected, match="there twice"):
        await make_source().fetch(None)


async def test_folders_that_are_nested_too_deep(repository, make_source):
    repository.commit({"/".join("d" * 70) + "/file": b"x"})
    with pytest.raises(SourceRejected, match="64 folders deep"):
        await make_source().fetch(None)


async def test_a_tree_that_holds_itself_many_times_over(repository, make_source):
    oid = tree(repository, ("100644", "f", b"x"))
    for _ in range(12):
        oid = tree(repository, *(("40000", f"d{number}", oid.encode()) for number in range(10)))
    commit_tree(repository, oid)
    with pytest.raises(SourceUnavailable, match="more than 1000 files"):
        await make_source(FetchLimits(files=1000)).fetch(None)
    oid = tree(repository)
    for _ in range(12):
        oid = tree(repository, *(("40000", f"d{number}", oid.encode()) for number in range(10)))
    commit_tree(repository, oid)
    with pytest.raises(SourceUnavailable, match="more than 1000 files"):
        await make_source(FetchLimits(files=1000)).fetch(None)


async def test_links_with_odd_targets(repository, make_source):
    repository.commit({"long": Entry(b"x" * 5000, "120000")})
    with pytest.raises(SourceRejected, match="symbolic link long"):
        await make_source().fetch(None)
    repository.commit({"long": Entry(b"\xff\xfe", "120000")})
    with pytest.raises(SourceRejected, match="not UTF-8"):
        await make_source().fetch(None)


async def test_modes_of_old_gits_count_as_plain(repository, make_source):
    commit_tree(repository, tree(repository, ("100664", "a", b"x"), ("100755", "b", b"x")))
    snapshot = await make_source().fetch(None)
    assert [file.mode for file in snapshot.files] == [0o644, 0o755]


async def test_limits_name_the_file_and_the_limit(repository, make_source):
    repository.commit({"small": b"x", "data/big.bin": b"x" * 2000})
    with pytest.raises(SourceUnavailable, match=r"data/big.bin has 2000 bytes, and 1000 are allowed.*file_bytes"):
        await make_source(FetchLimits(file_bytes=1000)).fetch(None)
    with pytest.raises(SourceUnavailable, match=r"have 2001 bytes, and 2000 are allowed.*total_bytes"):
        await make_source(FetchLimits(total_bytes=2000)).fetch(None)
    with pytest.raises(SourceUnavailable, match=r"more than 1 files"):
        await make_source(FetchLimits(files=1)).fetch(None)


async def test_limits_hold_for_changes_too(repository, make_source):
    repository.commit({"a": b"x" * 600, "b": b"x"})
    source = make_source(FetchLimits(files=2, total_bytes=1000))
    first = await source.fetch(None)
    repository.commit({"a": b"y" * 900})
    second = await source.fetch(first)
    repository.commit({"b": b"x" * 101})
    with pytest.raises(SourceUnavailable, match="1001 bytes"):
        await source.fetch(second)
    repository.commit({"b": b"x", "c": b"x"})
    with pytest.raises(SourceUnavailable, match="more than 2 files"):
        await source.fetch(second)
    repository.commit({"b": None})
    assert [file.path for file in (await source.fetch(second)).files] == ["a", "c"]


async def test_a_file_becomes_a_folder_and_back(repository, make_source):
    repository.commit({"x": b"1", "y/z": b"2"})
    source = make_source()
    first = await source.fetch(None)
    repository.commit({"x": None, "y": None})
    repository.commit({"x/inner": b"3", "y": b"4"})
    second = await source.fetch(first)
    assert await contents(source, second) == {"x/inner": b"3", "y": b"4"}
    repository.commit({"x": None, "y": None})
    repository.commit({"x": b"1", "y/z": b"2"})
    third = await source.fetch(second)
    assert await contents(source, third) == {"x": b"1", "y/z": b"2"}


async def test_an_empty_commit_is_a_new_revision_with_the_same_files(repository, make_source):
    repository.commit({"a": b"1"})
    source = make_source()
    first = await source.fetch(None)
    commit = repository.commit({})
    second = await source.fetch(first)
    assert second.revision == commit
    assert second.files is first.files
