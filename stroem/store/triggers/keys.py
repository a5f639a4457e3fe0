"""Keys of fires and debounces as the database keeps them."""

import hashlib

from stroem.store.statement import storable

_MOST_CHARS = 200


def stored_key(text: str) -> str:
    """A key of at most 200 characters; of a longer one its beginning and its SHA-256."""
    text = storable(text) or ""
    if len(text) <= _MOST_CHARS:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{text[: _MOST_CHARS - len(digest) - 1]}~{digest}"
