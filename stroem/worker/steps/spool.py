"""A file that keeps log lines while the server is away."""

import errno
import struct
from pathlib import Path
from typing import BinaryIO

from stroem.worker.steps.line_encoder import Piece

_HEADER = struct.Struct("<II")


class Spool:
    """Pieces in the order in which they came. The file exists only while it holds some."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._read_at = 0
        self._end = 0

    def __bool__(self) -> bool:
        return self._read_at < self._end

    def put(self, piece: Piece) -> None:
        """Adds a piece. Raises `OSError` when the disk does not take it."""
        if self._file is None:
            self._file = self._path.open("w+b", buffering=0)
        self._file.seek(self._end)
        frame = _HEADER.pack(len(piece.data), piece.lines) + piece.data
        if self._file.write(frame) != len(frame):
            raise OSError(errno.ENOSPC, "the disk took only a part", str(self._path))
        self._end += len(frame)

    def peek_size(self) -> int:
        """The size of the next piece in bytes."""
        size, _ = self._header()
        return size

    def get(self) -> Piece:
        """Takes the oldest piece out."""
        size, lines = self._header()
        assert self._file is not None
        piece = Piece(self._file.read(size), lines)
        self._read_at += _HEADER.size + size
        if not self:
            self.close()
        return piece

    def close(self) -> None:
        """Forgets everything and removes the file."""
        if self._file is not None:
            self._file.close()
            self._path.unlink(missing_ok=True)
        self._file = None
        self._read_at = self._end = 0

    def _header(self) -> tuple[int, int]:
        assert self._file is not None
        self._file.seek(self._read_at)
        size, lines = _HEADER.unpack(self._file.read(_HEADER.size))
        return size, lines
