"""The local clones: shared, damaged, killed, too large, and thrown away."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from plugins.git.tests.conftest import contents, packs
from stroem.interfaces.source import SourceUnavailable
from stroem_git.helper.pool import HELPERS
from tests.support.git.http import git_http_server

AGAIN = """
import asyncio, sys
from pathlib import Path
from stroem.interfaces.source import FetchLimits
from stroem_git.source import GitSource

async def main():
    source = GitSource(url=sys.argv[1])
    source.prepare(Path(sys.argv[2]), FetchLimits())
    snapshot = None
    for _ in range(int(sys.argv[3])):
        snapshot = await source.fetch(snapshot)
        print(snapshot.revision, flush=True)
        assert [data async for _, data in source.read(snapshot, snapshot.files)]

asyncio.run(main())
"""


async def test_a_hundred_sources_share_a_clone(repository, make_source, cache):
    repository.commit({f"team-{number}/flow": b"%d" % number for number in range(100)})
    async with git_http_server(repository.folder.parent) as server:
        sources = [make_source(url=server.url("repo.git"), path=f"team-{number}") for number in range(100)]
        first = await asyncio.gather(*(source.fetch(None) for source in sources))
        assert len(packs(cache)) == 1
        assert sum(line.startswith("POST") for line in server.requests) <= 4
        assert sum(line.startswith("GET") for line in server.requests) <= 50
        repository.commit({"team-7/flow": b"changed"})
        second = await asyncio.gather(*(s.fetch(old) for s, old in zip(sources, first, strict=True)))
    assert len(packs(cache)) == 2
    assert [new is old for new, old in zip(second, first, strict=True)].count(False) == 1
    assert await contents(sources[7], second[7]) == {"flow": b"changed"}


async def test_two_processes_share_a_folder(repository, cache):
    repository.commit({f"f{number}": os.urandom(100) for number in range(50)})
    async with git_http_server(repository.folder.parent) as server:
        command = [sys.executable, "-c", AGAIN, server.url("repo.git"), str(cache), "5"]
        running = [await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE) for _ in range(3)]
        for number in range(5):
            repository.commit({f"f{number}": b"changed"})
        said = [(await process.communicate())[0].decode().split() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert all(len(lines) == 5 for lines in said)


async def test_a_server_that_is_killed_while_it_clones(repository, make_source, cache):
    repository.commit({f"f{number}": os.urandom(20_000) for number in range(100)})
    async with git_http_server(repository.folder.parent) as server:
        server.stop_after = 500_000
        command = [sys.executable, "-c", AGAIN, server.url("repo.git"), str(cache), "1"]
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        await server.hanging.wait()
        process.send_signal(signal.SIGKILL)
        await process.communicate()
        server.stop_after = None
        source = make_source(url=server.url("repo.git"))
        snapshot = await source.fetch(None)
        assert len(await contents(source, snapshot)) == 100
    assert {file.suffix for file in packs(cache)[0].parent.iterdir()} == {".pack", ".idx"}


async def test_what_a_killed_process_left_is_swept(repository, make_source, cache):
    repository.commit({"a": b"1"})
    source = make_source()
    snapshot = await source.fetch(None)
    folder = packs(cache)[0].parent
    (folder / "pack_git2_abcdef").write_bytes(b"half")
    (folder / f"pack-{'0' * 40}.pack").write_bytes(b"half")
    repository.commit({"a": b"2"})
    await source.fetch(snapshot)
    assert {file.suffix for file in folder.iterdir()} == {".pack", ".idx"}
    assert len(packs(cache)) == 2


@pytest.mark.parametrize("damage", ["zeroes", "short", "head", "no packs", "config", "index"])
async def test_a_damaged_clone_is_made_anew(repository, make_source, cache, damage):
    repository.commit({f"f{number}": b"%d" % number * 1000 for number in range(50)})
    source = make_source()
    snapshot = await source.fetch(None)
    pack = packs(cache)[0]
    pack.chmod(0o644)
    if damage == "zeroes":
        size = pack.stat().st_size
        pack.write_bytes(b"\0" * size)
    elif damage == "short":
        pack.write_bytes(pack.read_bytes()[:200])
    elif damage == "head":
        (pack.parents[2] / "HEAD").write_text("nonsense")
    elif damage == "config":
        (pack.parents[2] / "config").write_text("[[[")
    elif damage == "index":
        pack.with_suffix(".idx").chmod(0o644)
        pack.with_suffix(".idx").write_bytes(b"nonsense" * 200)
    else:
        pack.unlink()
        pack.with_suffix(".idx").unlink()
    repository.commit({"f1": b"changed"})
    changed = await source.fetch(snapshot)
    assert (await contents(source, changed))["f1"] == b"changed"
    assert changed.files[5] is snapshot.files[5]


async def test_many_sources_find_a_clone_damaged(repository, make_source, cache):
    repository.commit({f"team-{number}/flow": b"%d" % number for number in range(30)})
    sources = [make_source(path=f"team-{number}") for number in range(30)]
    first = await asyncio.gather(*(source.fetch(None) for source in sources))
    pack = packs(cache)[0]
    pack.chmod(0o644)
    pack.write_bytes(b"nonsense" * 500)
    repository.commit({f"team-{number}/flow": b"new" for number in range(30)})
    second = await asyncio.gather(*(s.fetch(old) for s, old in zip(sources, first, strict=True)))
    for source, snapshot in zip(sources, second, strict=True):
        assert await contents(source, snapshot) == {"flow": b"new"}


async def test_a_clone_that_was_damaged_after_the_fetch(repository, make_source, cache):
    repository.commit({"a": b"1" * 1000})
    source = make_source()
    snapshot = await source.fetch(None)
    packs(cache)[0].unlink()
    assert await contents(source, snapshot) == {"a": b"1" * 1000}


async def test_a_clone_that_is_gone(repository, make_source, cache):
    repository.commit({"a": b"1"})
    source = make_source()
    snapshot = await source.fetch(None)
    subprocess.run(["rm", "-rf", str(cache)], check=True)
    assert await contents(source, snapshot) == {"a": b"1"}
    repository.commit({"b": b"2"})
    assert await contents(source, await source.fetch(snapshot)) == {"a": b"1", "b": b"2"}


async def test_a_damaged_remote_is_named_and_heals(repository, make_source):
    repository.commit({"a": b"1" * 1000})
    lost = repository.commit({"a": b"2" * 1000})
    blob = repository.git("rev-parse", "main:a")
    for pack in repository.folder.glob("objects/pack/*.pack"):
        data = pack.read_bytes()
        pack.unlink()
        repository.git("unpack-objects", "-q", given=data)
    loose = repository.folder / "objects" / blob[:2] / blob[2:]
    kept = loose.read_bytes()
    loose.unlink()
    source = make_source()
    with pytest.raises(SourceUnavailable, match=r"the repository is damaged: .*Push what is missing again"):
        await source.fetch(None)
    async with git_http_server(repository.folder.parent) as server:
        distant = make_source(url=server.url("repo.git"))
        with pytest.raises(SourceUnavailable, match=r"broke off|damaged|out of order"):
            await distant.fetch(None)
        loose.write_bytes(kept)
        assert (await source.fetch(None)).revision == lost
        assert (await distant.fetch(None)).revision == lost


async def test_a_folder_that_is_no_repository(make_source, tmp_path):
    (tmp_path / "plain").mkdir()
    with pytest.raises(SourceUnavailable, match="not a git repository"):
        await make_source(url=str(tmp_path / "plain")).fetch(None)


async def test_a_cache_that_cannot_be_written(repository, make_source, cache):
    repository.commit({"a": b"1"})
    source = make_source()
    cache.write_text("in the way")
    with pytest.raises(SourceUnavailable, match=r"cannot be written.*(Not a directory|File exists)"):
        await source.fetch(None)
    cache.unlink()
    assert (await source.fetch(None)).files


async def test_a_helper_that_dies_is_started_again(repository, make_source):
    repository.commit({"a": b"1"})
    source = make_source()
    snapshot = await source.fetch(None)
    for process in HELPERS.processes():
        os.kill(process, signal.SIGKILL)
    assert await source.fetch(snapshot) is snapshot
