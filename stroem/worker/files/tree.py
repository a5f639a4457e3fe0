"""The files of one revision of a workspace, and private copies of them."""

import logging
import os
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import attrs

logger = logging.getLogger(__name__)

SMALL_FILES = 64
SMALL_BYTES = 256 * 1024
PAST_SECS = 10
_DIRECTORY = 0o755


@attrs.frozen
class TreeFile:
    """A file: its path from the root, mode and size in bytes; its content where the tree is small."""

    path: str
    mode: int
    size: int
    content: bytes | None


@attrs.frozen(kw_only=True, eq=False)
class Tree:
    """An unpacked revision, which never changes. Directories come before their entries.

    All files and directories of a copy have `stamp` (nanoseconds since 1970) as their time of modification; later
    changes show a later one.
    """

    root: Path
    directories: tuple[str, ...]
    files: tuple[TreeFile, ...]
    links: tuple[tuple[str, str], ...]
    small: bool
    stamp: int

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(file.size for file in self.files)

    def copy_to(self, directory: Path) -> None:
        """Makes a private copy in an empty directory. Raises `OSError`."""
        for path in self.directories:
            (directory / path).mkdir()
            (directory / path).chmod(_DIRECTORY)  # independent of the umask: a step may copy it
        for file in self.files:
            self._copy_file(file, f"{directory}/{file.path}")
        for path, target in self.links:
            (directory / path).symlink_to(target)
        for path in (*self.directories, ""):
            os.utime(directory / path, ns=(self.stamp, self.stamp))

    def is_unchanged(self, directory: str) -> bool:
        """Whether nothing in a copy was added, removed, written or given another mode."""
        try:
            for path in (*self.directories, ""):
                if os.stat(f"{directory}/{path}").st_mtime_ns != self.stamp:  # noqa: PTH116 (once a file and step)
                    return False
            return all(self._is_same(file, os.lstat(f"{directory}/{file.path}")) for file in self.files)
        except OSError:
            return False

    def _copy_file(self, file: TreeFile, destination: str) -> None:
        descriptor = os.open(destination, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file.mode)
        try:
            os.fchmod(descriptor, file.mode)
            if file.content is not None:
                _write(descriptor, file.content)
            else:
                self._send(file, descriptor)
            os.utime(descriptor, ns=(self.stamp, self.stamp))
        finally:
            os.close(descriptor)

    def _send(self, file: TreeFile, descriptor: int) -> None:
        with (self.root / file.path).open("rb") as source:
            left = file.size
            while left > 0:
                sent = os.sendfile(descriptor, source.fileno(), None, left)
                if sent == 0:
                    raise OSError(f"{file.path} is shorter than it was")
                left -= sent

    def _is_same(self, file: TreeFile, found: os.stat_result) -> bool:
        return (
            found.st_mtime_ns == self.stamp
            and found.st_size == file.size
            and found.st_mode == stat.S_IFREG | file.mode
            and found.st_nlink == 1
        )


def _write(descriptor: int, content: bytes) -> None:
    """Writes all of it: on a full disk the system takes a part first, and fails at the next one. Raises `OSError`."""
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def read_tree(root: Path) -> Tree:
    """Reads the directories, files and links of an unpacked revision. Raises `OSError`."""
    found = sorted(_walk(root, ""))
    sizes = [status.st_size for _, status in found if stat.S_ISREG(status.st_mode)]
    small = len(found) <= SMALL_FILES and sum(sizes) <= SMALL_BYTES
    return Tree(
        root=root,
        directories=tuple(path for path, status in found if stat.S_ISDIR(status.st_mode)),
        files=tuple(
            TreeFile(
                path,
                stat.S_IMODE(status.st_mode),
                status.st_size,
                (root / path).read_bytes() if small else None,
            )
            for path, status in found
            if stat.S_ISREG(status.st_mode)
        ),
        links=tuple((path, str((root / path).readlink())) for path, status in found if stat.S_ISLNK(status.st_mode)),
        small=small,
        stamp=(int(time.time()) - PAST_SECS) * 1_000_000_000,
    )


def size_of(root: Path) -> int:
    """The size of all files below a directory, in bytes. Raises `OSError`."""
    return sum(status.st_size for _, status in _walk(root, "") if stat.S_ISREG(status.st_mode))


def remove_tree(directory: Path) -> bool:
    """Removes a directory with its contents; False when a part of it could not be removed.

    A link in its place is removed; nothing behind it is touched.
    """
    if directory.is_symlink():
        directory.unlink()
        return True
    shutil.rmtree(directory, ignore_errors=True)
    if directory.exists():
        _make_writable(directory)
        for parent, children, _ in os.walk(directory):
            for child in children:
                _make_writable(Path(parent, child))
        shutil.rmtree(directory, ignore_errors=True)
    return not directory.exists()


def remove_or_warn(directory: Path) -> None:
    """Removes a directory with its contents; logs a warning when a part of it could not be removed."""
    if not remove_tree(directory):
        logger.warning("%s could not be removed completely: another user owns a part of it", directory)


def empty_folder(path: Path) -> None:
    """Removes what is in a folder, and what stands in its place. Raises `OSError`."""
    if path.is_symlink() or not path.is_dir() or os.listdir(path):  # noqa: PTH208 (once a step)
        if not remove_tree(path):
            raise PermissionError(f"{path} cannot be emptied")
        path.mkdir(mode=0o700)


def _make_writable(directory: Path) -> None:
    try:
        if not directory.is_symlink():
            directory.chmod(0o700)
    except OSError:
        return  # owned by another user: a container made it


def _walk(root: Path, under: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(root / under) as entries:
        for entry in entries:
            path = f"{under}{entry.name}"
            yield path, entry.stat(follow_symlinks=False)
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(root, f"{path}/")
