"""Data folder of `stroem up`: database, blobs, files and token of the worker."""

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stroem.cli.output.errors import Failure
from stroem.files.private import private_folder

NAME = ".stroem"
TOKEN_BYTES = 32


def default_data_dir() -> Path:
    """`.stroem` in a current folder with workflows, else the user's data folder."""
    here = Path.cwd()
    if any((here / name).is_dir() for name in (NAME, ".workflows", "workspaces")):
        return here / NAME
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "stroem"


class DataDir:
    """A data folder, locked by one process at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Locks the folder. Raises `Failure` when another process has it; a process that dies releases it."""
        try:
            private_folder(self.path, holds_database=True)
            file = os.open(self.path / "up.json", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._unusable(error) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(file)
            raise Failure(self._in_use()) from error
        try:
            yield
        finally:
            os.close(file)

    def announce(self, address: str) -> None:
        """Writes the address and id of this process to the lock file."""
        try:
            (self.path / "up.json").write_text(json.dumps({"address": address, "pid": os.getpid()}))
        except OSError as error:
            raise self._unusable(error) from error

    def worker_token(self) -> str:
        """Token between server and worker: created on first use, readable by its owner only."""
        file = self.path / "worker-token"
        try:
            if not file.exists() or not file.stat().st_size:  # a full disk leaves an empty file
                handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(handle, "w") as written:
                    written.write(secrets.token_urlsafe(TOKEN_BYTES))
            return file.read_text()
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> Failure:
        return Failure(
            f"The data folder {self.path} cannot be used: {error.strerror}.\nGive another folder with --data-dir."
        )

    def _in_use(self) -> str:
        holder: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError):
            holder = json.loads((self.path / "up.json").read_text())
        where = f" at {holder['address']} (process {holder['pid']})" if holder else ""
        return (
            f"Strøm is already up{where} on the data folder {self.path}.\n"
            "Use that one, stop it, or give another folder with --data-dir."
        )
