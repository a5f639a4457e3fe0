"""References to secrets in stores: `ref+STORE://PATH#/KEY`."""

import re
from collections.abc import Mapping

import attrs

from stroem.definitions.values import Json

STORE_NAME = r"[a-z][a-z0-9_-]{0,62}"
_PREFIX = "ref+"
_MOST_CHARS = 1000
_REFERENCE = re.compile(rf"ref\+({STORE_NAME})://([^#\s]+)(?:#/([^#\s]+))?")
_FILTERED = re.compile(r"""\{\{\s*(["'])(ref\+[^"'{}]+)\1\s*\|\s*vals\s*\}\}""")


@attrs.frozen(kw_only=True)
class SecretReference:
    """The place of a secret: a path in a store, and the key of an entry if several stand there."""

    store: str
    path: str
    key: str | None = None

    @property
    def place(self) -> str:
        """The path with the key."""
        return self.path if self.key is None else f"{self.path}#/{self.key}"


class InvalidReference(ValueError):
    """The text begins like a reference and is none."""


def reference_of(text: str) -> SecretReference | None:
    """The reference in a text; None for a text that is none. `{{ 'ref+…' | vals }}` is one too.

    Raises InvalidReference.
    """
    if "ref+" not in text:
        return None
    filtered = _FILTERED.fullmatch(text.strip())
    written = filtered[2] if filtered else text
    if not written.startswith(_PREFIX):
        return None
    found = _REFERENCE.fullmatch(written)
    if found is None or len(written) > _MOST_CHARS or not written.isprintable():
        raise InvalidReference("is no reference to a secret: it is written ref+STORE://PATH or ref+STORE://PATH#/KEY")
    store, path, key = found.groups()
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise InvalidReference("is no reference to a secret: its path has an empty part, '.' or '..'")
    return SecretReference(store=store, path=path, key=key)


def refers_to_store(value: Json) -> bool:
    """Whether a secret, or one inside of it, is a reference."""
    if isinstance(value, Mapping):
        return any(map(refers_to_store, value.values()))
    if isinstance(value, list | tuple):
        return any(map(refers_to_store, value))
    try:
        return isinstance(value, str) and reference_of(value) is not None
    except InvalidReference:
        return True
