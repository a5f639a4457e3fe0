"""Messages between the server and a helper: a JSON header and bytes, with both lengths in front."""

import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

import orjson

_LENGTHS = struct.Struct(">II")

Frame = tuple[dict[str, Any], bytes]


def write_frame(stream: BinaryIO, header: Mapping[str, Any], body: bytes = b"") -> None:
    """Sends one message. Raises `OSError` when the reader is gone."""
    head = orjson.dumps(header, default=str)
    stream.write(_LENGTHS.pack(len(head), len(body)) + head)
    stream.write(body)
    stream.flush()


def read_frame(stream: BinaryIO) -> Frame | None:
    """The next message, None at the end."""
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    head, body = _LENGTHS.unpack(lengths)
    found, rest = stream.read(head), stream.read(body)
    if len(found) < head or len(rest) < body:
        return None
    return orjson.loads(found), rest
