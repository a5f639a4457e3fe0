"""Cache of unpacked revisions of workspaces."""

import asyncio
import errno
import logging
import os
import re
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import lru_cache
from itertools import count
from pathlib import Path
from urllib.parse import quote

import attrs

from stroem.files.tar_safety import TarballUnsafe
from stroem.worker.files.download import TarballDownload
from stroem.worker.files.tarball import SMALLEST_LIMIT, DiskFull, unpack
from stroem.worker.files.threads import in_thread
from stroem.worker.files.tree import Tree, read_tree, remove_tree, size_of
from stroem.worker.http.client import Refused, ServerAway, ServerClient

logger = logging.getLogger(__name__)

PART = ".part"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class WorkspaceUnavailable(Exception):
    """The files of a workspace are not available. The message has the reason."""


@attrs.define(eq=False)
class _Revision:
    """A revision that is unpacked or being fetched.

    `size` is in bytes; `fetching` is None for a revision of an earlier run.
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
        """Whether it is on disk or being fetched. Programs that clean /tmp may have removed it."""
        if self.fetching is None or not self.fetching.done():
            return self.fetching is not None
        if _has_failed(self.fetching):
            return False
        return os.path.isdir(self.root)  # noqa: PTH112 (asked for every step)


class WorkspaceCache:
    """Unpacked revisions below a directory of this process alone.

    Each is downloaded once, checked by its digest, and never changed. Kept are the last used revision of each
    workspace and `retained` others, `most_bytes` in all, and every revision that a step uses.
    """

    def __init__(self, directory: Path, client: ServerClient, *, retained: int, most_bytes: int) -> None:
        self._directory = directory
        self._client = client
        self._kept = retained + 1
        self._most_bytes = most_bytes
        self._removals = count()
        self._revisions: OrderedDict[Path, _Revision] = OrderedDict()
        self._may_exceed = False
        self._remover = ThreadPoolExecutor(1, thread_name_prefix="stroem-remover")

    def open(self) -> None:
        """Adopts the revisions of earlier runs; removes incomplete ones and those beyond the bounds."""
        self._directory.mkdir(parents=True, exist_ok=True)
        found = sorted(self._directory.glob("*/*"), key=lambda entry: entry.stat(follow_symlinks=False).st_mtime)
        for root in found:
            if root.name.endswith(PART) or not root.is_dir():
                root.unlink() if root.is_file() or root.is_symlink() else remove_tree(root)
            else:
                self._revisions[root] = _Revision(root, size_of(root))
        self._may_exceed = True
        self._evict()

    @asynccontextmanager
    async def use(self, workspace: str, revision: str) -> AsyncIterator[Tree]:
        """The files of a revision, kept during the block. Raises `WorkspaceUnavailable`."""
        root = _root(self._directory, workspace, revision)
        entry = self._revisions.get(root)
        if entry is None or not entry.is_usable:
            entry = self._revisions[root] = _Revision(root)
            entry.fetching = asyncio.create_task(self._fetch(workspace, revision, entry))
            entry.fetching.add_done_callback(_has_failed)  # retrieves an error that no step waits for
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
        """Cancels the downloads that are under way."""
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
            tree = await in_thread(read_tree, entry.root)
        except (Refused, ServerAway, TarballUnsafe, OSError) as error:
            raise WorkspaceUnavailable(f"{workspace} at revision {revision[:16]}: {self._reason(error)}") from error
        entry.size, self._may_exceed = tree.size, True
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
            await in_thread(remove_tree, unpacked)
            unpacked.mkdir()
            await in_thread(unpack, tarball, unpacked)
            unpacked.rename(root)
        except BaseException:
            await in_thread(remove_tree, unpacked)
            raise
        finally:
            tarball.unlink(missing_ok=True)

    async def _make_room(self) -> bool:
        """Removes all revisions that no step uses; False when there were none."""
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
        """Removes revisions beyond the bounds, the least recently used first; never the last used one."""
        if not self._may_exceed:
            return
        left = Counter(root.parent for root in self._revisions)
        size = sum(entry.size for entry in self._revisions.values())
        for root, entry in list(self._revisions.items())[:-1]:
            if entry.is_idle and (left[root.parent] > self._kept or size > self._most_bytes):
                self._remove(entry)
                left[root.parent] -= 1
                size -= entry.size
        self._may_exceed = size > self._most_bytes or max(left.values(), default=0) > self._kept

    def _remove(self, entry: _Revision) -> None:
        """Renames the directory at once, and removes it in the background."""
        if self._revisions.get(entry.root) is entry:
            del self._revisions[entry.root]
        removed = entry.root.with_name(f"{entry.root.name}.{next(self._removals)}{PART}")
        try:
            entry.root.rename(removed)
        except FileNotFoundError:
            return
        self._remover.submit(remove_tree, removed)


def _has_failed(fetching: "asyncio.Task[Tree]") -> bool:
    return fetching.done() and (fetching.cancelled() or fetching.exception() is not None)


def _is_full(error: OSError) -> bool:
    return isinstance(error, DiskFull) or error.errno in NO_ROOM


@lru_cache(256)
def _root(directory: Path, workspace: str, revision: str) -> Path:
    """The directory of a revision; asked for every step."""
    return directory / _safe(workspace) / _safe(revision)


def _safe(name: str) -> str:
    """A unique file name for a name: other characters than letters, digits, dots and hyphens become `_xx` in hex."""
    text = re.sub(rb"[^A-Za-z0-9.-]", lambda match: b"_%02x" % match[0][0], name.encode())
    return text.decode().replace(".", "_2e", 1) if text.startswith(b".") else text.decode()
