"""Revisions of workspaces: downloaded once, checked, kept while they are needed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from stroem.worker.server_client import ServerClient
from stroem.worker.workspace_cache import WorkspaceCache, WorkspaceUnavailable


@pytest.fixture
async def cache(site: Any, tmp_path: Path) -> AsyncIterator[WorkspaceCache]:
    async with ServerClient(site.settings()) as client:
        cache = WorkspaceCache(tmp_path / "workspaces", client, retained=1)
        cache.open()
        yield cache
        await cache.close()


async def content(cache: WorkspaceCache, revision: str) -> str:
    async with cache.use("w", revision) as tree:
        return (tree.root / "file").read_text()


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
        assert {path.name for path in (tmp_path / "workspaces" / "w").iterdir()} == {"r0", "r4"}


async def test_another_run_uses_what_is_there(
    cache: WorkspaceCache, site: Any, server: Any, tarball: Any, tmp_path: Path
) -> None:
    server.tarballs["w", "r1"] = tarball({"file": b"one"})
    await content(cache, "r1")
    half = tmp_path / "workspaces" / "w" / "r2.part"
    half.mkdir()
    async with ServerClient(site.settings()) as client:
        again = WorkspaceCache(tmp_path / "workspaces", client, retained=1)
        again.open()
        assert await content(again, "r1") == "one"
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
