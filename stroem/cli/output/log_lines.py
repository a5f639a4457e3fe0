"""Log lines of a job as text."""

from collections.abc import Iterator
from typing import Any

import orjson

from stroem.conversion.text import coloured_line, one_line

STEP_COLOURS = (36, 32, 35, 34, 33, 96, 92, 95, 94, 93)
RED = 31
DIM = 2


def decoded(data: str | bytes) -> Iterator[dict[str, Any]]:
    """Parses JSONL into log lines. A row that is no object becomes the text of a line."""
    text = data.encode() if isinstance(data, str) else data
    for row in text.split(b"\n"):
        if not row:
            continue
        try:
            line = orjson.loads(row)
        except orjson.JSONDecodeError:
            line = None
        yield line if isinstance(line, dict) else {"line": row.decode(errors="replace")}


class LinePainter:
    """Formats JSONL as `step | text` lines; control characters other than colours are escaped.

    With `colour` each step has a colour of its own, and the bar of a line from stderr is red.
    """

    def __init__(self, *, colour: bool) -> None:
        self.colour = colour
        self.width = 0
        self.colours: dict[str, int] = {}

    def paint(self, data: str | bytes) -> str:
        """The text of a chunk of log, each line ended by a newline."""
        return "".join(self._line(line) for line in decoded(data))

    def _line(self, line: dict[str, Any]) -> str:
        step, text = one_line(str(line.get("step", ""))), coloured_line(str(line.get("line", "")))
        self.width = max(self.width, len(step))
        name = step.ljust(self.width)
        if not self.colour:
            return f"{name} | {text}\n"
        tint = DIM if step == "_server" else self._tint(step)
        bar = f"\x1b[{RED}m|\x1b[0m" if line.get("stream") == "stderr" and tint != DIM else "|"
        return f"\x1b[{tint}m{name}\x1b[0m {bar} {text}\n"

    def _tint(self, step: str) -> int:
        return self.colours.setdefault(step, STEP_COLOURS[len(self.colours) % len(STEP_COLOURS)])
