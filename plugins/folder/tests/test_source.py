"""The folder source: the published suite, and what is special about folders on disk."""

import asyncio
import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import watchfiles

from stroem.interfaces.source import Snapshot, SourceUnavailable
from stroem.testing.source_conformance import SourceConformance
from stroem_folder import watcher
from stroem_folder.source import FolderSource

NOBODY = 65534


class TestFolderSource(SourceConformance):
    def make_source(self, folder: Path) -> FolderSource:
        return FolderSource(path=folder)

    def make_unavailable(self, folder: Path) -> FolderSource:
        return FolderSource(path=folder / "missing")


def age(path: Path, seconds: int = 60) -> None:
    """Makes a file look as if it had been written a while ago."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns - seconds * 1_000_000_000))


def paths(snapshot: Snapshot) -> list[str]:
    return [file.path for file in snapshot.files]


async def test_an_unchanged_folder_gives_back_the_same_snapshot(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    source = FolderSource(path=tmp_path)
    first = await source.fetch(None)
    assert await source.fetch(first) is first


async def test_a_fresh_file_is_read_again_whatever_its_times_say(tmp_path: Path) -> None:
    """Two writes within the granularity of the clock, same length, same stamp."""
    file = tmp_path / "a"
    file.write_text("one")
    times = file.stat()
    source = FolderSource(path=tmp_path)
    first = await source.fetch(None)
    file.write_text("two")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    second = await source.fetch(first)
    assert second.revision != first.revision


async def test_a_file_with_kept_times_and_length_is_noticed_by_its_inode_change_time(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("one")
    age(file)
    times = file.stat()
    source = FolderSource(path=tmp_path)
    first = await source.fetch(None)
    file.write_text("two")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert (await source.fetch(first)).revision != first.revision


async def test_version_control_caches_and_editor_files_are_left_out(tmp_path: Path) -> None:
    for name in (
        ".git/HEAD",
        "lib/__pycache__/x.pyc",
        "a.yaml~",
        ".a.yaml.swp",
        ".#a.yaml",
        "#a.yaml#",
        "4913",
        ".stroem/pg/data",
        "a.yaml",
        ".gitignore",
        ".stroem.yaml",
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    assert paths(await FolderSource(path=tmp_path).fetch(None)) == [".gitignore", ".stroem.yaml", "a.yaml"]


async def test_patterns_of_the_operator(tmp_path: Path) -> None:
    for name in ("a.log", "sub/b.log", "node_modules/x.js", "sub/node_modules/y.js", "build/z", "sub/build/z"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    source = FolderSource(path=tmp_path, ignore=("*.log", "node_modules", "/build"))
    assert paths(await source.fetch(None)) == ["sub/build/z"]


async def test_pipes_and_sockets_are_left_out(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a").write_text("1")
    async with asyncio.timeout(60):
        assert paths(await FolderSource(path=tmp_path).fetch(None)) == ["a"]


async def test_links_are_never_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(outside)
    (folder / "up").symlink_to("..")
    snapshot = await FolderSource(path=folder).fetch(None)
    assert [(file.path, file.link) for file in snapshot.files] == [("link", str(outside)), ("up", "..")]


async def test_a_file_swapped_for_a_link_is_not_read_through_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a").write_text("secret")
    source = FolderSource(path=folder)
    snapshot = await source.fetch(None)
    (folder / "a").unlink()
    (folder / "a").symlink_to("../secret")
    with pytest.raises(SourceUnavailable, match="'a' cannot be read"):
        [pair async for pair in source.read(snapshot, snapshot.files)]


async def test_a_folder_behind_a_link_may_be_exchanged(tmp_path: Path) -> None:
    for name in ("blue", "green"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text(name)
    current = tmp_path / "current"
    current.symlink_to("blue")
    source = FolderSource(path=current)
    first = await source.fetch(None)
    fresh = tmp_path / "next"
    fresh.symlink_to("green")
    fresh.rename(current)
    assert (await source.fetch(first)).revision != first.revision


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda folder: None, "does not exist. Create it"),
        (lambda folder: folder.write_text("a file"), "cannot be read: Not a directory. Correct `path`"),
        (lambda folder: folder.symlink_to(folder.name), "Too many levels of symbolic links. Correct `path`"),
    ],
    ids=["missing", "a file", "a circle"],
)
async def test_why_a_folder_cannot_be_had(tmp_path: Path, prepare, message: str) -> None:
    folder = tmp_path / "folder"
    prepare(folder)
    with pytest.raises(SourceUnavailable, match=message):
        await FolderSource(path=folder).fetch(None)


async def test_a_name_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9")).touch()
    with pytest.raises(SourceUnavailable, match=r"caf\\xe9 is not UTF-8. Rename it"):
        await FolderSource(path=tmp_path).fetch(None)


async def test_folders_without_an_end_are_told(tmp_path: Path) -> None:
    (tmp_path / "/".join(["d"] * 70)).mkdir(parents=True)
    with pytest.raises(SourceUnavailable, match="more than 64 folders deep"):
        await FolderSource(path=tmp_path).fetch(None)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def ordinary_user() -> Iterator[None]:
    """The test runs without the rights of root, if it has them."""
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
        yield
        os.seteuid(0)
    else:
        yield


@pytest.mark.parametrize("name", ["private.txt", "private"])
async def test_what_may_not_be_read_is_told(open_folder: Path, name: str, request) -> None:
    target = open_folder / name
    target.mkdir() if name == "private" else target.write_text("x")
    target.chmod(0)
    request.getfixturevalue("ordinary_user")
    with pytest.raises(SourceUnavailable, match=f"'{name}' cannot be read: Permission denied. Give the user"):
        await FolderSource(path=open_folder).fetch(None)


async def test_reading_while_somebody_writes_gives_whole_versions_only(tmp_path: Path) -> None:
    """What is handed over always has the digest it is announced with."""
    source = FolderSource(path=tmp_path)
    file = tmp_path / "a"
    file.write_bytes(b"x" * 200_000)
    stop = False

    def write() -> None:
        number = 0
        while not stop:
            number += 1
            file.write_bytes(bytes([number % 256]) * (150_000 + number % 7))

    writing = asyncio.create_task(asyncio.to_thread(write))
    snapshot: Snapshot | None = None
    for _ in range(200):
        snapshot = await source.fetch(snapshot)
        with contextlib.suppress(SourceUnavailable):
            async for entry, data in source.read(snapshot, snapshot.files):
                assert len(data) == entry.size
    stop = True
    await writing
    last = await source.fetch(snapshot)
    pairs = [pair async for pair in source.read(last, last.files)]
    assert pairs[0][1] == file.read_bytes()


async def wakes_up(source: FolderSource, change) -> None:
    """Waits for a wake-up that is due to a change, not to the start of the watch."""
    changes = source.changes()
    async with asyncio.timeout(60):
        await anext(changes)  # the watch stands
        change()
        await anext(changes)
    await changes.aclose()


async def test_an_edit_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    source = FolderSource(path=tmp_path)
    await wakes_up(source, lambda: (tmp_path / "a").write_text("2"))


async def test_wakes_for_files_in_new_folders(tmp_path: Path) -> None:
    source = FolderSource(path=tmp_path)
    await wakes_up(source, (tmp_path / "new").mkdir)
    await wakes_up(source, lambda: (tmp_path / "new" / "file").write_text("x"))


async def test_wakes_when_the_folder_goes_and_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    source = FolderSource(path=folder)
    changes = source.changes()
    async with asyncio.timeout(60):
        await anext(changes)
        folder.rename(tmp_path / "away")
        await anext(changes)
        with pytest.raises(SourceUnavailable):
            await source.fetch(None)
        (tmp_path / "away").rename(folder)
        await anext(changes)
        await source.fetch(None)
    await changes.aclose()


async def test_is_quiet_when_only_ignored_files_change(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    source = FolderSource(path=tmp_path)
    changes = source.changes()
    await anext(changes)
    pending = asyncio.ensure_future(anext(changes))
    (tmp_path / ".git" / "index").write_text("x")
    (tmp_path / ".a.swp").write_text("x")
    done, _ = await asyncio.wait([pending], timeout=0.4)
    assert not done
    (tmp_path / "a").write_text("x")
    async with asyncio.timeout(60):
        await pending
    await changes.aclose()


async def test_without_notifications_it_wakes_at_intervals(tmp_path: Path, monkeypatch, caplog) -> None:
    def out_of_watches(*folders: str, **options: object) -> Iterator[None]:
        raise OSError(errno.ENOSPC, "OS file watch limit reached")

    monkeypatch.setattr(watchfiles, "watch", out_of_watches)
    monkeypatch.setattr(watcher, "_POLL_SECS", 0.05)
    source = FolderSource(path=tmp_path)
    changes = source.changes()
    async with asyncio.timeout(60):
        for _ in range(3):
            await anext(changes)
    await changes.aclose()
    assert [record.message for record in caplog.records] == [
        f"no notifications from folder {tmp_path}: [Errno 28] OS file watch limit reached; looking every 0.05 s"
    ]
