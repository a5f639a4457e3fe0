"""The line by which a step sets its output."""

import orjson

from stroem.worker.line_encoder import LINE_BYTES

PREFIX = b"OUTPUT:"


class OutputFinder:
    """Watches standard output for lines `OUTPUT: {json}`; the last one that is valid JSON counts."""

    def __init__(self) -> None:
        self.value: bytes | None = None
        """The JSON text of the output."""
        self._tail = b""

    def feed(self, data: bytes) -> None:
        """Looks at the next bytes."""
        block = self._tail + data
        if PREFIX in block:
            lines = block.split(b"\n")
            self._tail = lines.pop()
            self._take_last(lines)
        else:
            self._tail = block[block.rfind(b"\n") + 1 :]
        begins = self._tail.startswith(PREFIX) or PREFIX.startswith(self._tail)
        if not begins or len(self._tail) > LINE_BYTES:
            self._tail = b"-"  # nothing that follows on this line matters

    def finish(self) -> None:
        """Looks at a last line that had no end."""
        self._take_last([self._tail])
        self._tail = b""

    def _take_last(self, lines: list[bytes]) -> None:
        for line in reversed(lines):
            if line.startswith(PREFIX):
                text = line[len(PREFIX) :].decode("utf-8", "replace").strip()
                try:
                    orjson.loads(text)
                except orjson.JSONDecodeError:
                    continue
                self.value = text.encode()
                return
