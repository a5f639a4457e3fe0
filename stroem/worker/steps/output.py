"""A step's standard output and standard error: its log lines, its output, the tail of its errors."""

from stroem.interfaces.runner import Stream
from stroem.worker.steps.line_encoder import LineEncoder
from stroem.worker.steps.log_buffer import LogBuffer
from stroem.worker.steps.output_parser import OutputParser
from stroem.worker.steps.state_parser import StateParser
from stroem.worker.steps.stream_log import StreamLog

SLICE_BYTES = 256 * 1024
STDERR_TAIL_BYTES = 4096


class StepOutput:
    """The `OutputWriter` of one step."""

    def __init__(self, log: LogBuffer, step: str, *, output_bytes: int) -> None:
        self._log = log
        self._streams = {"stdout": StreamLog("stdout", step, log), "stderr": StreamLog("stderr", step, log)}
        self._notes = LineEncoder("stderr", step)
        self._parser = OutputParser(output_bytes)
        self.state = StateParser(output_bytes)
        self._stderr_tail = b""

    @property
    def value(self) -> bytes | None:
        """The step's output as JSON text."""
        return self._parser.value

    @property
    def fault(self) -> str | None:
        """The reason why the step's output is not kept, which fails the step."""
        return self._parser.fault

    @property
    def stderr_tail(self) -> str:
        """The last 4 KiB of standard error."""
        return self._stderr_tail.decode("utf-8", "replace").replace("\0", "\ufffd")

    async def write(self, stream: Stream, data: bytes) -> None:
        """Adds bytes, cut anywhere. Waits while the log is full."""
        for start in range(0, len(data), SLICE_BYTES):
            part = data[start : start + SLICE_BYTES]
            notes = [*self._parser.feed(part), *self.state.feed(part)] if stream == "stdout" else ()
            if stream == "stderr":
                self._stderr_tail = (self._stderr_tail + part)[-STDERR_TAIL_BYTES:]
            await self._streams[stream].write(part)
            for note in notes:
                await self.note(note)

    async def note(self, text: str) -> None:
        """Adds a line of the worker itself."""
        for piece in self._notes.feed(text.encode() + b"\n"):
            await self._log.append(piece)

    async def finish(self) -> None:
        """Adds last lines that have no line end."""
        notes = [*self._parser.finish(), *self.state.finish()]
        for stream in self._streams.values():
            await stream.finish()
        for note in notes:
            await self.note(note)
