"""Keys that servers keep in files."""

import os
import secrets
import stat
from pathlib import Path

from stroem.errors import KeyFileUnusable
from stroem.files.private import private_folder

_BYTES = 32
_MOST_BYTES = 64 * 1024


def key_in(path: Path, setting: str) -> bytes:
    """The key in a file, which is made with mode 0600 if it is not there. Raises KeyFileUnusable.

    Of processes that make it at once, all get the same.
    """
    try:
        key = _read(path) or _made(path)
    except OSError as error:
        raise KeyFileUnusable(file=path, setting=setting, reason=error.strerror or str(error)) from error
    if len(key) < _BYTES:
        raise KeyFileUnusable(file=path, setting=setting, reason=f"a key has {_BYTES} bytes or more")
    return key


def _read(path: Path) -> bytes | None:
    """The content of the file, None if it is not there. Raises OSError for what is no plain file, or is too large."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a FIFO would be waited for
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("it is no plain file")
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise OSError(f"it has more than {_MOST_BYTES} bytes")
    return content.strip()


def _made(path: Path) -> bytes:
    if not path.parent.is_dir():
        private_folder(path.parent)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(_BYTES).encode())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was faster
    finally:
        draft.unlink()
    return path.read_bytes().strip()
