"""The user that steps run as, when it is not the worker's own."""

import os
import pwd
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import attrs

from stroem.interfaces.runner import RunnerFailed

PROBE = ("/bin/sh", "-c", ":")


@attrs.frozen(kw_only=True)
class Account:
    """A user of this machine with its groups."""

    name: str
    home: str
    uid: int
    gid: int
    groups: tuple[int, ...]

    @classmethod
    def named(cls, name: str) -> Self:
        """The account of that name. Raises `ValueError` when there is none, or processes cannot be started as it."""
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            raise ValueError(f"user: this machine has no user {name!r}") from None
        groups = tuple(os.getgrouplist(name, entry.pw_gid))
        account = cls(name=name, home=entry.pw_dir, uid=entry.pw_uid, gid=entry.pw_gid, groups=groups)
        if account.uid == os.geteuid():
            return account
        try:
            subprocess.run(PROBE, check=True, **account.popen_options)  # noqa: S603
        except (OSError, subprocess.CalledProcessError) as error:
            raise ValueError(
                f"user: steps cannot be started as {name} ({error}); only a worker that runs as root, or with the "
                "capabilities SETUID, SETGID, CHOWN and KILL, can start them as another user"
            ) from error
        return account

    @property
    def popen_options(self) -> dict[str, Any]:
        """The options of `subprocess.Popen` for a process of this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": self.groups}

    @property
    def variables(self) -> Mapping[str, str]:
        """The variables that a login would set."""
        return {"HOME": self.home, "USER": self.name, "LOGNAME": self.name}

    def hand_over(self, directory: Path) -> None:
        """Gives a directory with all that is in it to this user, once. Raises `RunnerFailed`, `OSError`."""
        if directory.stat().st_uid == self.uid:
            return  # handed over whole for an earlier step: what is in it now is the user's own doing
        self._check_reaches(directory)
        for _, directories, files, parent in os.fwalk(directory):
            for name in (*directories, *files):
                os.chown(name, self.uid, self.gid, dir_fd=parent, follow_symlinks=False)
        os.chown(directory, self.uid, self.gid)

    def _check_reaches(self, directory: Path) -> None:
        for folder in reversed(directory.parents):
            if not self._may_enter(folder.stat()):
                raise RunnerFailed(
                    f"User {self.name}, as which `runners.local.user` runs steps, may not enter {folder}: "
                    "`chmod o+x` it, or set `workspace_cache_dir` to a place that every user can reach."
                )

    def _may_enter(self, status: os.stat_result) -> bool:
        if self.uid == 0:
            return True
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid in self.groups:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)
