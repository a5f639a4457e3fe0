"""A file that keeps log lines while the server is away."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from stroem.worker.steps.line_encoder import Piece

_HEADER = struct.Struct("<IIQQ")


class Spool:
    """A queue of log pieces on disk. The file exists only while the queue is not empty.

    Pieces are accepted while `is_open` is true: while the server is away.
    """

    def __init__(self, directory: Path, name: str, is_open: Callable[[], bool]) -> None:
        self._directory = directory
        self._name = name
        self._is_open = is_open
        self._file: BinaryIO | None = None
        self._read_at = 0
        self._end = 0

    @property
    def _path(self) -> Path:
        return self._directory / self._name

    def __bool__(self) -> bool:
        return self._read_at < self._end

    def put(self, piece: Piece) -> bool:
        """Appends a piece; False when the spool is not open or the disk is full."""
        if not self._is_open():
            return False
        frame = _HEADER.pack(len(piece.data), piece.lines, *piece.streams) + piece.data
        try:
            if self._file is None:
                self._file = self._path.open("w+b", buffering=0)
            self._file.seek(self._end)
            if self._file.write(frame) != len(frame):
                return False
        except OSError:
            return False
        self._end += len(frame)
        return True

    def peek_size(self) -> int:
        """The size of the next piece in bytes."""
        return self._header()[0]

    def get(self) -> Piece:
        """Removes and returns the oldest piece."""
        size, lines, *streams = self._header()
        assert self._file is not None
        piece = Piece(self._file.read(size), lines, (streams[0], streams[1]))
        self._read_at += _HEADER.size + size
        if not self:
            self.close()
        return piece

    def close(self) -> None:
        """Empties the queue and removes the file."""
        if self._file is not None:
            self._file.close()
            self._path.unlink(missing_ok=True)
        self._file = None
        self._read_at = self._end = 0

    def _header(self) -> tuple[int, int, int, int]:
        assert self._file is not None
        self._file.seek(self._read_at)
        size, lines, stdout, stderr = _HEADER.unpack(self._file.read(_HEADER.size))
        return size, lines, stdout, stderr
