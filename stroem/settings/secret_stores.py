"""Settings of secret stores."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import attrs

from stroem.conversion.constraints import Range, Seconds
from stroem.definitions.secret_reference import STORE_NAME
from stroem.definitions.values import Json
from stroem.errors import FieldError

_TIMEOUT = Seconds(10)
_MAX_AGE = Seconds(60)
_NAME = re.compile(STORE_NAME)
_KEY_VARIABLE = re.compile(r"STROEM_[A-Z0-9][A-Z0-9_]*")


@attrs.frozen(kw_only=True)
class SecretStoreSettings:
    """One secret store: its kind under `type`, the options of that kind beside it.

    `allow` has the paths that workspaces may read, by patterns of both with `*`; without it none may read any. A read
    may take the `timeout`; values are read again when a step starts and they are older than `max_age`.
    """

    type: str
    options: dict[str, Json] = attrs.field(factory=dict, repr=False)
    allow: dict[str, tuple[str, ...]] = attrs.Factory(dict)
    timeout: Annotated[Seconds, Range(at_least=1, at_most=120)] = _TIMEOUT
    max_age: Annotated[Seconds, Range(at_least=10, at_most=86_400)] = _MAX_AGE


@attrs.frozen(kw_only=True)
class EncryptionSettings:
    """Encryption at rest. The keys are in `key_file`, one a line, or in the variable `key_env`, separated by commas.

    The first encrypts, all decrypt.
    """

    key_file: Path | None = None
    key_env: str | None = None

    @property
    def is_set(self) -> bool:
        """Whether the keys have a place that the operator has chosen, and so may share among servers."""
        return self.key_file is not None or self.key_env is not None


def encryption_mistakes(settings: EncryptionSettings) -> Iterator[FieldError]:
    """Mistakes in the places of keys."""
    if settings.key_file is not None and settings.key_env is not None:
        yield FieldError(field="encryption.key_env", message="stands beside key_file: leave one of them out")
    if settings.key_env is not None and not _KEY_VARIABLE.fullmatch(settings.key_env):
        message = "must be a name like STROEM_KEYS: other variables may be given to steps by secret stores"
        yield FieldError(field="encryption.key_env", message=message)


def store_mistakes(stores: Mapping[str, SecretStoreSettings]) -> Iterator[FieldError]:
    """Mistakes in the names of stores."""
    for name in stores:
        if not _NAME.fullmatch(name):
            message = "is not a name: lower-case letters, digits, _ and -, as it stands in ref+NAME://…"
            yield FieldError(field=f"secret_stores.{name}", message=message)
