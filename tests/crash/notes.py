"""Notes that scripts of flows write into a journal outside of the product."""

from collections.abc import Sequence
from pathlib import Path

import attrs

_SHELL = """\
file="JOURNAL/$STROEM_JOB_ID.$STROEM_STEP_NAME"
note() { echo "$1 $(date +%s%N)" >> "$file"; }
fail() { note fails; exit "${1:-1}"; }
fail_once() { grep -qs fails "$file" || fail "$1"; }
note begins
"""


@attrs.frozen(kw_only=True)
class Note:
    """A line of the journal: `begins`, `fails` or `ends`, and the time in seconds."""

    word: str
    at: float


def write_shell(folder: Path, journal: Path) -> None:
    """Writes `note.sh`, with the functions of the scripts. It notes the begin of the script that reads it."""
    (folder / "note.sh").write_text(_SHELL.replace("JOURNAL", str(journal)))


def notes(journal: Path, job_id: object, step: str) -> Sequence[Note]:
    """The notes of a step's script, in order."""
    file = journal / f"{job_id}.{step}"
    lines = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
    return [Note(word=word, at=int(nanoseconds) / 1e9) for word, nanoseconds in lines]
