"""Private copies of a workspace's files, and working directories that are used again."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from stroem.worker.files.tree import SMALL_BYTES, Tree, read_tree, remove_tree
from stroem.worker.files.work_dirs import WorkDirs


@pytest.fixture(params=["small", "large"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Tree:
    root = tmp_path / "tree"
    (root / "sub" / "deep").mkdir(parents=True)
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "sub" / "deep" / "a b.txt").write_bytes(b"content")
    (root / "empty").mkdir()
    (root / "link").symlink_to("sub/deep")
    if request.param == "large":
        (root / "large.bin").write_bytes(os.urandom(SMALL_BYTES + 1))
    return read_tree(root)


def test_a_copy_is_the_same(tree: Tree, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    tree.copy_to(copy)
    again = read_tree(copy)
    assert (again.directories, again.files, again.links) == (tree.directories, tree.files, tree.links)
    assert (copy / "link" / "a b.txt").read_bytes() == b"content"
    assert (copy / "run.sh").stat().st_ino != (tree.root / "run.sh").stat().st_ino
    assert tree.is_unchanged(str(copy))


@pytest.mark.parametrize(
    "touch",
    [
        lambda copy: (copy / "new").touch(),
        lambda copy: (copy / "sub" / "deep" / "new").touch(),
        lambda copy: (copy / "run.sh").write_text("#!/bin/XX\n"),
        lambda copy: (copy / "run.sh").chmod(0o700),
        lambda copy: (copy / "run.sh").unlink(),
        lambda copy: (copy / "empty").rmdir(),
        lambda copy: (copy / "run.sh").rename(copy / "walk.sh"),
        lambda copy: (copy / "link").unlink(),
        lambda copy: os.link(copy / "run.sh", copy.parent / "elsewhere"),
    ],
)
async def test_a_touched_copy_is_not_used_again(tree: Tree, tmp_path: Path, touch: Callable[[Path], object]) -> None:
    work_dirs = WorkDirs(tmp_path / "steps", keep=2)
    first = await work_dirs.take(tree)
    await work_dirs.give_back(first)
    second = await work_dirs.take(tree)
    assert second is first
    touch(second.directory)
    await work_dirs.give_back(second)
    third = await work_dirs.take(tree)
    assert third is not first
    assert tree.is_unchanged(str(third.directory))
    await work_dirs.give_back(third)
    await work_dirs.close()
    assert list((tmp_path / "steps").iterdir()) == []


async def test_scratch_files_are_removed(tree: Tree, tmp_path: Path) -> None:
    work_dirs = WorkDirs(tmp_path / "steps", keep=2)
    work_dir = await work_dirs.take(tree)
    (work_dir.scratch / "left").touch()
    await work_dirs.give_back(work_dir)
    assert list((await work_dirs.take(tree)).scratch.iterdir()) == []
    await work_dirs.close()


async def test_steps_at_the_same_time_have_directories_of_their_own(tree: Tree, tmp_path: Path) -> None:
    work_dirs = WorkDirs(tmp_path / "steps", keep=1)
    first, second = await work_dirs.take(tree), await work_dirs.take(tree)
    assert first.root != second.root
    await work_dirs.give_back(first)
    await work_dirs.give_back(second)
    await work_dirs.close()


def test_what_its_owner_locked_is_removed(tmp_path: Path) -> None:
    locked = tmp_path / "work_dir" / "locked" / "inner"
    locked.mkdir(parents=True)
    (locked / "file").touch()
    locked.chmod(0)
    locked.parent.chmod(0)
    assert remove_tree(tmp_path / "work_dir")


def test_a_link_is_removed_and_what_it_leads_to_stays_as_it_is(tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "inside").mkdir(parents=True)
    for folder in (other, other / "inside"):
        folder.chmod(0o755)
    link = tmp_path / "link"
    link.symlink_to(other)
    assert remove_tree(link)
    assert not link.is_symlink()
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (other, other / "inside")] == [0o755, 0o755]


async def test_all_of_a_file_is_written_or_the_copy_fails(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is almost full takes a part of a file, without an error."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data)[:3]))
    copy = tmp_path / "slowly"
    copy.mkdir()
    tree.copy_to(copy)
    for file in tree.files:
        assert (copy / file.path).read_bytes() == (tree.root / file.path).read_bytes()

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    other = tmp_path / "full"
    other.mkdir()
    if tree.small:
        with pytest.raises(OSError, match="No space left"):
            tree.copy_to(other)
