"""Directories of their own for steps."""

import asyncio
import logging
import os
import stat
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import TypeVar

import attrs

from stroem.worker.files.tree import Tree, remove_tree

logger = logging.getLogger(__name__)

T = TypeVar("T")


@attrs.frozen(eq=False)
class StepArea:
    """Where one step lives: `directory` with a copy of its workspace, `scratch`, at first empty, beside it."""

    root: Path
    tree: Tree
    directory: Path = attrs.field(init=False, default=attrs.Factory(lambda self: self.root / "work", takes_self=True))
    scratch: Path = attrs.field(init=False, default=attrs.Factory(lambda self: self.root / "tmp", takes_self=True))


class StepAreas:
    """Makes areas and removes them again. A copy that its step left as it was serves the next step."""

    def __init__(self, directory: Path, *, keep: int) -> None:
        self._directory = directory
        self._keep = keep
        self._names = count()
        self._idle: deque[StepArea] = deque()
        self._remover = ThreadPoolExecutor(1, thread_name_prefix="stroem-remover")

    async def take(self, tree: Tree) -> StepArea:
        """An area with a pristine copy of the tree. Raises `OSError`."""
        for area in self._idle:
            if area.tree is tree:
                self._idle.remove(area)
                return area
        area = StepArea(self._directory / str(next(self._names)), tree)
        try:
            await _where_it_fits(tree, _make, area)
        except BaseException:
            self._remove(area)
            raise
        return area

    async def give_back(self, area: StepArea) -> None:
        """The step is over: keeps the area for another step, or removes it soon."""
        if self._keep and await _where_it_fits(area.tree, _is_pristine, area):
            self._idle.append(area)
            if len(self._idle) > self._keep:
                self._remove(self._idle.popleft())
        else:
            self._remove(area)

    async def close(self) -> None:
        """Removes everything."""
        while self._idle:
            self._remove(self._idle.popleft())
        await asyncio.to_thread(self._remover.shutdown)

    def _remove(self, area: StepArea) -> None:
        self._remover.submit(_remove, area.root)


async def _where_it_fits(tree: Tree, work: Callable[[StepArea], T], area: StepArea) -> T:
    if tree.small:
        return work(area)
    working = asyncio.create_task(asyncio.to_thread(work, area))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.gather(working, return_exceptions=True)  # a thread cannot be stopped
        raise


def _make(area: StepArea) -> None:
    area.root.mkdir(mode=0o700, parents=True)
    area.root.chmod(stat.S_IMODE(area.root.parent.stat().st_mode))  # users who may pass through that pass through this
    area.directory.mkdir(mode=0o700)
    area.scratch.mkdir(mode=0o700)
    area.tree.copy_to(area.directory)


def _is_pristine(area: StepArea) -> bool:
    try:
        return not os.listdir(area.scratch) and area.tree.is_untouched(str(area.directory))  # noqa: PTH208 (once a step)
    except OSError:
        return False


def _remove(root: Path) -> None:
    if not remove_tree(root):
        logger.warning("%s could not be removed whole: something in it belongs to another user", root)
