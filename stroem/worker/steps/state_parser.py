"""Parser of the lines `STATE: {json}` and `GLOBAL_STATE: {json}`, which set keys of the state."""

from typing import Any

from stroem.conversion.json_value import NotJson, NotKept, encode, read_json

_WORD = b"STATE:"
_TASK, _WORKSPACE = _PREFIXES = (b"STATE:", b"GLOBAL_STATE:")
_LONGEST = max(map(len, _PREFIXES))
_MOST_NOTES = 20
_BLANK_BYTES = 64 * 1024


class StateParser:
    """Merges the objects of such lines in order, key by key; later values replace earlier ones.

    `fault` is set when one cannot be kept, or all of a kind have more than `most` bytes.
    """

    def __init__(self, most: int) -> None:
        self.fault: str | None = None
        self._most = most
        self._merged: dict[bytes, dict[str, Any]] = {}
        self._sizes = dict.fromkeys(_PREFIXES, 0)
        self._tail: list[bytes] = []
        self._tail_bytes = 0
        self._notes: list[str] = []
        self._notes_left = _MOST_NOTES

    @property
    def task(self) -> dict[str, Any] | None:
        """The merged object of `STATE:`; None without such a line."""
        return self._merged.get(_TASK)

    @property
    def workspace(self) -> dict[str, Any] | None:
        """The merged object of `GLOBAL_STATE:`; None without such a line."""
        return self._merged.get(_WORKSPACE)

    def feed(self, data: bytes) -> list[str]:
        """Parses the next bytes. Returns notes on lines that have a prefix, but no object behind it."""
        first, newline, rest = data.partition(b"\n")
        self._grow(first)
        if newline:
            self._cut_tail()
            end = rest.rfind(b"\n")
            if _WORD in rest:
                for line in rest[: max(end, 0)].split(b"\n"):
                    self._take_line(line)
            self._grow(rest[end + 1 :])
        return self._noted()

    def finish(self) -> list[str]:
        """Parses a last line that has no line end."""
        self._cut_tail()
        return self._noted()

    def _grow(self, data: bytes) -> None:
        """Adds to the line that has no end yet; of one without a prefix, only the beginning is kept."""
        if not data:
            return
        self._tail_bytes += len(data)
        if self._tail and len(self._tail[0]) >= _LONGEST and not self._tail[0].startswith(_PREFIXES):
            return
        self._tail.append(data)
        if len(self._tail[0]) < _LONGEST:
            self._tail = [b"".join(self._tail)]
        if self._tail_bytes > self._most + _BLANK_BYTES or not self._tail[0].startswith(_PREFIXES):
            self._tail = [self._tail[0][:_LONGEST]]

    def _cut_tail(self) -> None:
        line, size = b"".join(self._tail), self._tail_bytes
        self._tail, self._tail_bytes = [], 0
        if size > self._most + _BLANK_BYTES and line.startswith(_PREFIXES):
            self.fault = self._too_large(size)
        else:
            self._take_line(line)

    def _take_line(self, line: bytes) -> None:
        prefix = next((one for one in _PREFIXES if line.startswith(one)), None)
        if prefix is None:
            return
        text = line[len(prefix) :].decode("utf-8", "replace").strip()
        try:
            value = read_json(text.encode())
        except NotJson as error:
            return self._note(prefix, f"no valid JSON: {error}")
        except NotKept as error:
            self.fault = f"The state cannot be kept: {error}"
            return None
        if not isinstance(value, dict):
            return self._note(prefix, 'it needs a JSON object, like {"key": 1}')
        self._merged.setdefault(prefix, {}).update(value)
        return self._check_size(prefix, len(text))

    def _check_size(self, prefix: bytes, added: int) -> None:
        """Notes a fault when the merged object is too large. It is measured only when it may be."""
        self._sizes[prefix] += added
        if self._sizes[prefix] > self._most:
            self._sizes[prefix] = len(encode(self._merged[prefix]))
            if self._sizes[prefix] > self._most:
                self.fault = self._too_large(self._sizes[prefix])

    def _too_large(self, size: int) -> str:
        return f"The state has {size:,} bytes of JSON; at most {self._most:,} are kept (limits.output)"

    def _note(self, prefix: bytes, reason: str) -> None:
        if self._notes_left:
            self._notes_left -= 1
            self._notes.append(f"A line with {prefix.decode()} was not taken as state: {reason}")

    def _noted(self) -> list[str]:
        notes, self._notes = self._notes, []
        return notes
