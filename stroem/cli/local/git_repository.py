"""The git repository of a folder, read with libgit2.

A checkout may be untrusted: its settings, hooks, filters and embedded repositories can name programs, which the
program git would run. libgit2 runs none.
"""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs
import pygit2
from pygit2.enums import Option, RepositoryOpenFlag

from stroem.cli.output.errors import Failure
from stroem.conversion import text


@attrs.frozen(kw_only=True)
class Repository:
    """A repository with a working tree at `root`."""

    root: Path

    @property
    def storage(self) -> Path:
        """Folder of the commits, shared by all working trees."""
        with self._opened() as repository:
            inner = Path(repository.path)
        try:
            common = (inner / "commondir").read_text().strip()
        except FileNotFoundError:
            return inner.resolve()
        except (OSError, ValueError) as error:
            raise Failure(f"{inner / 'commondir'} cannot be read: {error}") from error
        return (inner / common).resolve()

    def inner(self, folder: Path) -> str:
        """Path of a folder relative to the root; empty for the root itself."""
        path = folder.resolve().relative_to(self.root.resolve()).as_posix()
        return "" if path == "." else path

    def commit(self, name: str) -> str:
        """Id of the commit of a branch, tag or expression such as `HEAD~2`. Raises `Failure`."""
        found = self._commit(name)
        if found is None:
            raise Failure(
                f"There is no commit {name!r} in {self.root}. If it is one of the remote, fetch it first: "
                "git fetch origin; in a shallow clone: git fetch --unshallow"
            )
        return found

    def head(self) -> str | None:
        """The commit that is checked out; None in a repository without commits."""
        return self._commit("HEAD")

    def merge_base(self, one: str, other: str) -> str:
        """The latest common ancestor of two commits. Raises `Failure`."""
        with self._opened() as repository:
            found = repository.merge_base(one, other)
        if found is None:
            raise Failure(
                f"{one[:12]} and {other[:12]} have no commit in common here. In a shallow clone: git fetch --unshallow"
            )
        return str(found)

    def has_folder(self, commit: str, inner: str) -> bool:
        """True if the tree of a commit has the folder."""
        with self._opened() as repository:
            tree = repository[commit].peel(pygit2.Tree)
            return not inner or (inner in tree and isinstance(tree[inner], pygit2.Tree))

    def committable(self, folder: Path, paths: Iterable[str]) -> frozenset[str]:
        """The tracked files of a folder, and the files in `paths` that `git add` would add.

        Ignored files and files of nested repositories are left out.
        """
        inner = self.inner(folder)
        above = f"{inner}/" if inner else ""
        with self._opened() as repository:
            tracked = {entry.path for entry in repository.index if entry.path.startswith(above)}
            known = {path.removeprefix(above) for path in tracked}
            nested = _Nested(folder)
            fresh = (path for path in paths if path not in known and not nested.holds(path))
            return frozenset(known.union(path for path in fresh if not repository.path_is_ignored(above + path)))

    def _commit(self, name: str) -> str | None:
        with self._opened() as repository:
            try:
                return str(repository.revparse_single(name).peel(pygit2.Commit).id)
            except (KeyError, ValueError, pygit2.GitError):
                return None

    @contextlib.contextmanager
    def _opened(self) -> Iterator[pygit2.Repository]:
        """Opens the repository at `root`, without a search in parent folders. Raises `Failure`."""
        pygit2.option(Option.SET_OWNER_VALIDATION, False)  # guards against programs that a repository names
        try:
            repository = pygit2.Repository(str(self.root), RepositoryOpenFlag.NO_SEARCH)
        except (pygit2.GitError, KeyError, ValueError) as error:
            raise self._failure(error) from error
        try:
            yield repository
        except (pygit2.GitError, KeyError, ValueError) as error:
            raise self._failure(error) from error
        finally:
            repository.free()

    def _failure(self, error: Exception) -> Failure:
        return Failure(f"The git repository {self.root} cannot be read: {text.one_line(str(error))}")


class _Nested:
    """Finds nested repositories in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, bool] = {"": False}

    def holds(self, path: str) -> bool:
        """True if a file belongs to a nested repository."""
        folder = path.rpartition("/")[0]
        if folder not in self._known:
            self._known[folder] = (self._folder / folder / ".git").exists() or self.holds(folder)
        return self._known[folder]


def repository_of(folder: Path) -> Repository | None:
    """The repository of a folder; None outside of one. Raises `Failure` when it cannot be read."""
    for each in (folder.resolve(), *folder.resolve().parents):
        if (each / ".git").exists():
            repository = Repository(root=each)
            repository.storage  # noqa: B018 (raises `Failure` for a damaged repository)
            return repository
    return None
