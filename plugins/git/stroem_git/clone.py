"""The local clone of a remote: bare, without history where that can be, shared by all sources of one address."""

import contextlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pygit2
from pygit2.enums import ObjectType, RepositoryOpenFlag

from stroem_git.errors import CloneBroken
from stroem_git.file_lock import locked, locked_if_free

KEPT = "refs/stroem/"

_IDENTITY = "identity"
_MOST_KEPT = 24
_MOST_PACKS = 64
_SLACK_BYTES = 256 * 1024 * 1024
_STAMP_SECS = 24 * 3600
_UNUSED_SECS = 30 * 24 * 3600


class Clone:
    """A clone in a folder. Reading needs `shared`, writing `alone`; both hold between processes too.

    `closing` lets go of the files that were opened: pygit2's repositories hold themselves in circles.
    """

    def __init__(self, folder: Path, report_alive: Callable[[], None]) -> None:
        self.folder = folder
        self.closing = contextlib.ExitStack()
        self._report_alive = report_alive

    @property
    def packs(self) -> Path:
        """The folder of its packs."""
        return self.folder / "objects" / "pack"

    @contextlib.contextmanager
    def shared(self) -> Iterator[None]:
        """Holds the lock shared: no writer meanwhile."""
        with locked(_lock_file(self.folder), alone=False, report_alive=self._report_alive):
            yield

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Holds the lock exclusively: no reader or writer meanwhile."""
        with locked(_lock_file(self.folder), alone=True, report_alive=self._report_alive):
            yield

    def ensure(self) -> None:
        """Makes the clone if it is missing; empty at first."""
        if not (self.folder / "HEAD").exists():
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            with self.alone():
                self.make()

    def make(self) -> None:
        """Makes the clone if it is missing, all at once. To be held `alone`."""
        if (self.folder / "HEAD").exists():
            return
        self.discard()
        fresh = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        pygit2.init_repository(str(fresh), bare=True)
        (fresh / _IDENTITY).write_text(uuid.uuid4().hex)
        fresh.replace(self.folder)
        _prune(self.folder.parent)

    def identity(self) -> str:
        """Another text for each clone that was made here."""
        try:
            return (self.folder / _IDENTITY).read_text()
        except OSError:
            return ""

    def open(self) -> pygit2.Repository:
        """The repository. Raises `CloneBroken`."""
        self._stamp()
        try:
            found = pygit2.Repository(str(self.folder), RepositoryOpenFlag.BARE | RepositoryOpenFlag.NO_SEARCH)
        except (pygit2.GitError, KeyError, ValueError) as error:
            raise CloneBroken(str(error)) from error
        self.closing.callback(found.free)
        return found

    def has(self, commit: str) -> bool:
        """Whether a commit was fetched. Raises `CloneBroken`."""
        return is_commit(self.open(), commit)

    def holds(self, oid: str) -> bool:
        """True if the clone has an object, of any kind. Raises `CloneBroken`."""
        return pygit2.Oid(hex=oid) in self.open().odb

    def keep(self, repository: pygit2.Repository, commit: str) -> None:
        """Keeps a commit through the next garbage collection, in place of the oldest kept one."""
        repository.references.create(KEPT + commit, commit, force=True)
        self.touch(commit)
        for old in _newest_first(self.folder / KEPT)[_MOST_KEPT:]:
            repository.references.delete(KEPT + old.name)

    def touch(self, commit: str) -> None:
        """Marks a commit as recently used, so that it is kept longer."""
        with contextlib.suppress(OSError):
            os.utime(self.folder / KEPT / commit)

    def generation(self) -> int:
        """Another number whenever a pack came or went."""
        try:
            return self.packs.stat().st_mtime_ns
        except OSError:
            return 0

    def sweep(self) -> None:
        """Removes what a process left that died while it wrote. To be held `alone`."""
        for pattern in ("objects/pack/pack_git2_*", "objects/pack/.tmp*", "objects/pack/*.tmp", "refs/stroem/*.lock"):
            for left in self.folder.glob(pattern):
                left.unlink(missing_ok=True)
        for left in self.packs.glob("*.pack"):
            if not left.with_suffix(".idx").exists():
                left.unlink(missing_ok=True)

    def tidy(self, tag: str | None = None, most_packs: int = _MOST_PACKS) -> None:
        """Packs what is kept anew, and drops all else but the object of a `tag`, when there are many packs or much of
        no use. To be held `alone`.
        """
        packs = list(self.packs.glob("*.pack"))
        size = sum(pack.stat().st_size for pack in packs)
        limit = 2 * self._tidied_size(size) + _SLACK_BYTES
        if len(packs) <= most_packs and size <= limit:
            return
        self._repack(tag)
        after = sum(pack.stat().st_size for pack in self.packs.glob("*.pack"))
        (self.folder / "tidied").write_text(str(after))

    def discard(self) -> None:
        """Throws the clone away, if there is one. To be held `alone`."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _stamp(self) -> None:
        """Marks the clone as in use, once a day."""
        stamp = self.folder / "used"
        try:
            fresh = time.time() - stamp.stat().st_mtime < _STAMP_SECS
        except FileNotFoundError:
            fresh = False
        if not fresh:
            with contextlib.suppress(OSError):
                stamp.touch()

    def _tidied_size(self, size: int) -> int:
        """The size in bytes after the last garbage collection or the first fetch."""
        record = self.folder / "tidied"
        try:
            return int(record.read_text())
        except (OSError, ValueError):
            record.write_text(str(size))
            return size

    def _repack(self, tag: str | None) -> None:
        repository = self.open()
        commits = [reference.name for reference in _newest_first(self.folder / KEPT)]
        builder = pygit2.PackBuilder(repository)
        for commit in commits:
            builder.add_recur(pygit2.Oid(hex=commit))
        if tag is not None and self.holds(tag):
            builder.add(pygit2.Oid(hex=tag))
        old = set(self.packs.glob("pack-*"))
        fresh = self.folder / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        builder.write(str(fresh))
        made = {file.name for file in fresh.iterdir()}
        for file in sorted(fresh.iterdir(), key=lambda file: file.suffix == ".idx"):
            file.replace(self.packs / file.name)
        (self.folder / "shallow").write_text("".join(f"{commit}\n" for commit in commits))
        for file in old:
            if file.name not in made:
                file.unlink(missing_ok=True)
        fresh.rmdir()


def is_commit(repository: pygit2.Repository, oid: str) -> bool:
    """Whether the repository has such a commit. Raises `CloneBroken`."""
    try:
        if pygit2.Oid(hex=oid) not in repository.odb:
            return False
        return repository.odb.read_header(pygit2.Oid(hex=oid))[0] == ObjectType.COMMIT
    except (pygit2.GitError, KeyError, ValueError) as error:
        raise CloneBroken(str(error)) from error


def _prune(folder: Path) -> None:
    """Deletes the clones in a folder that were not used for long."""
    for stamp in folder.glob("*/used"):
        with contextlib.suppress(OSError):
            if time.time() - stamp.stat().st_mtime > _UNUSED_SECS:
                with locked_if_free(_lock_file(stamp.parent)) as free:
                    if free:
                        shutil.rmtree(stamp.parent, ignore_errors=True)


def _lock_file(folder: Path) -> Path:
    return folder.parent / f"{folder.name}.lock"


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("*"), key=lambda file: file.stat().st_mtime_ns, reverse=True) if folder.is_dir() else []
