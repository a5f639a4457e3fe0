"""Workers get the files of a release as the same bytes from every replica, for as long as it is kept."""

import asyncio
import io
import os
import tarfile
from pathlib import Path

import pytest

from stroem.blobs.blob_store import BlobStore
from stroem.errors import NotFound
from stroem.reconciler.tarball import Tarballs
from stroem.store.database import Database

from .conftest import MakeReconciler, write_task


async def unpacked(blobs: BlobStore, digest: str) -> list[tuple[tarfile.TarInfo, bytes | None]]:
    with tarfile.open(fileobj=io.BytesIO(await blobs.get(digest)), mode="r:gz") as tar:
        return [(info, tar.extractfile(info).read() if info.isreg() else None) for info in tar.getmembers()]


async def test_it_holds_all_files_with_modes_and_links(
    make_reconciler: MakeReconciler, folder: Path, database: Database, blobs: BlobStore
) -> None:
    write_task(folder, "build")
    script = folder / "scripts" / ("long-" * 30) / "ünï code.sh"
    script.parent.mkdir(parents=True)
    script.write_bytes(b"#!/bin/sh\n")
    script.chmod(0o750)
    (folder / "empty").write_bytes(b"")
    (folder / "link").symlink_to("scripts")
    reconciler = make_reconciler()
    await reconciler.restore()
    status = await reconciler.reconcile("main")
    tarball = await Tarballs(database, blobs).find("main")
    assert tarball.revision == status.revision
    found = {info.name: (info, data) for info, data in await unpacked(blobs, tarball.digest)}
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


async def test_equal_files_give_equal_bytes(
    make_reconciler: MakeReconciler, folder: Path, database: Database, blobs: BlobStore
) -> None:
    path = write_task(folder, "build")
    reconciler = make_reconciler()
    await reconciler.restore()
    first = await reconciler.reconcile("main")
    tarballs = Tarballs(database, blobs)
    before = await tarballs.find("main")
    text = path.read_text()
    path.write_text(text + "# a remark\n")
    await reconciler.reconcile("main")
    assert (await tarballs.find("main")).digest != before.digest
    path.write_text(text)
    os.utime(path, (0, 0))
    again = await reconciler.reconcile("main")
    assert again.revision == first.revision
    assert again.release.number == 3
    assert (await tarballs.find("main")).digest == before.digest


async def test_older_releases_are_served(
    make_reconciler: MakeReconciler, folder: Path, database: Database, blobs: BlobStore
) -> None:
    write_task(folder, "build")
    reconciler = make_reconciler()
    await reconciler.restore()
    first = await reconciler.reconcile("main")
    write_task(folder, "test")
    await reconciler.reconcile("main")
    tarball = await Tarballs(database, blobs).find("main", first.revision)
    assert [info.name for info, _ in await unpacked(blobs, tarball.digest)] == ["./.workflows/build.yaml"]


async def test_it_is_made_once_for_all_who_ask(
    make_reconciler: MakeReconciler, folder: Path, database: Database, blobs: BlobStore, monkeypatch
) -> None:
    write_task(folder, "build")
    reconciler = make_reconciler()
    await reconciler.restore()
    await reconciler.reconcile("main")
    made: list[str] = []
    open_tar = tarfile.open
    monkeypatch.setattr(tarfile, "open", lambda **options: made.append(options["mode"]) or open_tar(**options))
    tarballs = Tarballs(database, blobs)
    found = await asyncio.gather(*(tarballs.find("main") for _ in range(5)))
    assert len(set(found)) == 1
    assert await Tarballs(database, blobs).find("main") == found[0]
    assert made == ["w"]


async def test_one_that_was_lost_is_made_again(
    make_reconciler: MakeReconciler, folder: Path, database: Database, blobs: BlobStore, tmp_path: Path
) -> None:
    write_task(folder, "build")
    reconciler = make_reconciler()
    await reconciler.restore()
    await reconciler.reconcile("main")
    first = await Tarballs(database, blobs).find("main")
    next((tmp_path / "blobs").rglob(first.digest)).unlink()
    assert await Tarballs(database, blobs).find("main") == first
    assert await blobs.has(first.digest)


async def test_what_is_not_there_is_told(
    make_reconciler: MakeReconciler, folder: Path, database: Database, blobs: BlobStore
) -> None:
    tarballs = Tarballs(database, blobs)
    with pytest.raises(NotFound, match="Release of workspace 'main' not found"):
        await tarballs.find("main")
    write_task(folder, "build")
    reconciler = make_reconciler()
    await reconciler.restore()
    await reconciler.reconcile("main")
    with pytest.raises(NotFound, match=r"Revision 'abc' not found\. It is no longer available"):
        await tarballs.find("main", "abc")
