"""Whatever a tarball holds, it is unpacked inside its directory or refused with what is wrong."""

import gzip
import io
import random
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from stroem.files.tar_safety import TarballUnsafe
from stroem.worker.files import workspace_cache
from stroem.worker.files.tarball import unpack
from stroem.worker.files.workspace_cache import WorkspaceCache, WorkspaceUnavailable
from stroem.worker.http.client import ServerClient
from tests.worker.scripted_server import tar_gz

REG, DIR, SYM, LNK = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def member(name: str, kind: bytes = REG, link: str = "", **more: Any) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, 0o644
    for key, value in more.items():
        setattr(info, key, value)
    return info


def raw(*members: tarfile.TarInfo, form: int = tarfile.PAX_FORMAT) -> bytes:
    """An archive of empty members, not compressed."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:", format=form) as archive:
        for one in members:
            archive.addfile(one)
    return file.getvalue()


def pax(**headers: str) -> tarfile.TarInfo:
    return member("file", pax_headers=headers)


HOSTILE = {
    "absolute": raw(member("/etc/evil")),
    "up": raw(member("../evil")),
    "up in the middle": raw(member("a/../../evil")),
    "up as a directory": raw(member("..", DIR)),
    "hard link out": raw(member("hard", LNK, "/etc/passwd")),
    "hard link inside": raw(member("a"), member("b", LNK, "a")),
    "device": raw(member("null", tarfile.CHRTYPE)),
    "pipe": raw(member("pipe", tarfile.FIFOTYPE)),
    "unknown type": raw(member("what", b"Z")),
    "the same file twice": raw(member("a"), member("a")),
    "the same file twice, written otherwise": raw(member("a/b"), member("./a//b")),
    "a file that is a directory": raw(member("a"), member("a/b")),
    "a directory that is a file": raw(member("a/b"), member("a")),
    "a directory and then a file": raw(member("a", DIR), member("a")),
    "a file and then a directory": raw(member("a"), member("a", DIR)),
    "a link and a file": raw(member("a", SYM, "b"), member("a")),
    "a link and a directory of that name": raw(member("a", SYM, "b"), member("a/b")),
    "a link below a link": raw(member("d/e/f"), member("a", SYM, "d"), member("a/c", SYM, "../../..")),
    "two links": raw(member("a", SYM, "b"), member("a", SYM, "c")),
    "a name too long": raw(member("x" * 300)),
    "a path too long": raw(member("/".join(["x" * 200] * 40))),
    "a link target too long": raw(member("a", SYM, "x" * 5000)),
    "an empty link target": raw(member("a", SYM, "")),
    "no name": raw(member("")),
    "the directory itself as a file": raw(member(".")),
    "a time beyond all": raw(pax(mtime="1e300")),
    "a time that is none": raw(pax(mtime="nan")),
    "an endless time": raw(pax(mtime="inf")),
    "a size that is none": raw(pax(size="-1")),
    "a path with NUL": raw(pax(path="a\0b")),
    "a path that leads out": raw(pax(path="../evil")),
    "a sparse map": raw(member("s", pax_headers={"GNU.sparse.map": "1,x", "GNU.sparse.size": "9"})),
    "a sparse version": raw(member("s", pax_headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0"})),
    "no end": raw(member("a", size=10_000)),
    "rubbish": b"\1" * 10_240,
    "a head of zeros and one": bytes(100) + b"x" + bytes(10_139),
}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    target = tmp_path / "safe" / "target"
    target.mkdir(parents=True)
    return target


def packed(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "some.tar.gz"
    path.write_bytes(gzip.compress(data, 1))
    return path


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_with_a_reason(tmp_path: Path, target: Path, name: str) -> None:
    with pytest.raises(TarballUnsafe) as raised:
        unpack(packed(tmp_path, HOSTILE[name]), target)
    assert str(raised.value)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["safe", "some.tar.gz"]
    assert [entry.name for entry in (tmp_path / "safe").iterdir()] == ["target"]


def test_the_same_directory_twice_is_no_mistake(tmp_path: Path, target: Path) -> None:
    unpack(packed(tmp_path, raw(member("a", DIR), member("a/b"), member("./a/", DIR))), target)
    assert (target / "a" / "b").is_file()


def test_modes_of_the_owner_stay_and_those_of_others_are_bounded(tmp_path: Path, target: Path) -> None:
    unpack(packed(tmp_path, raw(member("a", mode=0o6777), member("b", DIR, mode=0), member("b/c", mode=0))), target)
    assert (target / "a").stat().st_mode & 0o7022 == 0
    assert (target / "b" / "c").read_bytes() == b""


@pytest.mark.slow("a property over many examples")
def test_damage_anywhere_is_refused_or_harmless(tmp_path: Path, target: Path) -> None:
    """Bytes of a good archive changed and cut at random: nothing but the one error comes of it."""
    good = raw(
        member("dir", DIR), member("dir/file"), member("dir/link", SYM, "file"), pax(mtime="1.5", path="ä" * 120)
    )
    chance = random.Random(7)
    for _ in range(1500):
        data = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.choice((0, 32, 47, 48, 55, 76, 120, 255, chance.randrange(256)))
        _fix_checksums(data)
        try:
            unpack(packed(tmp_path, bytes(data[: chance.choice((len(data), chance.randrange(len(data))))])), target)
        except TarballUnsafe:
            pass
        assert sorted(entry.name for entry in tmp_path.iterdir()) == ["safe", "some.tar.gz"]
        assert [entry.name for entry in (tmp_path / "safe").iterdir()] == ["target"]
        shutil.rmtree(target)
        target.mkdir()


def _fix_checksums(data: bytearray) -> None:
    """Makes each head look whole again, so that what is in it counts."""
    for at in range(0, len(data) - 511, 512):
        if any(data[at : at + 512]) and data[at + 257 : at + 262] == b"ustar":
            data[at + 148 : at + 156] = b" " * 8
            data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + 512])


@pytest.mark.parametrize("name", ["absolute", "the same file twice", "a time beyond all", "no end", "rubbish"])
async def test_a_step_is_told_and_nothing_stays(site: Any, server: Any, name: str) -> None:
    server.tarballs["w", "r1"] = gzip.compress(HOSTILE[name])
    async with ServerClient(site.settings()) as client:
        cache = WorkspaceCache(site.directory, client, retained=2, most_bytes=1_000_000)
        cache.open()
        with pytest.raises(WorkspaceUnavailable, match="w at revision r1: "):
            async with cache.use("w", "r1"):
                pass
        assert [path for path in site.directory.rglob("*") if path.name != "w"] == []
        await cache.close()


async def test_a_tarball_that_is_too_large_costs_the_others_nothing(
    site: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace_cache, "SMALLEST_LIMIT", 1000)
    server.tarballs["w", "large"] = bytes(2001)
    server.tarballs["w", "r1"] = tar_gz({"a": b"1"})
    async with ServerClient(site.settings()) as client:
        cache = WorkspaceCache(site.directory, client, retained=2, most_bytes=2000)
        cache.open()
        async with cache.use("w", "r1"):
            with pytest.raises(WorkspaceUnavailable, match="w at revision large: the tarball has 2,001 bytes"):
                async with cache.use("w", "large"):
                    pass
        async with cache.use("w", "r1") as tree:
            assert tree.size
        await cache.close()
