"""A repository in a folder on this machine: read in place, and only what is missing is copied."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pygit2
from pygit2.enums import ObjectType, RepositoryOpenFlag

from stroem_git.clone import KEPT
from stroem_git.errors import Failure, damaged, explain, is_disk, said_by
from stroem_git.remotes.keepalive import keepalive
from stroem_git.remotes.refs import FULL_COMMIT, Found, candidates, unknown_commit
from stroem_git.requests import Target
from stroem_git.tree import FOLDER, SUBMODULE, tree_entries

_PEELED = "^{}"


class LocalRemote:
    """`ref` is the one that is looked for first: a repository with many refs is not listed for one of them."""

    def __init__(
        self, target: Target, repository: pygit2.Repository, ref: str, report_alive: Callable[[], None]
    ) -> None:
        self._target = target
        self._repository = repository
        self._ref = ref
        self._report_alive = report_alive
        self._remote = _open(target)

    def close(self) -> None:
        """Closes its files."""
        self._remote.free()

    def heads(self) -> Mapping[str, str]:
        """The commits of candidate refs, or of all refs. Raises `Failure`."""
        if FULL_COMMIT.fullmatch(self._ref):
            return {}
        with self._explained():
            names = [name for name in candidates(self._ref) if self._remote.references.get(name) is not None]
            found: dict[str, str] = {}
            for name in names or [*self._remote.references, "HEAD"]:
                found.update(self._peeled(name))
            return found

    def download(self, found: Found) -> None:
        """Copies a commit and the objects of its tree that the clone lacks, as one pack. Raises `Failure`."""
        with self._explained(), keepalive(self._report_alive):
            commit = self._remote.get(found.commit)
            if not isinstance(commit, pygit2.Commit):
                raise unknown_commit(found.commit, self._target.place)
            builder = pygit2.PackBuilder(self._remote)
            builder.add(commit.id)
            if found.tag is not None:
                builder.add(pygit2.Oid(hex=found.tag))
            for oid in self._missing(str(commit.tree_id)):
                builder.add(pygit2.Oid(hex=oid))
            builder.write(str(Path(self._repository.path) / "objects" / "pack"))
        self._repository.references.create(KEPT + found.commit, found.commit, force=True)

    def _missing(self, root: str) -> Iterator[str]:
        waiting, seen = [root], {root}
        while waiting:
            oid = waiting.pop()
            if oid in self._repository.odb:
                continue  # all below it came with it
            yield oid
            kind, data = self._remote.odb.read(pygit2.Oid(hex=oid))
            if kind != ObjectType.TREE:
                raise pygit2.GitError(f"{oid} is not a tree")
            for _, node in tree_entries(data):
                if node.kind == SUBMODULE or node.oid in seen:
                    continue
                seen.add(node.oid)
                if node.kind == FOLDER:
                    waiting.append(node.oid)
                elif node.oid not in self._repository.odb:
                    yield node.oid

    def _peeled(self, name: str) -> Iterator[tuple[str, str]]:
        reference = self._remote.references.get(name)
        if reference is None:
            return
        with contextlib.suppress(KeyError, pygit2.InvalidSpecError):
            target = reference.resolve().target
            yield name, str(target)
            with contextlib.suppress(pygit2.GitError, ValueError):
                commit = reference.peel(pygit2.Commit).id
                if commit != target:
                    yield name + _PEELED, str(commit)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (pygit2.GitError, KeyError, ValueError) as error:
            said = said_by(error, self._target)
            if is_disk(error):
                raise explain(error, self._target) from error
            if "permission denied" in said.lower():
                raise Failure(f"the repository cannot be read: {said}. Look at its rights") from error
            raise damaged(error, self._target) from error


def _open(target: Target) -> pygit2.Repository:
    path = Path(target.url)
    try:
        if not path.exists():
            raise Failure(f"there is no folder {path}. Look at `url`")
        return pygit2.Repository(str(path), RepositoryOpenFlag.NO_SEARCH)
    except OSError as error:
        raise Failure(f"the folder {path} cannot be read: {error.strerror}. Look at its rights") from error
    except (pygit2.GitError, KeyError, ValueError) as error:
        if "format" in str(error):
            raise explain(error, target) from error
        raise Failure(f"{path} is not a git repository, or a damaged one. Look at `url`") from error
