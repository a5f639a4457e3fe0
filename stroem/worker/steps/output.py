"""A step's standard output and standard error: its log lines, its output, the tail of its errors."""

from collections.abc import Mapping
from pathlib import Path

from stroem.definitions.field import OutputField
from stroem.interfaces.runner import Stream
from stroem.worker.events.event_parser import EventParser
from stroem.worker.events.outbox import Outbox
from stroem.worker.steps.line_encoder import LineEncoder
from stroem.worker.steps.log_buffer import LogBuffer
from stroem.worker.steps.output_file import OutputFaulty, merged, read_file
from stroem.worker.steps.output_parser import OutputParser
from stroem.worker.steps.state_parser import StateParser
from stroem.worker.steps.stream_log import StreamLog

SLICE_BYTES = 256 * 1024
STDERR_TAIL_BYTES = 4096


class StepOutput:
    """The `OutputWriter` of one step.

    With `known`, so many bytes of each stream are in the log already: they come again, and are only parsed.
    """

    def __init__(
        self, log: LogBuffer, step: str, *, output_bytes: int, known: Mapping[Stream, int] | None = None
    ) -> None:
        self._log = log
        streams: tuple[Stream, ...] = ("stdout", "stderr")
        self._streams = {one: StreamLog(one, step, log, known=None if known is None else known[one]) for one in streams}
        self._notes = LineEncoder("stderr", step)
        self._parser = OutputParser(output_bytes)
        self.state = StateParser(output_bytes)
        self._output_bytes = output_bytes
        self._merged: bytes | None = None
        self._file_fault: str | None = None
        self._stderr_tail = b""
        self._events = EventParser()
        self._outbox: Outbox | None = None

    @property
    def value(self) -> bytes | None:
        """The step's output as JSON text."""
        if self._file_fault is not None:
            return None
        return self._parser.value if self._merged is None else self._merged

    @property
    def fault(self) -> str | None:
        """The reason why the step's output is not kept, which fails the step."""
        return self._parser.fault or self._file_fault

    @property
    def stderr_tail(self) -> str:
        """The last 4 KiB of standard error."""
        return self._stderr_tail.decode("utf-8", "replace").replace("\0", "\ufffd")

    async def write(self, stream: Stream, data: bytes) -> None:
        """Adds bytes, cut anywhere. Waits while the log is full."""
        for start in range(0, len(data), SLICE_BYTES):
            part = data[start : start + SLICE_BYTES]
            notes = await self._parse(part) if stream == "stdout" else ()
            if stream == "stderr":
                self._stderr_tail = (self._stderr_tail + part)[-STDERR_TAIL_BYTES:]
            await self._streams[stream].write(part)
            for note in notes:
                await self.note(note)

    async def _parse(self, part: bytes) -> list[str]:
        """Takes output, state and events from standard output; returns notes. Waits while the outbox is full."""
        notes = self.state.feed(part)
        if self._outbox is None:
            return [*self._parser.feed(part), *notes]
        await self._outbox.put(self._events.feed(part))
        return [*notes, *self._events.take_notes(), *self._outbox.take_notes()]

    def add_file(self, path: Path, fields: Mapping[str, OutputField]) -> None:
        """Puts the keys of the file `$STROEM_OUTPUT` over what was printed, once all of that is there."""
        try:
            written = read_file(path, fields, self._output_bytes)
            self._merged = merged(self._parser.value, written, self._output_bytes)
        except OutputFaulty as fault:
            self._file_fault = str(fault)

    async def note(self, text: str) -> None:
        """Adds a line of the worker itself."""
        for piece in self._notes.feed(text.encode() + b"\n"):
            await self._log.append(piece)

    def send_events(self, outbox: Outbox) -> None:
        """Takes the lines with events for an outbox, instead of a last `OUTPUT:` for the step's output."""
        self._outbox = outbox

    async def finish(self) -> None:
        """Adds last lines that have no line end."""
        notes = [*self._parser.finish(), *self.state.finish()]
        if self._outbox is not None:
            self._outbox.release()
            await self._outbox.put(self._events.finish())
            self._outbox.end()
            notes += [*self._events.take_notes(), *self._outbox.take_notes()]
        for name, stream in self._streams.items():
            await stream.finish()
            if stream.missing:
                notes.append(f"{stream.missing} bytes of {name} could not be read again; lines may be missing here")
        for note in notes:
            await self.note(note)
