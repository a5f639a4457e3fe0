"""Buffer of a step's log lines, kept until the server has them."""

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import count
from pathlib import Path

import attrs

from stroem.conversion.constraints import Utf8
from stroem.protocol.steps import LogLines, StepAttempt
from stroem.worker.steps.line_encoder import PIECE_BYTES, Piece
from stroem.worker.steps.spool import Spool
from stroem.worker.steps.token_mask import TokenMask

MEMORY_BYTES = 1024 * 1024
BATCHED_BYTES = 64 * 1024
"""The most that travels in a batch; a larger log is uploaded in requests of its own."""


class LogBuffer:
    """Keeps log lines: a megabyte in memory, more in the spool while the server is away.

    They leave in chunks of fixed number and content, so that a chunk can be sent twice. At most one chunk
    is out at a time: `take` is followed by `confirm` or `put_back`. `on_lines` is called after each append.
    """

    def __init__(
        self, attempt: StepAttempt, *, first_chunk: int, spool: Spool, mask: TokenMask, on_lines: Callable[[], None]
    ) -> None:
        self._attempt = attempt
        self._next = first_chunk
        self._pieces: deque[Piece] = deque()
        self._streams = (0, 0)
        self._bytes = 0
        self._spool = spool
        self._mask = mask
        self._own_mask: TokenMask | None = None
        self._on_lines = on_lines
        self._unconfirmed: LogLines | None = None
        self._room = asyncio.Event()
        self._closed = False
        self.out = False
        self.replaced = False

    @property
    def all_taken(self) -> bool:
        """Whether no lines remain beside the chunk that is out or was put back."""
        return not self._pieces and not self._spool

    @property
    def empty(self) -> bool:
        """Whether the server has all lines."""
        return self._unconfirmed is None and self.all_taken

    @property
    def waiting_bytes(self) -> int:
        """Bytes not confirmed yet; a file counts as one full chunk."""
        unconfirmed = len(self._unconfirmed.data) if self._unconfirmed else 0
        return unconfirmed + self._bytes + (PIECE_BYTES if self._spool else 0)

    @property
    def is_large(self) -> bool:
        """Whether the log is too large for a batch."""
        return self.waiting_bytes > BATCHED_BYTES

    def rename(self, attempt: StepAttempt) -> None:
        """Puts the lines that are still to be taken under another id of the step."""
        self._attempt = attempt

    def masked(self, text: str) -> str:
        """The text without the tokens of the worker and of the step."""
        text = self._mask.text(text)
        return text if self._own_mask is None else self._own_mask.text(text)

    def mask_too(self, token: str) -> None:
        """Masks the token of this step from now on."""
        self._own_mask = TokenMask(token)

    async def append(self, piece: Piece) -> None:
        """Adds lines, without the tokens of worker and step. Waits while the server is up and memory is full."""
        piece = self._mask.piece(piece)
        if self._own_mask is not None:
            piece = self._own_mask.piece(piece)
        while not self._closed:
            if not self._spool and (not self._bytes or self._bytes + len(piece.data) <= MEMORY_BYTES):
                self._pieces.append(piece)
                self._bytes += len(piece.data)
                return self._on_lines()
            if self._spool.put(piece):
                return self._on_lines()
            self._room.clear()
            await self._room.wait()

    def take(self) -> LogLines | None:
        """The next chunk, or the one put back. None while one is out, and when there are no lines."""
        if self.out or self.empty:
            return None
        if self._unconfirmed is None:
            self._unconfirmed = self._cut()
        self.out = True
        return self._unconfirmed

    def confirm(self) -> None:
        """Drops the chunk that is out: the server has it."""
        self._unconfirmed = None
        self.out = self.replaced = False
        self._next += 1
        self._room.set()

    def put_back(self) -> None:
        """Offers the chunk that is out again: whether the server has it is not known."""
        self.out = False

    def replace(self, piece: Piece) -> None:
        """Replaces the content of the chunk that is out, after a permanent refusal."""
        self._unconfirmed = self._chunk(piece)
        self.out = False
        self.replaced = True

    def recheck_room(self) -> None:
        """Retries appends that wait for room, after the server went away or came back."""
        self._room.set()

    def close(self) -> None:
        """Drops all lines, also later ones."""
        self._closed = True
        self._pieces.clear()
        self._bytes = 0
        self._unconfirmed = None
        self._spool.close()
        self._room.set()

    def _cut(self) -> LogLines:
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
        stdout, stderr = self._streams
        for piece in pieces:
            stdout, stderr = max(stdout, piece.streams[0]), max(stderr, piece.streams[1])
        self._streams = (stdout, stderr)
        return self._chunk(Piece(b"".join(piece.data for piece in pieces), sum(piece.lines for piece in pieces)))

    def _chunk(self, piece: Piece) -> LogLines:
        return LogLines(
            job_id=self._attempt.job_id,
            step_name=self._attempt.step_name,
            step_id=self._attempt.step_id,
            attempt=self._attempt.attempt,
            chunk=self._next,
            lines=piece.lines,
            data=Utf8(piece.data),
            stdout_bytes=self._streams[0],
            stderr_bytes=self._streams[1],
        )


@attrs.frozen(kw_only=True)
class LogBuffers:
    """Makes log buffers, each with a spool file in `directory` for the time the server is away."""

    directory: Path
    mask: TokenMask
    is_server_away: Callable[[], bool]
    _names: "count[int]" = attrs.field(init=False, factory=count)

    def new(self, attempt: StepAttempt, *, first_chunk: int, on_lines: Callable[[], None]) -> LogBuffer:
        """An empty buffer; see `LogBuffer`."""
        spool = Spool(self.directory, f"{next(self._names)}.log", self.is_server_away)
        return LogBuffer(attempt, first_chunk=first_chunk, spool=spool, mask=self.mask, on_lines=on_lines)
