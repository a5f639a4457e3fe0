"""Notices soon that something changed in a folder."""

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import watchfiles

from stroem.interfaces.source import SourceUnavailable
from stroem_folder.walk import Ignores, walk

log = logging.getLogger(__name__)

_GROUP_MS = 50
_STEP_MS = 20
_LOOK_MS = 1000
_POLL_SECS = 2.0
_ABSENT_SECS = 0.2


async def wake_ups(root: Path, left_out: Ignores) -> AsyncIterator[None]:
    """Yields after changes below a folder, which may be missing, removed or replaced."""
    loop = asyncio.get_running_loop()
    woken = asyncio.Event()

    def wake() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(woken.set)

    watcher = Watcher(root, left_out, wake)
    thread = threading.Thread(target=watcher.run, name=f"watch {root}", daemon=True)
    thread.start()
    try:
        while True:
            await woken.wait()
            woken.clear()
            yield
    finally:
        watcher.stop()


class Watcher:
    """Watches the folders that count, one by one: the operating system's recursive watch would follow
    links and would spend itself on what is ignored. Without notifications it wakes at intervals.
    """

    def __init__(self, root: Path, left_out: Ignores, wake: Callable[[], None]) -> None:
        self._root = root
        self._left_out = left_out
        self._wake = wake
        self._stopped = threading.Event()
        self._told = False

    def stop(self) -> None:
        """Makes `run` end within a few milliseconds."""
        self._stopped.set()

    def run(self) -> None:
        """Watches until stopped."""
        while not self._stopped.is_set():
            before = _identity(self._root)
            try:
                self._watch(before)
            except FileNotFoundError:  # the folder is missing, or one inside it has just gone
                self._stopped.wait(_ABSENT_SECS)
                if _identity(self._root) is not None:
                    self._wake()
            except (OSError, RuntimeError, SourceUnavailable) as error:
                self._tell(error)
                self._stopped.wait(_POLL_SECS)
                self._wake()

    def _watch(self, identity: tuple[int, int] | None) -> None:
        """Watches until the set of folders is another one. The first report wakes in any case: something
        may have changed between listing the folders and watching them.
        """
        top = self._root.resolve(strict=True)
        entries = walk(top, self._left_out)
        inner = [entry.path for _, entry in entries if entry.is_dir(follow_symlinks=False)]
        folders = {str(top), *inner}
        first = True
        for changes in watchfiles.watch(
            *sorted(folders),
            watch_filter=lambda _, path: not self._left_out(os.path.relpath(path, top)),
            debounce=_GROUP_MS,
            step=_STEP_MS,
            rust_timeout=_LOOK_MS,
            yield_on_timeout=True,
            stop_event=self._stopped,
            raise_interrupt=False,
            recursive=False,
        ):
            moved = _identity(self._root) != identity or any(
                path in folders or (Path(path).is_dir() and not Path(path).is_symlink()) for _, path in changes
            )
            if changes or first or moved:
                self._wake()
            first = False
            if moved:
                return

    def _tell(self, error: Exception) -> None:
        if not self._told:
            log.warning("no notifications from folder %s: %s; looking every %g s", self._root, error, _POLL_SECS)
            self._told = True


def _identity(root: Path) -> tuple[int, int] | None:
    """Identity of a folder, different for a replacement at its path."""
    try:
        status = root.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
