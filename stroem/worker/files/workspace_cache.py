"""The revisions of workspaces that this worker has unpacked."""

import asyncio
import errno
import logging
import os
import re
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import ParamSpec, TypeVar
from urllib.parse import quote

import attrs

from stroem.worker.exchange.client import Refused, ServerAway, ServerClient
from stroem.worker.files.download import TarballDownload
from stroem.worker.files.tarball import SMALLEST_LIMIT, DiskFull, TarballUnsafe, unpack
from stroem.worker.files.tree import Tree, read_tree, remove_tree, size_of

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

PART = ".part"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class WorkspaceUnavailable(Exception):
    """The files of a workspace cannot be had. The message says why."""


@attrs.define(eq=False)
class _Revision:
    """An unpacked revision, or one that is about to be. `size` is in bytes; `fetching` is None when it lies there
    since an earlier run.
    """

    root: Path
    size: int = 0
    fetching: asyncio.Task[Tree] | None = None
    users: int = 0

    @property
    def is_idle(self) -> bool:
        return self.users == 0 and (self.fetching is None or self.fetching.done())

    @property
    def is_usable(self) -> bool:
        """Whether it is there or under way. Programs that tidy /tmp remove files that lie long enough."""
        if self.fetching is None or not self.fetching.done():
            return self.fetching is not None
        if _has_failed(self.fetching):
            return False
        return os.path.isdir(self.root)  # noqa: PTH112 (asked for every step)


