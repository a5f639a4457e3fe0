"""Workers get the files of a release as the same bytes from every replica, for as long as it is kept."""

import asyncio
import io
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from stroem.blobs import manifest
from stroem.blobs.blob_store import BlobStore
from stroem.errors import BlobCorrupt, Conflict, NotFound, Unavailable
from stroem.reconciler.tarballs.packer import TarballPacker
from stroem.reconciler.tarballs.tarballs import Tarballs
from stroem.records.release import FileEntry
from stroem.store.database import Database
from stroem.store.workspaces.release_files import ReleaseFiles
from tests.reconciler.conftest import MakeReconciler, write_task


@pytest.fixture
def tarballs(database: Database, blobs: BlobStore, tmp_path: Path) -> Tarballs:
    return Tarballs(database, blobs, tmp_path / "cache" / "tarballs")


async def unpacked(blobs: BlobStore, digest: str) -> list[tuple[tarfile.TarInfo, bytes | None]]:
    with tarfile.open(fileobj=io.BytesIO(await blobs.get(digest)), mode="r:gz") as tar:
        return [(info, tar.extractfile(info).read() if info.isreg() else None) for info in tar.getmembers()]


async def digest_of(tarballs: Tarballs, revision: str | None = None) -> str:
    return await tarballs.make(await tarballs.find("main", revision))


async def pack(tarballs: Tarballs, blobs: BlobStore, *files: FileEntry) -> str:
    """The tarball of files that no release has."""
    digest = await blobs.put(manifest.to_bytes(files))
    return await tarballs.make(ReleaseFiles(workspace="main", manifest=digest, tarball=None))


async def test_it_holds_all_files_with_modes_and_links(
    make_reconciler: MakeReconciler, folder: Path, blobs: BlobStore, tarballs: Tarballs
) -> None:
    write_task(folder, "build")
    script = folder / "scripts" / ("long-" * 30) / "ünï code.sh"
    script.parent.mkdir(parents=True)
    script.write_bytes(b"#!/bin/sh\n")
    script.chmod(0o750)
    (folder / "empty").write_bytes(b"")
    (folder / "link").symlink_to("scripts")
    reconciler = make_reconciler()
    await reconciler.replicas.restore()
    await reconciler.pipeline.reconcile("main")
    found = {info.name: (info, data) for info, data in await unpacked(blobs, await digest_of(tarballs))}
    assert set(found) == {
        "./.workflows/build.yaml",
        f"./scripts/{'long-' * 30}/ünï code.sh",
        "./empty",
        "./link",
    }
    info, data = found[f"./scripts/{'long-' * 30}/ünï code.sh"]
    assert (info.mode, data) == (0o750, b"#!/bin/sh\n")
    assert found["./empty"][1] == b""
    link = found["./link"][0]
    assert link.issym()
    assert link.linkname == "scripts"
    assert {(info.mtime, info.uid, info.gid, info.uname) for info, _ in found.values()} == {(0, 0, 0, "")}


async def test_equal_files_give_equal_bytes_under_one_name(
    make_reconciler: MakeReconciler, folder: Path, tarballs: Tarballs
) -> None:
    path = write_task(folder, "build")
    reconciler = make_reconciler()
    await reconciler.replicas.restore()
    first = await reconciler.pipeline.reconcile("main")
    files, before = await tarballs.find("main"), await digest_of(tarballs)
    text = path.read_text()
    path.write_text(text + "# a remark\n")
    await reconciler.pipeline.reconcile("main")
    assert await digest_of(tarballs) != before
    path.write_text(text)
    os.utime(path, (0, 0))
    again = await reconciler.pipeline.reconcile("main")
    assert again.revision == first.revision
    assert again.release.number == 3
    assert await tarballs.find("main") == ReleaseFiles(workspace="main", manifest=files.manifest, tarball=before)


async def test_older_releases_are_served_by_their_files_or_their_revision(
    make_reconciler: MakeReconciler, folder: Path, blobs: BlobStore, tarballs: Tarballs
) -> None:
    write_task(folder, "build")
    reconciler = make_reconciler()
    await reconciler.replicas.restore()
    first = await reconciler.pipeline.reconcile("main")
    write_task(folder, "test")
    await reconciler.pipeline.reconcile("main")
    files = await tarballs.find("main", first.release.manifest)
    assert await tarballs.find("main", first.revision) == files
    assert [info.name for info, _ in await unpacked(blobs, await tarballs.make(files))] == ["./.workflows/build.yaml"]


