"""Revisions of workspaces: downloaded once, checked, kept while they are needed."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from stroem.worker.files import workspace_cache
from stroem.worker.files.workspace_cache import WorkspaceCache, WorkspaceUnavailable
from stroem.worker.http.client import ServerClient


@pytest.fixture
async def cache(site: Any, tmp_path: Path) -> AsyncIterator[WorkspaceCache]:
    async with ServerClient(site.settings()) as client:
        cache = WorkspaceCache(tmp_path / "workspaces", client, retained=1, most_bytes=2**30)
        cache.open()
        yield cache
        await cache.close()


async def content(cache: WorkspaceCache, revision: str) -> str:
    async with cache.use("w", revision) as tree:
        return (tree.root / "file").read_text()


def revisions(tmp_path: Path) -> set[str]:
    """The revisions that are there, without what is half unpacked or on its way out."""
    root = tmp_path / "workspaces"
    return {str(path.relative_to(root)) for path in root.glob("*/*") if not path.name.endswith(".part")}


async def test_steps_at_the_same_time_wait_for_one_download(cache: WorkspaceCache, server: Any, tarball: Any) -> None:
    server.tarballs["w", "r1"] = tarball({"file": b"one"})
    assert await asyncio.gather(*(content(cache, "r1") for _ in range(5))) == ["one"] * 5
    assert server.downloads == [("w", "r1")]


async def test_a_damaged_tarball_is_fetched_again(cache: WorkspaceCache, server: Any, tarball: Any) -> None:
    server.tarballs["w", "r1"] = tarball({"file": b"one"})
    right = server.digest_of
    wrong = [b"x" * 32]
    server.digest_of = lambda data: wrong.pop() if wrong else right(data)
    assert await content(cache, "r1") == "one"
    assert len(server.downloads) == 2


async def test_what_is_no_tarball_is_an_error_and_tried_again_next_time(
    cache: WorkspaceCache, server: Any, tarball: Any
) -> None:
    server.tarballs["w", "r1"] = b"not a tarball"
    with pytest.raises(WorkspaceUnavailable):
        await content(cache, "r1")
    server.tarballs["w", "r1"] = tarball({"file": b"one"})
    assert await content(cache, "r1") == "one"


async def test_old_revisions_go_but_not_while_they_are_used(
    cache: WorkspaceCache, server: Any, tarball: Any, tmp_path: Path
) -> None:
    for number in range(5):
        server.tarballs["w", f"r{number}"] = tarball({"file": b"%d" % number})
    async with cache.use("w", "r0") as tree:
        for number in range(1, 5):
            await content(cache, f"r{number}")
        assert (tree.root / "file").read_text() == "0"
        assert revisions(tmp_path) == {"w/r0", "w/r4"}


async def test_another_run_uses_what_is_there(
    cache: WorkspaceCache, site: Any, server: Any, tarball: Any, tmp_path: Path
) -> None:
    server.tarballs["w", "r1"] = tarball({"file": b"one"})
    await content(cache, "r1")
    half = tmp_path / "workspaces" / "w" / "r2.part"
    half.mkdir()
    async with ServerClient(site.settings()) as client:
        again = WorkspaceCache(tmp_path / "workspaces", client, retained=1, most_bytes=2**30)
        again.open()
        assert await content(again, "r1") == "one"
        await again.close()
    assert len(server.downloads) == 1
    assert not half.exists()


async def test_files_that_somebody_removed_are_fetched_again(cache: WorkspaceCache, server: Any, tarball: Any) -> None:
    server.tarballs["w", "r1"] = tarball({"file": b"one"})
    async with cache.use("w", "r1") as tree:
        (tree.root / "file").unlink()
        tree.root.rmdir()
    assert await content(cache, "r1") == "one"


@pytest.mark.parametrize("name", ["a/b", "..", ".hidden", "ünï", "with space", "a_b"])
async def test_any_name_has_a_directory_of_its_own(
    cache: WorkspaceCache, server: Any, tarball: Any, tmp_path: Path, name: str
) -> None:
    server.tarballs[name, "r1"] = tarball({"file": b"one"})
    async with cache.use(name, "r1") as tree:
        assert tree.root.parent.parent == tmp_path / "workspaces"


async def test_all_together_are_bounded_but_what_was_used_last_stays(
    site: Any, server: Any, tarball: Any, tmp_path: Path
) -> None:
    for name in "abcd":
        server.tarballs[name, "r1"] = tarball({"file": name.encode() * 1000})
    async with ServerClient(site.settings()) as client:
        cache = WorkspaceCache(tmp_path / "workspaces", client, retained=1, most_bytes=2500)
        cache.open()
        for name in "abca":
            async with cache.use(name, "r1"):
                pass
        assert revisions(tmp_path) == {"a/r1", "c/r1"}
        async with cache.use("a", "r1"), cache.use("c", "r1"), cache.use("d", "r1"):
            assert revisions(tmp_path) == {"a/r1", "c/r1", "d/r1"}
        assert revisions(tmp_path) == {"a/r1", "d/r1"}  # `c` was let go of first
        await cache.close()
        again = WorkspaceCache(tmp_path / "workspaces", client, retained=1, most_bytes=10)
        again.open()
        assert revisions(tmp_path) == {"d/r1"}
        await again.close()


async def test_what_an_earlier_run_left_counts(site: Any, server: Any, tarball: Any, tmp_path: Path) -> None:
    for number in range(4):
        server.tarballs["w", f"r{number}"] = tarball({"file": b"x"})
    async with ServerClient(site.settings()) as client:
        for pair in (("r0", "r1"), ("r2", "r3")):
            cache = WorkspaceCache(tmp_path / "workspaces", client, retained=1, most_bytes=2**30)
            cache.open()
            for revision in pair:
                await content(cache, revision)
            await cache.close()
    assert revisions(tmp_path) == {"w/r2", "w/r3"}


async def test_when_the_disk_is_full_it_makes_room_and_else_says_so(
    cache: WorkspaceCache, server: Any, tarball: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        server.tarballs["w", f"r{number}"] = tarball({"file": b"%d" % number})
    await content(cache, "r0")
    unpack = workspace_cache.unpack

    def full_while_others_are_there(path: Path, directory: Path) -> None:
        if any(entry.is_dir() and entry != directory for entry in directory.parent.iterdir()):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(directory))
        unpack(path, directory)

    monkeypatch.setattr(workspace_cache, "unpack", full_while_others_are_there)
    assert await content(cache, "r1") == "1"
    async with cache.use("w", "r1"):
        with pytest.raises(WorkspaceUnavailable, match=r"w at revision r2: no room is left in .*No space left"):
            await content(cache, "r2")
    assert revisions(tmp_path) == {"w/r1"}
    assert await content(cache, "r2") == "2"


async def test_a_worker_that_is_killed_in_the_middle_leaves_nothing_half(
    site: Any, server: Any, tarball: Any, tmp_path: Path
) -> None:
    """As it is after a download, and in the middle of unpacking and of removing."""
    server.tarballs["w", "r1"] = tarball({"file": b"one"})
    folder = tmp_path / "workspaces" / "w"
    for name in ("r1.part", "r2.7.part"):
        (folder / name / "sub").mkdir(parents=True)
        (folder / name / "file").write_bytes(b"half")
        (folder / name / "sub").chmod(0o500)
    (folder / "r1.tar.part").write_bytes(b"half")
    async with ServerClient(site.settings()) as client:
        cache = WorkspaceCache(tmp_path / "workspaces", client, retained=1, most_bytes=2**30)
        cache.open()
        assert list(folder.iterdir()) == []
        assert await content(cache, "r1") == "one"
        await cache.close()
    assert [path.name for path in folder.iterdir()] == ["r1"]
