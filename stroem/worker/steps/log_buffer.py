"""The lines of one step attempt on their way to the server."""

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path

import attrs

from stroem.worker.steps.line_encoder import PIECE_BYTES, Piece
from stroem.worker.steps.spool import Spool
from stroem.worker.steps.token_mask import TokenMask

MEMORY_BYTES = 1024 * 1024


@attrs.frozen
class Chunk:
    """Lines that travel together; the number and the content never part, so it can be sent twice."""

    number: int
    lines: int
    data: bytes


class StepLog:
    """Keeps lines until the server has them: a megabyte in memory, more in a file while the server is away.

    At most one chunk is out at a time: whoever takes it says `confirm` or `put_back`.
    """

    def __init__(
        self,
        *,
        first_chunk: int,
        spool: Path,
        mask: TokenMask,
        server_away: Callable[[], bool],
        on_lines: Callable[[], None],
    ) -> None:
        self._next = first_chunk
        self._pieces: deque[Piece] = deque()
        self._bytes = 0
        self._spool = Spool(spool)
        self._mask = mask
        self._server_away = server_away
        self._on_lines = on_lines
        self._unconfirmed: Chunk | None = None
        self._room = asyncio.Event()
        self._closed = False
        self.out = False
        self.replaced = False

    @property
    def all_taken(self) -> bool:
        """Whether no lines are left but those that are out or were put back."""
        return not self._pieces and not self._spool

    @property
    def empty(self) -> bool:
        """Whether the server has everything."""
        return self._unconfirmed is None and self.all_taken

    @property
    def waiting_bytes(self) -> int:
        """How much waits in memory, at most; more than a chunk while there is a file."""
        unconfirmed = len(self._unconfirmed.data) if self._unconfirmed else 0
        return unconfirmed + self._bytes + (PIECE_BYTES if self._spool else 0)

    async def append(self, piece: Piece) -> None:
        """Adds lines. Waits while the server is there and memory is full."""
        piece = self._mask.piece(piece)
        while not self._closed:
            if not self._spool and (not self._bytes or self._bytes + len(piece.data) <= MEMORY_BYTES):
                self._pieces.append(piece)
                self._bytes += len(piece.data)
                self._on_lines()
                return
            if self._server_away() and self._spooled(piece):
                return
            self._room.clear()
            await self._room.wait()

    def take(self) -> Chunk | None:
        """The next chunk: the one put back if there is one. None when there is nothing or one is out."""
        if self.out or self.empty:
            return None
        if self._unconfirmed is None:
            self._unconfirmed = self._cut()
        self.out = True
        return self._unconfirmed

    def confirm(self) -> None:
        """The server has the chunk that is out."""
        self._unconfirmed = None
        self.out = self.replaced = False
        self._next += 1
        self._room.set()

    def put_back(self) -> None:
        """Nobody knows whether the server has the chunk that is out: the same will be taken again."""
        self.out = False

    def replace(self, piece: Piece) -> None:
        """Puts another content in the place of the chunk that is out, which the server refuses for ever."""
        self._unconfirmed = Chunk(self._next, piece.lines, piece.data)
        self.out = False
        self.replaced = True

    def look_again(self) -> None:
        """The server went away or came back: whoever waits for room looks again."""
        self._room.set()

    def close(self) -> None:
        """Forgets everything; further lines are dropped."""
        self._closed = True
        self._pieces.clear()
        self._bytes = 0
        self._unconfirmed = None
        self._spool.close()
        self._room.set()

    def _spooled(self, piece: Piece) -> bool:
        try:
            self._spool.put(piece)
        except OSError:
            return False  # the disk is full: the step waits instead
        self._on_lines()
        return True

    def _cut(self) -> Chunk:
        pieces = []
        size = 0
        while self._pieces and size + len(self._pieces[0].data) <= PIECE_BYTES:
            pieces.append(self._pieces.popleft())
            size += len(pieces[-1].data)
            self._bytes -= len(pieces[-1].data)
        while not self._pieces and self._spool and size + self._spool.peek_size() <= PIECE_BYTES:
            pieces.append(self._spool.get())
            size += len(pieces[-1].data)
        self._room.set()
        return Chunk(self._next, sum(piece.lines for piece in pieces), b"".join(piece.data for piece in pieces))
