"""The revisions of workspaces that this worker has unpacked."""

import asyncio
import base64
import hashlib
import logging
import os
import re
import tarfile
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from urllib.parse import quote

import attrs

from stroem.worker.server_client import Refused, ServerAway, ServerClient
from stroem.worker.tarball import TarballUnsafe, unpack
from stroem.worker.tree import Tree, read_tree, remove_tree

logger = logging.getLogger(__name__)

ATTEMPTS = 8
LONGEST_PAUSE_SECS = 30
PART = ".part"


class WorkspaceUnavailable(Exception):
    """The files of a workspace cannot be had. The message says why."""


@attrs.define
class _Revision:
    fetching: asyncio.Task[Tree]
    users: int = 0


class WorkspaceCache:
    """Unpacked revisions below a directory. Each is downloaded once, checked by its digest, and never changed.

    Of each workspace the newest revision and `retained` others are kept, and whatever a step uses.
    """

    def __init__(self, directory: Path, client: ServerClient, *, retained: int) -> None:
        self._directory = directory
        self._client = client
        self._kept = retained + 1
        self._doomed = count()
        self._workspaces: dict[str, OrderedDict[str, _Revision]] = {}

    def open(self) -> None:
        """Removes what an earlier run left half unpacked, and revisions beyond those that are kept."""
        self._directory.mkdir(parents=True, exist_ok=True)
        for workspace in self._directory.iterdir():
            found = sorted(workspace.iterdir(), key=lambda entry: entry.stat().st_mtime, reverse=True)
            whole = [entry for entry in found if not entry.name.endswith(PART)]
            for entry in {*found} - {*whole[: self._kept]}:
                entry.unlink() if entry.is_file() else remove_tree(entry)

    @asynccontextmanager
    async def use(self, workspace: str, revision: str) -> AsyncIterator[Tree]:
        """The files of a revision, which stay while they are in use. Raises `WorkspaceUnavailable`."""
        revisions = self._workspaces.setdefault(workspace, OrderedDict())
        entry = revisions.get(revision)
        if entry is None or _has_failed(entry.fetching) or _is_gone(entry.fetching):
            entry = _Revision(asyncio.create_task(self._fetch(workspace, revision)))
            entry.fetching.add_done_callback(_has_failed)  # an error that nobody waits for is no news
            revisions[revision] = entry
        revisions.move_to_end(revision)
        entry.users += 1
        try:
            yield await asyncio.shield(entry.fetching)
        finally:
            entry.users -= 1
            await self._evict(workspace)

    async def close(self) -> None:
        """Gives up downloads that are under way."""
        fetching = {entry.fetching for revisions in self._workspaces.values() for entry in revisions.values()}
        for task in fetching:
            task.cancel()
        await asyncio.gather(*fetching, return_exceptions=True)

    async def _fetch(self, workspace: str, revision: str) -> Tree:
        root = self._directory / _safe(workspace) / _safe(revision)
        try:
            if not root.exists():
                await self._download(workspace, revision, root)
            root.touch()
            return await asyncio.to_thread(read_tree, root)
        except (Refused, TarballUnsafe, tarfile.TarError, EOFError, OSError) as error:
            raise WorkspaceUnavailable(f"{workspace} at revision {revision}: {error}") from error

    async def _download(self, workspace: str, revision: str, root: Path) -> None:
        root.parent.mkdir(parents=True, exist_ok=True)
        tarball = root.with_name(f"{root.name}.tar{PART}")
        unpacked = root.with_name(f"{root.name}{PART}")
        try:
            await self._receive(workspace, revision, tarball)
            await asyncio.to_thread(remove_tree, unpacked)
            unpacked.mkdir()
            await asyncio.to_thread(unpack, tarball, unpacked)
            unpacked.rename(root)
        finally:
            tarball.unlink(missing_ok=True)

    async def _receive(self, workspace: str, revision: str, tarball: Path) -> None:
        for attempt in range(ATTEMPTS):
            try:
                return await self._receive_once(workspace, revision, tarball)
            except ServerAway as error:
                logger.warning("the files of workspace %s: %s", workspace, error)
                await asyncio.sleep(min(2**attempt / 4, LONGEST_PAUSE_SECS))
        raise WorkspaceUnavailable(f"{workspace} at revision {revision}: the server cannot be reached")

    async def _receive_once(self, workspace: str, revision: str, tarball: Path) -> None:
        digest = hashlib.sha256()
        with tarball.open("wb") as file:

            def keep(piece: bytes) -> None:
                digest.update(piece)
                file.write(piece)

            headers = await self._client.download(
                f"/worker/workspace/{quote(workspace, safe='')}.tar.gz", {"revision": revision}, keep
            )
        expected = headers.get("Digest")
        if expected is not None and expected != f"sha-256={base64.b64encode(digest.digest()).decode()}":
            raise ServerAway(f"the tarball of {workspace} was damaged on its way")

    async def _evict(self, workspace: str) -> None:
        revisions = self._workspaces[workspace]
        surplus = len(revisions) - self._kept
        for revision, entry in list(revisions.items()):
            if surplus <= 0:
                return
            if entry.users == 0 and entry.fetching.done():
                del revisions[revision]
                surplus -= 1
                root = self._directory / _safe(workspace) / _safe(revision)
                if root.exists():
                    doomed = root.with_name(f"{root.name}.{next(self._doomed)}{PART}")
                    root.rename(doomed)
                    await asyncio.to_thread(remove_tree, doomed)


def _has_failed(fetching: "asyncio.Task[Tree]") -> bool:
    return fetching.done() and (fetching.cancelled() or fetching.exception() is not None)


def _is_gone(fetching: "asyncio.Task[Tree]") -> bool:
    """Whether somebody removed the files, as programs that tidy /tmp do."""
    return fetching.done() and not os.path.isdir(fetching.result().root)  # noqa: PTH112 (asked for every step)


def _safe(name: str) -> str:
    """A file name of its own for every name: what is not a letter, digit, dot or hyphen stands as `_xx` in hex."""
    text = re.sub(rb"[^A-Za-z0-9.-]", lambda match: b"_%02x" % match[0][0], name.encode())
    return text.decode().replace(".", "_2e", 1) if text.startswith(b".") else text.decode()
