"""Recorder of audit rows that go with no change of their own."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

from stroem.orchestrator.audit.refusals import RefusalCounts
from stroem.records.audit_row import NewAuditRow
from stroem.store.audit.rows import add_rows
from stroem.store.batch_isolation import is_outage, isolate
from stroem.store.database import Database

_PAUSE_SECS = 1.0
_BATCH = 500
_MOST_WAITING = 10_000
_log = logging.getLogger(__name__)


class AuditRecorder:
    """Records rows at once, or refusals later and in batches, counted when there are many.

    During an outage of the database rows wait, up to a bound; those beyond are counted, which a row tells afterwards.
    """

    def __init__(self, database: Database, now: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._now = now
        self._counts = RefusalCounts()
        self._waiting: deque[NewAuditRow] = deque()
        self._lost = 0
        self._flushing = asyncio.Lock()

    async def pause_secs(self) -> float:
        """Longest time that a refusal waits."""
        return _PAUSE_SECS

    async def run_once(self) -> bool:
        """Records what waits."""
        await self.flush()
        return False

    async def add(self, row: NewAuditRow) -> None:
        """Records a row at once, or as soon as the database is back."""
        try:
            async with self._database.read() as connection:
                await add_rows(connection, [row])
        except Exception as error:
            if not is_outage(error):
                raise
            self.add_later(row)

    def refuse(self, row: NewAuditRow) -> None:
        """Records the row of a refused or failed request within a second, or counts it."""
        single = self._counts.add(row, self._now())
        if single is not None:
            self.add_later(single)

    def add_later(self, row: NewAuditRow) -> None:
        """Records a row within a second."""
        if len(self._waiting) >= _MOST_WAITING:
            self._lost += 1
            return
        self._waiting.append(row)

    async def close(self) -> None:
        """Records what waits and what is still being counted. During an outage it is lost."""
        try:
            await self.flush(is_end=True)
        except Exception as error:
            if not is_outage(error):
                raise
            _log.error("%d rows of the audit log are lost: %s", len(self._waiting), error)

    async def flush(self, *, is_end: bool = False) -> None:
        """Records what waits; at the end, also what is still being counted."""
        async with self._flushing:
            for row in self._counts.due(self._now(), is_end=is_end):
                self.add_later(row)
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
                try:
                    await isolate(batch, self._insert, self._drop)
                except BaseException:
                    self._waiting.extendleft(reversed(batch))
                    raise
            await self._tell_lost()

    async def _insert(self, rows: Sequence[NewAuditRow]) -> None:
        async with self._database.begin() as connection:
            await add_rows(connection, rows)

    async def _drop(self, row: NewAuditRow, error: Exception) -> None:
        self._lost += 1
        _log.error("a row of the audit log cannot be recorded: %s by %s", row.verb, row.actor, exc_info=error)

    async def _tell_lost(self) -> None:
        """Records how many rows are missing."""
        if not self._lost:
            return
        count, self._lost = self._lost, 0
        reason = f"{count} requests could not be recorded"
        row = NewAuditRow(
            actor_kind="system", actor="server", verb="audit.lost", outcome="failed", count=count, reason=reason
        )
        try:
            await self._insert([row])
        except BaseException:
            self._lost += count
            raise
