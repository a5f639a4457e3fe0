"""Conformance suite of sources. A plugin's own tests subclass `SourceConformance` and pass.

    class TestFolderSource(SourceConformance):
        def make_source(self, folder): return FolderSource(path=folder)
        def make_unavailable(self, folder): return FolderSource(path=folder / "missing")

pytest-asyncio runs them.
"""

import asyncio
import contextlib
import hashlib
from pathlib import Path, PurePosixPath

import attrs
import pytest

from stroem.interfaces.source import RefUnknown, Snapshot, Source, SourceUnavailable
from stroem.records.release import FileEntry
from stroem.testing.bounded import BoundedTests

WAKE_UP_SECS = 60

ODD_NAMES = (
    "with space.txt",
    "ünï-çødé/日本.txt",
    "-dash",
    "quote'and\"quote",
    "line\nbreak",
    "percent%20and{{ braces }}",
    "a/b/c/d/e/f/g/h/i/deep.txt",
    "back\\slash",
    "..dots..",
)


@pytest.mark.asyncio
class SourceConformance(BoundedTests):
    """Each test fills a folder, publishes it, and reads it through the source."""

    def make_source(self, folder: Path) -> Source:
        """A source of what was last published from the folder; prepared, if it must be."""
        raise NotImplementedError

    def make_unavailable(self, folder: Path) -> Source:
        """A source that is unavailable."""
        raise NotImplementedError

    async def publish(self, folder: Path) -> None:
        """Makes what lies in the folder the newest revision: a commit, an upload, or nothing at all."""

    def make_ref(self, folder: Path) -> str | None:
        """A name for what was last published, which keeps its meaning when more is published; None where there is
        no such thing.
        """
        return None

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """The folder that a test fills."""
        folder = tmp_path / "published"
        folder.mkdir()
        return folder

    async def test_it_names_itself_and_declares_its_options(self, folder: Path) -> None:
        source = self.make_source(folder)
        assert isinstance(type(source).name, str)
        assert attrs.has(type(source))

    async def test_an_empty_workspace_has_a_revision(self, folder: Path) -> None:
        await self.publish(folder)
        snapshot = await self.make_source(folder).fetch(None)
        assert snapshot.files == ()
        assert snapshot.revision

    async def test_the_revision_is_stable(self, folder: Path) -> None:
        _write(folder, {"a.txt": b"1", "b/c.txt": b"2"})
        await self.publish(folder)
        source = self.make_source(folder)
        first = await source.fetch(None)
        assert await source.fetch(None) == first
        assert await source.fetch(first) == first
        assert await self.make_source(folder).fetch(None) == first

    async def test_files_are_sorted_with_size_and_digest(self, folder: Path) -> None:
        contents = {
            "b.txt": b"bee",
            "a/z.txt": b"",
            "a.bin": bytes(range(256)),
            "big": b"0123456789" * 400_000,
        }
        _write(folder, contents)
        await self.publish(folder)
        snapshot = await self.make_source(folder).fetch(None)
        assert [file.path for file in snapshot.files] == sorted(contents)
        for file in snapshot.files:
            assert file.size == len(contents[file.path])
            assert file.digest == hashlib.sha256(contents[file.path]).hexdigest()

    async def test_contents_are_handed_over(self, folder: Path) -> None:
        contents = {f"file-{number}": b"content %d" % number * number for number in range(300)}
        _write(folder, contents)
        await self.publish(folder)
        source = self.make_source(folder)
        snapshot = await source.fetch(None)
        assert await _read_all(source, snapshot) == contents

    async def test_a_change_makes_a_new_revision_and_keeps_the_rest(self, folder: Path) -> None:
        _write(folder, {"a": b"1", "b": b"2", "c": b"3"})
        await self.publish(folder)
        source = self.make_source(folder)
        first = await source.fetch(None)
        _write(folder, {"b": b"4"})
        await self.publish(folder)
        second = await source.fetch(first)
        assert second.revision != first.revision
        assert _by_path(second)["b"].digest == hashlib.sha256(b"4").hexdigest()
        assert _by_path(second)["a"] is _by_path(first)["a"]
        assert _by_path(second)["c"] is _by_path(first)["c"]
        assert await _read_all(source, second) == {"a": b"1", "b": b"4", "c": b"3"}

    async def test_added_removed_and_renamed_files(self, folder: Path) -> None:
        _write(folder, {"a": b"1", "b": b"2"})
        await self.publish(folder)
        source = self.make_source(folder)
        first = await source.fetch(None)
        (folder / "a").unlink()
        (folder / "b").rename(folder / "moved")
        _write(folder, {"new/c": b"3"})
        await self.publish(folder)
        second = await source.fetch(first)
        assert await _read_all(source, second) == {"moved": b"2", "new/c": b"3"}

    async def test_modes_and_links_are_kept(self, folder: Path) -> None:
        _write(folder, {"run.sh": b"#!/bin/sh\n", "plain.txt": b"x", "inner/file": b"y"})
        (folder / "run.sh").chmod(0o755)
        (folder / "link").symlink_to("inner/file")
        (folder / "to-folder").symlink_to("inner")
        (folder / "dangling").symlink_to("nowhere")
        (folder / "outside").symlink_to("../../elsewhere")
        (folder / "circle").symlink_to("circle")
        await self.publish(folder)
        source = self.make_source(folder)
        snapshot = await source.fetch(None)
        found = _by_path(snapshot)
        assert found["run.sh"].mode & 0o111
        assert not found["plain.txt"].mode & 0o111
        links = {path: file.link for path, file in found.items() if file.link is not None}
        assert links == {
            "link": "inner/file",
            "to-folder": "inner",
            "dangling": "nowhere",
            "outside": "../../elsewhere",
            "circle": "circle",
        }
        assert all(found[path].digest == "" for path in links)
        assert set(await _read_all(source, snapshot)) == {"run.sh", "plain.txt", "inner/file"}

    async def test_a_mode_or_a_link_that_changes_is_a_change(self, folder: Path) -> None:
        _write(folder, {"run.sh": b"#!/bin/sh\n"})
        (folder / "link").symlink_to("run.sh")
        await self.publish(folder)
        source = self.make_source(folder)
        first = await source.fetch(None)
        (folder / "run.sh").chmod(0o755)
        await self.publish(folder)
        second = await source.fetch(first)
        (folder / "link").unlink()
        (folder / "link").symlink_to("elsewhere")
        await self.publish(folder)
        third = await source.fetch(second)
        assert len({first.revision, second.revision, third.revision}) == 3

    async def test_odd_names(self, folder: Path) -> None:
        contents = {name: name.encode() for name in ODD_NAMES}
        _write(folder, contents)
        await self.publish(folder)
        source = self.make_source(folder)
        snapshot = await source.fetch(None)
        assert await _read_all(source, snapshot) == contents
        for file in snapshot.files:
            assert ".." not in PurePosixPath(file.path).parts
            assert not file.path.startswith("/")

    async def test_content_that_went_away_is_not_replaced_by_other_content(self, folder: Path) -> None:
        _write(folder, {"a": b"first"})
        await self.publish(folder)
        source = self.make_source(folder)
        first = await source.fetch(None)
        _write(folder, {"a": b"other"})
        await self.publish(folder)
        with contextlib.suppress(SourceUnavailable):
            assert await _read_all(source, first) == {"a": b"first"}

    async def test_a_change_wakes_the_reconciler(self, folder: Path) -> None:
        _write(folder, {"a": b"1"})
        await self.publish(folder)
        source = self.make_source(folder)
        if type(source).changes is Source.changes:
            pytest.skip("it does not tell of changes by itself")
        first = await source.fetch(None)
        woken = asyncio.create_task(_wait_for_another(source, first))
        await asyncio.sleep(0)
        _write(folder, {"deep/er/b": b"2"})
        await self.publish(folder)
        async with asyncio.timeout(WAKE_UP_SECS):
            second = await woken
        assert "deep/er/b" in _by_path(second)

    async def test_another_ref_does_not_disturb_the_one_that_is_followed(self, folder: Path) -> None:
        _write(folder, {"a": b"1", "same": b"same"})
        await self.publish(folder)
        other = self.make_ref(folder)
        if other is None:
            pytest.skip("it has no refs")
        _write(folder, {"a": b"2"})
        await self.publish(folder)
        source = self.make_source(folder)
        followed = await source.fetch(None)
        before = await source.fetch(followed, other)
        assert await _read_all(source, before) == {"a": b"1", "same": b"same"}
        assert _by_path(before)["same"] is _by_path(followed)["same"]
        assert await source.fetch(followed) is followed
        assert await source.fetch(before) == followed
        by_revision = await source.fetch(followed, before.revision)
        assert by_revision.files == before.files

    async def test_an_unknown_ref_is_named(self, folder: Path) -> None:
        _write(folder, {"a": b"1"})
        await self.publish(folder)
        source = self.make_source(folder)
        with pytest.raises(RefUnknown, match="no-such-ref"):
            await source.fetch(None, "no-such-ref")

    async def test_nothing_that_is_new_is_the_same_snapshot(self, folder: Path) -> None:
        _write(folder, {"a": b"1"})
        await self.publish(folder)
        source = self.make_source(folder)
        first = await source.fetch(None)
        assert await source.fetch(first) is first
        assert await self.make_source(folder).fetch(first) is first

    async def test_its_origin_is_told(self, folder: Path) -> None:
        assert self.make_source(folder).origin

    async def test_what_cannot_be_had_says_so(self, folder: Path) -> None:
        with pytest.raises(SourceUnavailable, match=r"\w+ \w+"):
            await self.make_unavailable(folder).fetch(None)


async def _wait_for_another(source: Source, last: Snapshot) -> Snapshot:
    async for _ in source.changes():
        snapshot = await source.fetch(last)
        if snapshot.revision != last.revision:
            return snapshot
    raise AssertionError("changes() ended")


async def _read_all(source: Source, snapshot: Snapshot) -> dict[str, bytes]:
    wanted = [file for file in snapshot.files if file.link is None]
    return {file.path: data async for file, data in source.read(snapshot, wanted)}


def _by_path(snapshot: Snapshot) -> dict[str, FileEntry]:
    return {file.path: file for file in snapshot.files}


def _write(folder: Path, contents: dict[str, bytes]) -> None:
    for path, data in contents.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
