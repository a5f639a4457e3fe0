"""A repository on a host, over http or ssh."""

import contextlib
from collections.abc import Callable, Iterator, Mapping

import pygit2

from stroem_git.callbacks import Callbacks
from stroem_git.clone import KEPT
from stroem_git.failures import Failure, explain, is_remote
from stroem_git.orders import Target
from stroem_git.refs import FULL_COMMIT, Found, Moved, unknown_commit

_EVERYTHING = ("+refs/heads/*:refs/stroem-all/heads/*", "+refs/tags/*:refs/stroem-all/tags/*")


class SmartRemote:
    """One conversation with a host: first its refs, then a download if there is something new."""

    def __init__(self, target: Target, repository: pygit2.Repository, callbacks: Callable[[], Callbacks]) -> None:
        self._target = target
        self._repository = repository
        self._callbacks = callbacks
        self._remote = repository.remotes.create_anonymous(target.url)
        self._connected = False

    def heads(self) -> Mapping[str, str]:
        """The commits of all refs by name, those of annotated tags under `name^{}`. Raises `Failure`."""
        with self._explained():
            listed = self._remote.list_heads(callbacks=self._callbacks(), proxy=True)
        self._connected = True
        return {head.name: str(head.oid) for head in listed if head.name}

    def download(self, found: Found) -> None:
        """Brings a commit into the clone, without its history where the host can do that. Raises `Failure` when the
        host is to blame.
        """
        try:
            self._fetch([f"+{found.name}:{KEPT}{found.commit}"], self._target.depth)
        except pygit2.GitError as error:
            if "not our ref" in str(error):
                raise self._unknown(found) from error
            if "shallow" in str(error) and self._target.depth:
                self._again([f"+{found.name}:{KEPT}{found.commit}"])
            elif FULL_COMMIT.fullmatch(found.name) and "specific object" in str(error):
                self._again(list(_EVERYTHING))
            else:
                raise self._blamed(error) from error

    def _again(self, refspecs: list[str]) -> None:
        """With all history, and on a new connection."""
        self._remote = self._repository.remotes.create_anonymous(self._target.url)
        try:
            self._fetch(refspecs, 0)
        except pygit2.GitError as error:
            raise self._blamed(error) from error
        for name in [name for name in self._repository.references if name.startswith("refs/stroem-all/")]:
            self._repository.references.delete(name)

    def _fetch(self, refspecs: list[str], depth: int) -> None:
        self._remote.fetch(refspecs, callbacks=self._callbacks(), depth=depth, proxy=True)

    def _unknown(self, found: Found) -> Exception:
        if FULL_COMMIT.fullmatch(found.name):
            return unknown_commit(found.commit, self._target.place)
        return Moved(found.name)

    def _blamed(self, error: pygit2.GitError) -> Exception:
        return explain(error, self._target) if is_remote(error) else error

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Failure:
            raise
        except Exception as error:  # whatever libgit2 or its callbacks make of an answer
            raise explain(error, self._target) from error
