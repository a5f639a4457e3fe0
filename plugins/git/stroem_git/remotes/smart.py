"""A repository on a host, over http or ssh."""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

import pygit2

from stroem_git.clone import KEPT
from stroem_git.errors import Failure, bad_certificate, explain, is_remote, printable, unreachable
from stroem_git.remotes.callbacks import Callbacks
from stroem_git.remotes.connect_proxy import ConnectProxy
from stroem_git.remotes.refs import FULL_COMMIT, Found, Moved, unknown_commit
from stroem_git.requests import Target

_HTTPS = 443
_UNSHALLOW = 2_147_483_647
_NOT_OURS = re.compile(r"not our ref|unexpected packet type")
_TIMEOUT = re.compile(r"timed? ?out", re.IGNORECASE)
_EVERYTHING = ("+refs/heads/*:refs/stroem-all/heads/*", "+refs/tags/*:refs/stroem-all/tags/*")


class SmartRemote:
    """Connection to a host: lists refs, then downloads a new commit."""

    def __init__(self, target: Target, repository: pygit2.Repository, callbacks: Callable[[], Callbacks]) -> None:
        self._target = target
        self._repository = repository
        self._callbacks = callbacks
        self._remote = repository.remotes.create_anonymous(target.url)
        self._guard_proxy: ConnectProxy | None = None
        if target.scheme == "https" and target.auth is not None:
            self._guard_proxy = ConnectProxy(target.host, target.port or _HTTPS, target.timeout_secs)
        self._proxy: str | Literal[True] = self._guard_proxy.url if self._guard_proxy else True
        self._connected = False

    def close(self) -> None:
        """Ends its connections."""
        if self._guard_proxy is not None:
            self._guard_proxy.close()

    def heads(self) -> Mapping[str, str]:
        """The commits of all refs by name, those of annotated tags under `name^{}`. Raises `Failure`."""
        self._check_certificate()
        with self._explained():
            listed = self._remote.list_heads(callbacks=self._callbacks(), proxy=self._proxy)
        self._connected = True
        return {head.name: str(head.oid) for head in listed if head.name}

    def _check_certificate(self) -> None:
        if self._guard_proxy is None or self._target.insecure:
            return
        try:
            good = self._guard_proxy.finds_good_certificate()
        except OSError as error:
            raise unreachable(error, self._target) from error
        if not good:
            raise bad_certificate(self._target)

    def download(self, found: Found) -> None:
        """Fetches a commit, without history where the host supports that. Raises `Failure` or `Moved`
        when the host is to blame.
        """
        refspec = f"+{found.name}:{KEPT}{found.commit}"
        try:
            self._fetch([refspec], self._target.depth)
        except pygit2.GitError as error:
            said, by_commit = str(error), FULL_COMMIT.fullmatch(found.name) is not None
            if by_commit and _NOT_OURS.search(said):
                raise unknown_commit(found.commit, self._target.place) from error
            if by_commit and "specific object" in said:
                self._again(list(_EVERYTHING))
            elif "shallow" in said and self._target.depth:
                self._again([refspec])
            else:
                raise self._blamed(error) from error

    def _again(self, refspecs: list[str]) -> None:
        """With all history, and on a new connection."""
        self._remote = self._repository.remotes.create_anonymous(self._target.url)
        try:
            self._fetch(refspecs, _UNSHALLOW if self._repository.is_shallow else 0)
        except pygit2.GitError as error:
            raise self._blamed(error) from error
        for name in [name for name in self._repository.references if name.startswith("refs/stroem-all/")]:
            self._repository.references.delete(name)

    def _fetch(self, refspecs: list[str], depth: int) -> None:
        self._remote.fetch(refspecs, callbacks=self._callbacks(), depth=depth, proxy=self._proxy)

    def _blamed(self, error: pygit2.GitError) -> Exception:
        if refused := self._refused_by_proxy():
            return refused
        if not is_remote(error):
            return error
        failure = explain(error, self._target)
        return failure if _TIMEOUT.search(str(error)) else Moved(failure)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Failure:
            raise
        except Exception as error:  # whatever libgit2 or its callbacks make of an answer
            raise self._refused_by_proxy() or explain(error, self._target) from error

    def _refused_by_proxy(self) -> Failure | None:
        """The reason of the proxy for a failed conversation, if it has one."""
        if self._guard_proxy is None:
            return None
        self._guard_proxy.finish()
        if self._guard_proxy.refused is not None:
            where = printable(self._guard_proxy.refused)
            return Failure(
                f"{self._target.place} sends us on to another host, {where}. If that is right, set it in `url`"
            )
        return None if self._guard_proxy.error is None else unreachable(self._guard_proxy.error, self._target)
