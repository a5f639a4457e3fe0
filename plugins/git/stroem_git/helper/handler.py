"""Handler of requests in a helper: fetches refs, lists differences, reads files."""

import datetime
import hashlib
import time
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import attrs
import pygit2

from stroem_git.clone import Clone, is_commit
from stroem_git.contents import Digests, read_contents
from stroem_git.encoding import encoding_of
from stroem_git.errors import CloneBroken, Failure, damaged, disk_failure, explain, is_disk
from stroem_git.remotes.callbacks import Callbacks
from stroem_git.remotes.keepalive import keepalive
from stroem_git.remotes.local import LocalRemote
from stroem_git.remotes.ref_cache import RefCache
from stroem_git.remotes.refs import FULL_COMMIT, Found, Moved, resolve, unknown_commit
from stroem_git.remotes.smart import SmartRemote
from stroem_git.remotes.token_command import Tokens
from stroem_git.requests import FetchRequest, ReadRequest, Request, Target
from stroem_git.tree import Trees

_MESSAGE_BYTES = 10_000
_RAW_BYTES = 64 * 1024
_MOST_PROVEN = 10_000

ReportAlive = Callable[[], None]
Answer = tuple[dict[str, Any], bytes]


@attrs.frozen(kw_only=True)
class _Task:
    """Context of one request. `since` is its arrival by the monotonic clock."""

    clone: Clone
    target: Target
    report_alive: ReportAlive
    since: float


class Handler:
    """Handles requests, on any thread. `known_hosts` is the file read by libssh2."""

    def __init__(self, known_hosts: Path) -> None:
        self._known_hosts = known_hosts
        self._digests = Digests()
        self._tokens = Tokens()
        self._refs = RefCache()
        self._proven: set[object] = set()

    def do(self, request: Request, report_alive: ReportAlive, since: float) -> Answer:
        """The answer. Raises `Failure`; a clone that is damaged is thrown away and made anew once."""
        clone = Clone(Path(request.target.clone), report_alive)
        with clone.closing:
            return self._twice(
                _Task(clone=clone, target=request.target, report_alive=report_alive, since=since), request
            )

    def _twice(self, task: _Task, request: Request) -> Answer:
        clone = task.clone
        identity = clone.identity()
        try:
            return self._once(task, request)
        except CloneBroken:
            self._proven.discard(_key(request.target))
            with clone.alone():
                if clone.identity() in (identity, ""):  # or else somebody was quicker
                    clone.discard()
        try:
            return self._once(task, request)
        except CloneBroken as error:
            raise damaged(error, request.target) from error

    def _once(self, task: _Task, request: Request) -> Answer:
        try:
            task.clone.ensure()
            return self._fetch(task, request) if isinstance(request, FetchRequest) else self._read(task, request)
        except OSError as error:
            raise disk_failure(error) from error
        except (pygit2.GitError, KeyError, ValueError) as error:
            if is_disk(error):
                raise explain(error, request.target) from error
            raise CloneBroken(str(error)) from error

    def _fetch(self, task: _Task, request: FetchRequest) -> Answer:
        found = self._bring(task, request.ref, request.base)
        if found.commit == request.base:
            return _unchanged(found), b""
        with task.clone.shared(), keepalive(task.report_alive):
            repository = task.clone.open()
            task.clone.touch(found.commit)
            return self._answer(repository, found, request)

    def _bring(self, task: _Task, ref: str, base: str | None) -> Found:
        """Resolves a ref to a commit and fetches it unless the clone or `base` has it."""
        if FULL_COMMIT.fullmatch(ref) and _key(task.target) in self._proven:
            with task.clone.shared():
                if task.clone.has(ref):
                    return Found(commit=ref, name=ref, kind="commit")
        try:
            return self._fetch_from_remote(task, ref, base)
        except Moved:
            again = attrs.evolve(task, since=time.monotonic())
        try:
            return self._fetch_from_remote(again, ref, base)
        except Moved as moved:
            raise moved.failure from moved

    def _fetch_from_remote(self, task: _Task, ref: str, base: str | None) -> Found:
        clone = task.clone
        generation = clone.generation()
        remote = self._remote(task, ref)
        found = self._resolve(task, remote, ref)
        if found.commit == base:
            return found
        with clone.shared():
            if _has(clone, found):
                return found
        with clone.alone():
            clone.make()
            if _has(clone, found):
                return found
            clone.sweep()
            if clone.generation() != generation:
                remote = self._remote(task, ref)
            remote.download(found)
            repository = clone.open()
            if not is_commit(repository, found.commit):
                raise unknown_commit(found.commit, task.target.place)
            clone.keep(repository, found.commit)
            with keepalive(task.report_alive):
                clone.tidy(found.tag)
        return found

    def _remote(self, task: _Task, ref: str) -> SmartRemote | LocalRemote:
        target, repository = task.target, task.clone.open()
        if target.scheme == "file":
            remote = LocalRemote(target, repository, ref, task.report_alive)
            task.clone.closing.callback(remote.close)
            return remote
        smart = SmartRemote(
            target, repository, lambda: Callbacks(target, self._known_hosts, self._tokens, task.report_alive)
        )
        task.clone.closing.callback(smart.close)
        return smart

    def _resolve(self, task: _Task, remote: SmartRemote | LocalRemote, ref: str) -> Found:
        """Resolves a ref at the remote. Credentials that may list refs may read the clone."""
        target = task.target
        if isinstance(remote, SmartRemote):
            heads = self._refs.heads(_key(target), task.since, remote.heads)
        else:
            heads = remote.heads()
        task.report_alive()
        self._prove(target)
        return resolve(ref, heads, target.place)

    def _prove(self, target: Target) -> None:
        """Remembers that these credentials may read this repository: others get nothing from the clone."""
        if len(self._proven) > _MOST_PROVEN:
            self._proven.clear()
        self._proven.add(_key(target))

    def _answer(self, repository: pygit2.Repository, found: Found, request: FetchRequest) -> Answer:
        commit = _commit(repository, found.commit)
        tree = _tree(repository, commit, request.path)
        if tree is None:
            raise Failure(
                f"there is no folder {request.path!r} at {request.ref} (commit {found.commit[:12]}). Look at `path`",
                "rejected",
                found.commit,
            )
        old = None
        if request.base is not None and is_commit(repository, request.base):
            old = _tree(repository, _commit(repository, request.base), request.path)
        if old == tree and request.path:
            return _unchanged(found), b""
        if request.trusted_keys or request.trusted_keys_file:
            from stroem_git.signatures.check import check_signature  # half of what a helper loads, and few need it

            check_signature(repository, found, request)
        if old is None:
            request = attrs.evolve(request, base=None, base_files=0, base_bytes=0)
        contents = read_contents(repository, old, tree, request, found.commit, self._digests)
        header = {
            "revision": found.commit,
            "kind": found.kind,
            "base": request.base,
            **_description(commit),
            **contents.to_dict(),
        }
        return header, commit.read_raw()[:_RAW_BYTES]

    def _read(self, task: _Task, request: ReadRequest) -> Answer:
        self._bring(task, request.revision, None)
        with task.clone.shared(), keepalive(task.report_alive):
            repository = task.clone.open()
            task.clone.touch(request.revision)
            trees = Trees(repository, 10_000_000)
            root = _tree(repository, _commit(repository, request.revision), request.path)
            found: list[bytes] = []
            for path, digest in request.files:
                node = trees.node(root, path) if root else None
                data = repository.odb.read(pygit2.Oid(hex=node.oid))[1] if node else b""
                if node is None or hashlib.sha256(data).hexdigest() != digest:
                    raise Failure(f"{path} has other contents in commit {request.revision[:12]}. It is fetched again")
                found.append(data)
        return {"sizes": [len(data) for data in found]}, b"".join(found)


