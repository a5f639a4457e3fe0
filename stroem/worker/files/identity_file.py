"""The file with the identity of a worker, and its token."""

import os
import secrets
from pathlib import Path

import attrs
import orjson

from stroem.errors import SettingsError


@attrs.frozen(kw_only=True)
class StoredIdentity:
    """A token, and the identity whose it is once the server has taken it.

    `next_token` is the one that the server is asked to take next. `rotate_at` is in seconds of the Unix time.
    """

    token: str = attrs.field(repr=False)
    identity_id: str | None = None
    installation: str = ""
    next_token: str | None = attrs.field(default=None, repr=False)
    rotate_at: float = 0.0


class IdentityFile:
    """A file that only its owner reads, and that is whole whenever the worker is killed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> StoredIdentity | None:
        """What is stored; None if nothing is. Raises `SettingsError` for a file that cannot be read."""
        try:
            return StoredIdentity(**orjson.loads(self.path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, TypeError, ValueError) as error:
            raise SettingsError(
                problems=f"{self.path} has no identity of a worker ({error}): remove it, and let the worker join again "
                "with another `join_token`"
            ) from None

    def write(self, identity: StoredIdentity) -> None:
        """Stores an identity in the place of the former one, at once. Raises `SettingsError`."""
        draft = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(orjson.dumps(attrs.asdict(identity)))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
            self._sync_folder()
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise SettingsError(problems=f"{self.path} cannot be written: {error.strerror or error}") from None

    def _sync_folder(self) -> None:
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
