"""Summaries of logs: length, times, and the first lines of errors."""

import asyncio
import re
import time
import uuid

import attrs
from cachetools import LRUCache

from stroem.conversion.text import without_sequences
from stroem.orchestrator.logs.line_search import fields_of, line_of, matching_lines
from stroem.orchestrator.logs.reader import LogReader
from stroem.store.logs.log_numbers import AttemptLog

_READ_BYTES = 2 * 1024 * 1024
_SECS = 2.0
_SCANS = 1024
_TURNS = 2
_LONGEST = 10_000
"""The most characters of a line in which an error is looked for."""
_STDERR = re.compile(rb'"stream"\s*:\s*"stderr"')
_WORDS = re.compile(rb"error|fatal|exception|panic|traceback|critical", re.IGNORECASE)
_ERROR = re.compile(
    r"\b(?:error|fatal|panic|panicked|exception|critical)\b|^\s*traceback \(most recent|\w(?-i:Error|Exception)\b",
    re.IGNORECASE,
)
_NO_ERROR = re.compile(r"\b(?:0|no|without)\s+errors?\b", re.IGNORECASE)


@attrs.frozen(kw_only=True)
class LogScan:
    """Scan of the first `lines` lines of a log, numbered from 0. Reading goes on at `position`."""

    lines: int = 0
    position: int = 0
    stderr_lines: int = 0
    first_stderr: int | None = None
    first_error: int | None = None


@attrs.frozen(kw_only=True)
class LogSummary:
    """Length of a log, the times of its first and last line, its attempts, and the scan of its lines."""

    lines: int
    size: int
    first_at: str | None
    last_at: str | None
    attempts: tuple[AttemptLog, ...]
    scan: LogScan


class LogSummaries:
    """Summarizes logs. Scans are kept and go on at the next request: lines never change."""

    def __init__(self, reader: LogReader) -> None:
        self._reader = reader
        self._scans: LRUCache[tuple[uuid.UUID, str | None, int | None], LogScan] = LRUCache(_SCANS)
        self._turns = asyncio.Semaphore(_TURNS)

    async def summary(
        self, job_id: uuid.UUID, *, step: str | None = None, attempt: int | None = None, secs: float = _SECS
    ) -> LogSummary:
        """The summary of a log. Its scan goes as far as `secs` seconds suffice, at least one page.

        Raises NotFound for an unknown job or step.
        """
        attempts = await self._reader.attempts(job_id, step=step, attempt=attempt)
        first = await self._reader.read(job_id, step=step, attempt=attempt, max_lines=1)
        last = await self._reader.read(job_id, step=step, attempt=attempt, tail=1)
        return LogSummary(
            lines=sum(one.lines for one in attempts),
            size=sum(one.size for one in attempts),
            first_at=_time_of(first.data),
            last_at=_time_of(last.data),
            attempts=tuple(attempts),
            scan=await self._scan(job_id, step, attempt, secs),
        )

    async def _scan(self, job_id: uuid.UUID, step: str | None, attempt: int | None, secs: float) -> LogScan:
        async with self._turns:
            key = (job_id, step, attempt)
            scan = self._scans.get(key, LogScan())
            deadline = time.monotonic() + secs
            while True:
                page = await self._reader.read(
                    job_id, step=step, attempt=attempt, after=scan.position, max_bytes=_READ_BYTES
                )
                if not page.data:
                    return scan
                scan = await asyncio.to_thread(_extended, scan, page.data, page.next)
                self._scans[key] = scan
                if time.monotonic() > deadline:
                    return scan


def _extended(scan: LogScan, data: bytes, position: int) -> LogScan:
    first_stderr, first_error = scan.first_stderr, scan.first_error
    if first_stderr is None and (match := _STDERR.search(data)) is not None:
        first_stderr = scan.lines + data.count(b"\n", 0, match.start())
    if first_error is None and (found := _first_error(data)) is not None:
        first_error = scan.lines + found
    return LogScan(
        lines=scan.lines + data.count(b"\n"),
        position=position,
        stderr_lines=scan.stderr_lines + sum(1 for _ in _STDERR.finditer(data)),
        first_stderr=first_stderr,
        first_error=first_error,
    )


def _first_error(data: bytes) -> int | None:
    """Index of the first line that tells of an error."""
    found = (index for index, start, end in matching_lines(_WORDS, data) if is_error(line_of(data[start:end])[0]))
    return next(found, None)


def is_error(text: str) -> bool:
    """True if the words of a line, without its colours, tell of an error."""
    text = _NO_ERROR.sub("", without_sequences(text[:_LONGEST]))
    return _ERROR.search(text) is not None


def _time_of(record: bytes) -> str | None:
    found = fields_of(record)
    return str(found["ts"]) if "ts" in found else None