class WorkspaceCache:
    """Unpacked revisions below a directory, which this process has for itself. Each is downloaded once, checked by
    its digest, and never changed.

    Of each workspace the newest revision and `retained` others are kept, of all together `most_bytes`, and whatever a
    step uses.
    """

    def __init__(self, directory: Path, client: ServerClient, *, retained: int, most_bytes: int) -> None:
        self._directory = directory
        self._client = client
        self._kept = retained + 1
        self._most_bytes = most_bytes
        self._doomed = count()
        self._revisions: OrderedDict[Path, _Revision] = OrderedDict()
        self._grown = False
        self._remover = ThreadPoolExecutor(1, thread_name_prefix="stroem-remover")

    def open(self) -> None:
        """Takes stock of what earlier runs left. Removes what was half unpacked, and what is beyond the bounds."""
        self._directory.mkdir(parents=True, exist_ok=True)
        found = sorted(self._directory.glob("*/*"), key=lambda entry: entry.stat(follow_symlinks=False).st_mtime)
        for root in found:
            if root.name.endswith(PART) or not root.is_dir():
                root.unlink() if root.is_file() or root.is_symlink() else remove_tree(root)
            else:
                self._revisions[root] = _Revision(root, size_of(root))
        self._grown = True
        self._evict()

    @asynccontextmanager
    async def use(self, workspace: str, revision: str) -> AsyncIterator[Tree]:
        """The files of a revision, which stay while they are in use. Raises `WorkspaceUnavailable`."""
        root = self._directory / _safe(workspace) / _safe(revision)
        entry = self._revisions.get(root)
        if entry is None or not entry.is_usable:
            entry = self._revisions[root] = _Revision(root)
            entry.fetching = asyncio.create_task(self._fetch(workspace, revision, entry))
            entry.fetching.add_done_callback(_has_failed)  # an error that nobody waits for is no news
        assert entry.fetching is not None
        self._revisions.move_to_end(root)
        entry.users += 1
        try:
            yield await asyncio.shield(entry.fetching)
        finally:
            entry.users -= 1
            if _has_failed(entry.fetching) and self._revisions.get(root) is entry:
                del self._revisions[root]
            self._evict()

    async def close(self) -> None:
        """Gives up downloads that are under way."""
        fetching = [entry.fetching for entry in self._revisions.values() if entry.fetching is not None]
        for task in fetching:
            task.cancel()
        await asyncio.gather(*fetching, return_exceptions=True)
        await asyncio.to_thread(self._remover.shutdown)

    async def _fetch(self, workspace: str, revision: str, entry: _Revision) -> Tree:
        try:
            if not entry.root.exists():
                await self._download(workspace, revision, entry.root)
            entry.root.touch()
            tree = await _in_thread(read_tree, entry.root)
        except (Refused, ServerAway, TarballUnsafe, OSError) as error:
            raise WorkspaceUnavailable(f"{workspace} at revision {revision[:16]}: {self._reason(error)}") from error
        entry.size, self._grown = tree.size, True
        return tree

    async def _download(self, workspace: str, revision: str, root: Path) -> None:
        try:
            await self._download_once(workspace, revision, root)
        except OSError as error:
            if not _is_full(error) or not await self._make_room():
                raise
            await self._download_once(workspace, revision, root)

    async def _download_once(self, workspace: str, revision: str, root: Path) -> None:
        root.parent.mkdir(parents=True, exist_ok=True)
        tarball = root.with_name(f"{root.name}.tar{PART}")
        unpacked = root.with_name(f"{root.name}{PART}")
        try:
            path = f"/worker/workspace/{quote(workspace, safe='')}.tar.gz"
            most = max(self._most_bytes, SMALLEST_LIMIT)
            await TarballDownload(self._client, path, {"revision": revision}, tarball, most).run()
            await _in_thread(remove_tree, unpacked)
            unpacked.mkdir()
            await _in_thread(unpack, tarball, unpacked)
            unpacked.rename(root)
        except BaseException:
            await _in_thread(remove_tree, unpacked)
            raise
        finally:
            tarball.unlink(missing_ok=True)

    async def _make_room(self) -> bool:
        """Removes all that nobody uses; False when there was nothing."""
        idle = [entry for entry in self._revisions.values() if entry.is_idle]
        for entry in idle:
            self._remove(entry)
        await asyncio.wrap_future(self._remover.submit(lambda: None))
        return bool(idle)

    def _reason(self, error: Exception) -> str:
        if isinstance(error, OSError) and _is_full(error):
            return f"no room is left in {self._directory}, though all that is not in use was removed: {error}"
        return str(error)

    def _evict(self) -> None:
        """Removes what is beyond the bounds, of what was used longest ago first; never what was used last."""
        if not self._grown:
            return
        left = Counter(root.parent for root in self._revisions)
        size = sum(entry.size for entry in self._revisions.values())
        for root, entry in list(self._revisions.items())[:-1]:
            if entry.is_idle and (left[root.parent] > self._kept or size > self._most_bytes):
                self._remove(entry)
                left[root.parent] -= 1
                size -= entry.size
        self._grown = size > self._most_bytes or max(left.values(), default=0) > self._kept

    def _remove(self, entry: _Revision) -> None:
        """Takes it out of sight at once, and away soon."""
        if self._revisions.get(entry.root) is entry:
            del self._revisions[entry.root]
        doomed = entry.root.with_name(f"{entry.root.name}.{next(self._doomed)}{PART}")
        try:
            entry.root.rename(doomed)
        except FileNotFoundError:
            return
        self._remover.submit(remove_tree, doomed)


def _has_failed(fetching: "asyncio.Task[Tree]") -> bool:
    return fetching.done() and (fetching.cancelled() or fetching.exception() is not None)


def _is_full(error: OSError) -> bool:
    return isinstance(error, DiskFull) or error.errno in NO_ROOM


async def _in_thread(work: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """What a thread makes of it. When nobody waits for that any more it still comes to its end first."""
    working = asyncio.create_task(asyncio.to_thread(work, *arguments, **options))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.gather(working, return_exceptions=True)  # a thread cannot be stopped
        raise


def _safe(name: str) -> str:
    """A file name of its own for every name: what is not a letter, digit, dot or hyphen stands as `_xx` in hex."""
    text = re.sub(rb"[^A-Za-z0-9.-]", lambda match: b"_%02x" % match[0][0], name.encode())
    return text.decode().replace(".", "_2e", 1) if text.startswith(b".") else text.decode()
