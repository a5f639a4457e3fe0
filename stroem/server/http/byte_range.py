"""Parses the header `Range`."""

import re

import attrs
from aiohttp import hdrs, web

_SPEC = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})", re.ASCII)


@attrs.frozen
class ByteRange:
    """The bytes from `start` to before `end`."""

    start: int
    end: int


class RangeNotSatisfiable(Exception):
    """The range starts beyond the end."""


def byte_range(request: web.Request, etag: str, size: int) -> ByteRange | None:
    """The requested range of `size` bytes; None for the whole.

    That is so without the header, for several ranges, for other units, and when `If-Range` names another `etag`.
    Raises `RangeNotSatisfiable`.
    """
    asked = _SPEC.fullmatch(request.headers.get(hdrs.RANGE, "").strip())
    if asked is None or request.headers.get(hdrs.IF_RANGE, etag) != etag:
        return None
    first, last = asked.groups()
    if not first and not last:
        return None
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size:
        raise RangeNotSatisfiable
    return ByteRange(start, end)
