"""What clones take on disk, and what happens when there is no room."""

import asyncio
import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from plugins.git.tests.conftest import contents, packs
from stroem.interfaces.source import FetchLimits, SourceUnavailable
from stroem_git.clone import Clone
from stroem_git.helper.pool import HELPERS
from stroem_git.helper.trust import clone_folder
from tests.support.git.http import git_http_server
from tests.support.git.repository import Entry, GitRepository


@pytest.mark.parametrize(("way", "size"), [("file", "256k"), ("http", "256k"), ("file", "16k"), ("http", "16k")])
async def test_a_full_disk_is_named_and_heals(repository, make_source, cache, way, size):
    cache.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(cache)], capture_output=True)
    if mounted.returncode:
        pytest.skip("a full disk needs the right to mount one")
    try:
        repository.commit({f"f{number}": os.urandom(10_000) for number in range(100)})
        async with git_http_server(repository.folder.parent) as server:
            source = make_source(url=server.url("repo.git") if way == "http" else str(repository.folder))
            with pytest.raises(SourceUnavailable, match=r"^the disk with the local clones is full"):
                await source.fetch(None)
            subprocess.run(["mount", "-o", "remount,size=64m", str(cache)], check=True)
            assert len((await source.fetch(None)).files) == 100
    finally:
        HELPERS.close()
        subprocess.run(["umount", str(cache)], check=True)


@pytest.mark.slow("large data or many rounds")
async def test_a_large_history_stays_at_its_host(repository, make_source, cache):
    noise = random.Random(1).randbytes(5_000_000)
    versions = ({"large.bin": noise[n:] + noise[:n], "small": b"%d" % n} for n in range(40))
    repository.git("config", "core.bigFileThreshold", "1m")
    repository.history([*(("Large", version) for version in versions), ("Small", {"large.bin": None})])
    assert sum(file.stat().st_size for file in repository.folder.rglob("*.pack")) > 190_000_000
    async with git_http_server(repository.folder.parent) as server:
        for url in (server.url("repo.git"), str(repository.folder)):
            source = make_source(url=url)
            snapshot = await source.fetch(None)
            assert await contents(source, snapshot) == {"small": b"39"}
        assert server.pack_bytes < 100_000
    assert sum(pack.stat().st_size for pack in packs(cache)) < 100_000


@pytest.mark.parametrize("way", ["file", "http"])
async def test_a_change_costs_what_it_touches(repository, make_source, cache, way):
    repository.commit({f"d{n % 100}/f{n}": b"content %d" % n * 20 for n in range(5000)})
    async with git_http_server(repository.folder.parent) as server:
        source = make_source(url=server.url("repo.git") if way == "http" else str(repository.folder))
        snapshot = await source.fetch(None)
        before = server.pack_bytes
        repository.commit({"d7/f7": b"changed"})
        changed = await source.fetch(snapshot)
        assert server.pack_bytes - before < 20_000
    assert min(pack.stat().st_size for pack in packs(cache)) < 20_000
    assert sum(new is not old for new, old in zip(changed.files, snapshot.files, strict=True)) == 1


@pytest.mark.parametrize("way", ["file", "http"])
async def test_many_pushes_do_not_fill_the_disk(repository, make_source, cache, way):
    repository.commit({f"f{number}": os.urandom(500) for number in range(20)})
    async with git_http_server(repository.folder.parent) as server:
        url = server.url("repo.git") if way == "http" else str(repository.folder)
        source = make_source(url=url)
        snapshot = await source.fetch(None)
        clone = Clone(clone_folder(cache, url), lambda: None)
        for number in range(6):
            repository.commit({"f3": b"%d" % number})
            snapshot = await source.fetch(snapshot)
        assert len(packs(cache)) == 7
        clone.tidy(most_packs=4)
        assert len(packs(cache)) == 1
        assert len(list(clone.folder.glob("refs/stroem/*"))) == 7
        assert (await contents(source, snapshot))["f3"] == b"5"
        repository.commit({"f3": b"after"})
        snapshot = await source.fetch(snapshot)
        assert (await contents(source, snapshot))["f3"] == b"after"
        await make_source(url=url).fetch(None)
    assert len(packs(cache)) == 2


async def test_only_the_newest_commits_are_kept(repository, make_source, cache):
    source, snapshot = make_source(), None
    for number in range(30):
        repository.commit({"a": b"%d" % number})
        snapshot = await source.fetch(snapshot)
    kept = list(cache.glob("*/refs/stroem/*"))
    assert len(kept) == 24
    assert repository.tip() in {reference.name for reference in kept}


async def test_clones_that_nobody_uses_are_thrown_away(repository, make_source, cache):
    repository.commit({"a": b"1"})
    await make_source().fetch(None)
    old = packs(cache)[0].parents[2]
    long_ago = time.time() - 40 * 24 * 3600
    os.utime(old / "used", (long_ago, long_ago))
    async with git_http_server(repository.folder.parent) as server:
        await make_source(url=server.url("repo.git")).fetch(None)
    assert not old.exists()


async def test_nothing_goes_to_the_temp_folder(repository, make_source, tmp_path, monkeypatch):
    empty = tmp_path / "temp"
    empty.mkdir()
    monkeypatch.setenv("TMPDIR", str(empty))
    HELPERS.close()
    repository.commit({"a": b"1" * 10_000, "l": Entry(b"a", "120000")})
    async with git_http_server(repository.folder.parent) as server:
        source = make_source(url=server.url("repo.git"))
        await contents(source, await source.fetch(None))
    HELPERS.close()
    assert list(empty.iterdir()) == []


async def test_a_download_is_bounded(repository, make_source):
    repository.commit({"mine/a": b"x", "other/big": os.urandom(200_000)})
    async with git_http_server(repository.folder.parent) as server:
        source = make_source(FetchLimits(total_bytes=10_000), url=server.url("repo.git"), path="mine")
        with pytest.raises(SourceUnavailable, match="more than 40000 bytes"):
            await source.fetch(None)


async def test_repositories_that_are_not_asked_for_anything_are_not_open(make_source, tmp_path):
    HELPERS.close()
    sources = []
    for number in range(30):
        repository = GitRepository.create(tmp_path / f"r{number}.git")
        repository.commit({"a": b"1"})
        sources.append(make_source(url=str(repository.folder)))
    snapshots = await asyncio.gather(*(source.fetch(None) for source in sources))
    await asyncio.gather(*(source.fetch(old) for source, old in zip(sources, snapshots, strict=True)))
    (helper,) = HELPERS.processes()
    assert len(list(Path(f"/proc/{helper}/fd").iterdir())) < 10
