"""Cursors: the places of rows in lists, as texts that clients hand back."""

import base64
import datetime
from collections.abc import Callable
from typing import TypeVar

from stroem.errors import BadRequest

T = TypeVar("T")


def write_cursor(*parts: object) -> str:
    """The cursor of a place: its parts, each on a line."""
    texts = (part.isoformat() if isinstance(part, datetime.datetime) else str(part) for part in parts)
    return base64.urlsafe_b64encode("\n".join(texts).encode()).decode().rstrip("=")


def read_cursor(cursor: str, read: Callable[[str], T]) -> T:
    """The place that `read` finds in the lines of a cursor. Raises `BadRequest` where that raises `ValueError`."""
    try:
        return read(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode())
    except ValueError:
        raise BadRequest(message="cursor is not a next_cursor of this list") from None


def read_time(text: str) -> datetime.datetime:
    """A time with its zone, a part of a cursor. Raises `ValueError`."""
    found = datetime.datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found