async def test_it_is_made_once_for_all_who_ask(
    make_reconciler: MakeReconciler, folder: Path, tarballs: Tarballs, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_task(folder, "build")
    reconciler = make_reconciler()
    await reconciler.replicas.restore()
    await reconciler.pipeline.reconcile("main")
    made: list[str] = []
    leave = TarballPacker.__exit__

    def count(packer: TarballPacker, *raised: Any) -> None:
        leave(packer, *raised)
        made.append(packer.digest)

    monkeypatch.setattr(TarballPacker, "__exit__", count)
    found = await asyncio.gather(*(digest_of(tarballs) for _ in range(5)))
    assert set(found) == {await digest_of(tarballs)}
    assert made == found[:1]


async def test_one_that_was_lost_is_made_again(
    make_reconciler: MakeReconciler, folder: Path, blobs: BlobStore, tarballs: Tarballs, tmp_path: Path
) -> None:
    write_task(folder, "build")
    reconciler = make_reconciler()
    await reconciler.replicas.restore()
    await reconciler.pipeline.reconcile("main")
    first = await digest_of(tarballs)
    next((tmp_path / "blobs").rglob(first)).unlink()
    assert await digest_of(tarballs) == first
    assert await blobs.has(first)


async def test_what_is_not_there_is_told(make_reconciler: MakeReconciler, folder: Path, tarballs: Tarballs) -> None:
    with pytest.raises(NotFound, match="Release of workspace 'main' not found"):
        await tarballs.find("main")
    write_task(folder, "build")
    reconciler = make_reconciler()
    await reconciler.replicas.restore()
    await reconciler.pipeline.reconcile("main")
    with pytest.raises(NotFound, match=r"Revision 'abc' not found\. It is no longer available"):
        await tarballs.find("main", "abc")


async def test_a_large_file_is_never_whole_in_memory(blobs: BlobStore, tarballs: Tarballs) -> None:
    large = os.urandom(5_000_001)
    small = [b"%d" % number for number in range(200)]
    digests = await blobs.put_many([*small, large])
    files = [FileEntry(path=f"s{number:03}", digest=digests[number], size=len(small[number])) for number in range(200)]
    files.insert(100, FileEntry(path="s099x", digest=digests[-1], size=len(large)))
    pieces: list[int] = []
    go_on = TarballPacker.go_on
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TarballPacker, "go_on", lambda self, piece: pieces.append(len(piece)) or go_on(self, piece))
        digest = await pack(tarballs, blobs, *files)
    assert max(pieces) < 2_000_000
    found = {info.name[2:]: data for info, data in await unpacked(blobs, digest)}
    assert found == {**{f"s{number:03}": data for number, data in enumerate(small)}, "s099x": large}


async def test_nothing_is_left_in_the_folder(blobs: BlobStore, tarballs: Tarballs, tmp_path: Path) -> None:
    await pack(tarballs, blobs, FileEntry(path="link", link="target"))
    assert list((tmp_path / "cache" / "tarballs").iterdir()) == []


@pytest.mark.parametrize("path", ["../evil", "/etc/evil", "link/evil"])
async def test_files_that_lead_elsewhere_are_not_packed(blobs: BlobStore, tarballs: Tarballs, path: str) -> None:
    digest = await blobs.put(b"x")
    with pytest.raises(Conflict, match=r"workspace 'main' cannot be packed: .*(evil|link)"):
        await pack(tarballs, blobs, FileEntry(path="link", link="/etc"), FileEntry(path=path, digest=digest, size=1))


async def test_a_size_that_is_wrong_is_noticed(blobs: BlobStore, tarballs: Tarballs) -> None:
    digest = await blobs.put(b"four")
    with pytest.raises(BlobCorrupt, match=digest):
        await pack(tarballs, blobs, FileEntry(path="a", digest=digest, size=5))


async def test_without_a_place_to_make_it_the_worker_is_to_come_again(
    database: Database, blobs: BlobStore, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    tarballs = Tarballs(database, blobs, tmp_path / "file" / "folder")
    with pytest.raises(Unavailable, match=r"No tarball of workspace 'main' can be made in .*folder: Not a directory"):
        await pack(tarballs, blobs, FileEntry(path="link", link="target"))
