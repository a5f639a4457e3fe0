"""Files packed into one gzipped tar, a piece at a time: the same bytes for the same files."""

import hashlib
import tarfile
import zlib
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Self

from stroem.errors import BlobCorrupt
from stroem.records.release import FileEntry

_LEVEL = 1
_GZIP = zlib.MAX_WBITS | 16
_BLOCK = tarfile.BLOCKSIZE
_RECORD = tarfile.RECORDSIZE


class TarballPacker:
    """Writes a tarball to a file. `digest` (SHA-256, hex) and `size` in bytes are known when the block is left."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._seen = hashlib.sha256()
        self._compressor = zlib.compressobj(_LEVEL, wbits=_GZIP)
        self._packed = 0
        self._entry: FileEntry | None = None
        self._missing = 0
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._pack(b"\0" * (2 * _BLOCK))
            self._pack(b"\0" * (-self._packed % _RECORD))
            self._keep(self._compressor.flush())
            self._file.flush()

    @property
    def digest(self) -> str:
        return self._seen.hexdigest()

    def add(self, files: Sequence[FileEntry], contents: dict[str, bytes]) -> None:
        """Packs links, and files whose contents are given by digest."""
        for file in files:
            self.begin(file)
            self.go_on(b"" if file.link is not None else contents[file.digest])
            self.end()

    def begin(self, file: FileEntry) -> None:
        """Packs the head of a file, without times and owners; its content follows."""
        head = tarfile.TarInfo(f"./{file.path}")
        head.mode = file.mode & 0o777
        if file.link is not None:
            head.type, head.linkname = tarfile.SYMTYPE, file.link
        else:
            head.size = file.size
        self._entry, self._missing = file, head.size
        self._pack(head.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape"))

    def go_on(self, piece: bytes) -> None:
        """Packs a piece of the content."""
        self._missing -= len(piece)
        self._pack(piece)

    def end(self) -> None:
        """The content is complete. Raises `BlobCorrupt` when it is not as long as it should be."""
        if self._missing:
            raise BlobCorrupt(digest=self._entry.digest if self._entry else "")
        self._pack(b"\0" * (-self._packed % _BLOCK))

    def _pack(self, data: bytes) -> None:
        self._keep(self._compressor.compress(data))
        self._packed += len(data)

    def _keep(self, compressed: bytes) -> None:
        self._seen.update(compressed)
        self.size += len(compressed)
        self._file.write(compressed)
