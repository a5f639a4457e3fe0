"""The directory of a worker's files."""

import fcntl
import os
import stat
from types import TracebackType
from typing import Self

from stroem import errors
from stroem.files.private import folder_of_setting, private_folder
from stroem.settings.worker import WorkerSettings
from stroem.worker.files.orphans import end_orphans


class DataDir:
    """The worker's own directory in `workspace_cache_dir`, locked while it runs."""

    def __init__(self, settings: WorkerSettings, *, passable: bool = False) -> None:
        """With `passable` other users may traverse it to the directories of steps."""
        name = settings.worker_name.replace("/", "_")
        self._root = settings.workspace_cache_dir.resolve() / (name if name.strip(".") else f"_{name}")
        self._passable = passable
        self._lock: int | None = None
        self.workspaces = self._root / "workspaces"
        self.steps = self._root / "steps"
        self.volumes = self._root / "volumes"
        self.spool = self._root / "spool"
        self.outboxes = self._root / "outboxes"
        self.worker_id = self._root / "worker-id"
        self.identity = self._root / "identity.json"

    def __enter__(self) -> Self:
        """Locks and creates it, and ends the orphans of a killed run.

        Raises `SettingsError` when another worker has locked it, `FolderUnusable` when it cannot be made.
        """
        folder_of_setting(self._root, "workspace_cache_dir")
        self._lock = os.open(self._root / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise errors.SettingsError(
                problems=f"worker_name: another worker of this name runs with {self._root}; "
                "give one of them another `worker_name` or `workspace_cache_dir`."
            ) from None
        end_orphans(self.steps)
        end_orphans(self.spool)
        for directory in (self.workspaces, self.steps, self.volumes, self.spool, self.outboxes):
            private_folder(directory)
        if self._passable:
            for directory in (self._root.parent, self._root, self.steps, self.volumes):
                directory.chmod(stat.S_IMODE(directory.stat().st_mode) | stat.S_IXGRP | stat.S_IXOTH)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            os.close(self._lock)