def _key(target: Target) -> Hashable:
    """A key of repository and credentials."""
    return target.clone, target.auth, target.insecure


def _has(clone: Clone, found: Found) -> bool:
    return clone.has(found.commit) and (found.tag is None or clone.holds(found.tag))


def _unchanged(found: Found) -> dict[str, Any]:
    return {"unchanged": True, "kind": found.kind}


def _commit(repository: pygit2.Repository, oid: str) -> pygit2.Commit:
    commit = repository[oid]
    assert isinstance(commit, pygit2.Commit)
    return commit


def _tree(repository: pygit2.Repository, commit: pygit2.Commit, path: str) -> str | None:
    return Trees(repository, 1_000_000).below(str(commit.tree_id), path)


def _description(commit: pygit2.Commit) -> dict[str, Any]:
    """Author, message and time of a commit, for display."""
    author, encoding = commit.author, encoding_of(commit.read_raw()[:_RAW_BYTES])
    name, email = (part.decode(encoding, "replace") for part in (author.raw_name, author.raw_email))
    message = commit.raw_message[:_MESSAGE_BYTES].decode(encoding, "replace")
    return {
        "author": f"{name} <{email}>".strip()[:500],
        "message": message.replace("\0", "\N{REPLACEMENT CHARACTER}"),
        "at": _time(commit.commit_time),
    }


def _time(secs: int) -> str:
    try:
        return datetime.datetime.fromtimestamp(secs, datetime.UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return datetime.datetime.fromtimestamp(0, datetime.UTC).isoformat()
