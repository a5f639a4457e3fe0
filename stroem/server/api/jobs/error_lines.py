"""The most telling line of a failed step's error."""

import re

from stroem.conversion.text import without_sequences

_EXIT = re.compile(r"Exit code: \S")
_STDERR = "Stderr: "
_TELLING = re.compile(
    r"\b(?:fatal|panic|panicked|error|exception)\b|\bERR!|[a-z0-9](?:Error|Exception)\b", re.IGNORECASE
)
_NO_ERRORS = re.compile(r"\b(?:0|no|without) errors?\b", re.IGNORECASE)


def error_line(error: str) -> str:
    """The line that tells most of an error: its first one, or that of the program if it is an exit code.

    Of standard error it is the last line that looks like an error and is not indented, else the last that is not empty.
    """
    lines = [line for line in without_sequences(error).splitlines() if line.strip()]
    if len(lines) > 1 and _EXIT.match(lines[0]):
        said = [lines[1].removeprefix(_STDERR), *lines[2:]]
        return _telling(said) or lines[0].strip()
    return lines[0].strip() if lines else ""


def _telling(lines: list[str]) -> str:
    for number in reversed(range(len(lines))):
        line = lines[number].rstrip()
        if line[:1].isspace() or not _TELLING.search(line) or _NO_ERRORS.search(line):
            continue
        behind = lines[number + 1 :][:1] if line.endswith(":") else []
        return " ".join([line, *(one.strip() for one in behind)])
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
