"""Private folders, and the umask that keeps new files private."""

import os
import stat
from pathlib import Path

from stroem.errors import FolderUnusable

_OTHERS = stat.S_IRWXG | stat.S_IRWXO

_inherited: int | None = None


def private_folder(path: Path, *, holds_database: bool = False) -> None:
    """Creates a folder with mode 0700, or revokes the rights of group and others.

    A folder of another user, and one with the sticky bit, such as `/tmp`, stays as it is. Root's group may go on
    passing through one that `holds_database`: the embedded PostgreSQL, which is of that group, must. Raises `OSError`.
    """
    path.mkdir(parents=True, exist_ok=True, mode=stat.S_IRWXU)
    status = path.stat()
    taken = status.st_mode & _OTHERS
    if holds_database and os.geteuid() == status.st_gid == 0:
        taken &= ~stat.S_IXGRP
    if taken and status.st_uid == os.geteuid() and not status.st_mode & stat.S_ISVTX:
        path.chmod(stat.S_IMODE(status.st_mode) & ~taken)


def folder_of_setting(path: Path, setting: str) -> None:
    """Makes the private folder that a setting names. Raises `FolderUnusable`, which names both."""
    try:
        private_folder(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FolderUnusable(folder=path, setting=setting, reason=reason) from error


def keep_new_files_private() -> None:
    """Sets the umask: new files get mode 0600 and folders 0700."""
    global _inherited
    before = os.umask(_OTHERS)
    if _inherited is None:
        _inherited = before


def inherited_umask() -> int:
    """The umask for programs of others, such as steps: that with which this process began; -1 when it has it still."""
    return -1 if _inherited is None else _inherited
