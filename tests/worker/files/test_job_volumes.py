"""Folders that the steps of a job share."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from stroem.interfaces.runner import RunnerFailed
from stroem.worker.files.job_volumes import JobVolumes
from stroem.worker.files.tree import Tree, read_tree

VOLUME = uuid.uuid4()
HERE = "installation"


class Files:
    """The files of a workspace, and how often they were asked for."""

    def __init__(self, root: Path) -> None:
        root.mkdir()
        (root / "file").write_text("content")
        self.asked = 0
        self._tree = read_tree(root)

    @asynccontextmanager
    async def tree(self) -> AsyncIterator[Tree]:
        self.asked += 1
        yield self._tree


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A workspace with one file."""
    return Files(tmp_path / "workspace")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """The folder with all volumes."""
    path = tmp_path / "volumes"
    path.mkdir()
    return path


async def used_once(volumes: JobVolumes, files: Files, volume: uuid.UUID = VOLUME) -> Path:
    async with volumes.use(volume, files.tree) as folder:
        return folder


async def test_steps_at_the_same_time_share_one_folder_that_is_filled_once(files: Files, directory: Path) -> None:
    volumes = JobVolumes(directory)
    async with AsyncExitStack() as stack:
        uses = [stack.enter_async_context(volumes.use(VOLUME, files.tree)) for _ in range(5)]
        (folder, *others) = await asyncio.gather(*uses)
        assert set(others) == {folder}
        assert (folder / "file").read_text() == "content"
        assert files.asked == 1
        (folder / "file").write_text("changed")
        assert await volumes.volumes(HERE) == ()
    folder = await used_once(volumes, files)
    assert (folder / "file").read_text() == "changed"
    assert files.asked == 1
    assert await volumes.volumes(HERE) == (VOLUME,)


async def test_a_folder_is_removed_unless_a_step_uses_it(files: Files, directory: Path) -> None:
    volumes = JobVolumes(directory)
    async with volumes.use(VOLUME, files.tree) as folder:
        await volumes.remove_volume(HERE, VOLUME)
        await volumes.remove_volume(HERE, uuid.uuid4())
        assert (folder / "file").exists()
    await volumes.remove_volume(HERE, VOLUME)
    assert await volumes.volumes(HERE) == ()
    await volumes.close()
    assert not list(directory.iterdir())


async def test_a_folder_that_cannot_be_made_leaves_nothing_and_is_tried_again(files: Files, directory: Path) -> None:
    volumes = JobVolumes(directory)

    @asynccontextmanager
    async def broken() -> AsyncIterator[Tree]:
        raise OSError("no space left")
        yield

    with pytest.raises(OSError, match="no space left"):
        async with volumes.use(VOLUME, broken):
            raise AssertionError
    assert (await volumes.volumes(HERE), list(directory.iterdir())) == ((), [])
    assert (await used_once(volumes, files) / "file").exists()


async def test_what_an_earlier_run_left_is_found_or_removed(files: Files, directory: Path) -> None:
    kept = await used_once(JobVolumes(directory), files)
    for name in (f"{uuid.uuid4()}.new", f"{uuid.uuid4()}.old"):
        (directory / name).mkdir()
        (directory / name / "part").touch()
    volumes = JobVolumes(directory)
    volumes.open()
    assert list(directory.iterdir()) == [kept]
    assert await volumes.volumes(HERE) == (VOLUME,)


async def test_a_folder_that_cannot_be_removed_keeps_no_other(
    files: Files, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volumes, other = JobVolumes(directory), uuid.uuid4()
    for volume in (VOLUME, other):
        await used_once(volumes, files, volume)
    rename = Path.rename

    def refusing(path: Path, target: Path) -> Path:
        if path.name == str(VOLUME):
            raise PermissionError(path)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refusing)
    with pytest.raises(RunnerFailed, match="cannot be removed"):
        await volumes.remove_volume(HERE, VOLUME)
    await volumes.remove_volume(HERE, other)
    await volumes.close()
    assert [path.name for path in directory.iterdir()] == [str(VOLUME)]
    assert await volumes.volumes(HERE) == (VOLUME,)


async def test_a_folder_is_in_one_place(files: Files, directory: Path) -> None:
    volumes, other = JobVolumes(directory), uuid.uuid4()
    volumes.check_place(VOLUME, is_elsewhere=False)
    await used_once(volumes, files)
    volumes.check_place(VOLUME, is_elsewhere=False)
    with pytest.raises(RunnerFailed, match="either all steps of a job"):
        volumes.check_place(VOLUME, is_elsewhere=True)
    volumes.check_place(other, is_elsewhere=True)
    volumes.check_place(other, is_elsewhere=True)
    with pytest.raises(RunnerFailed, match="either all steps of a job"):
        volumes.check_place(other, is_elsewhere=False)


async def test_a_disk_that_becomes_full_leaves_no_half_made_folder(
    files: Files, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(tree: Tree, folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Tree, "copy_to", full)
        with pytest.raises(OSError, match="No space left"):
            await used_once(JobVolumes(directory), files)
    assert list(directory.iterdir()) == []
