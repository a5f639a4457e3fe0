"""Pruner of the audit log."""

import logging

import attrs

from stroem.audit.chain import ChainCheck, Fault
from stroem.audit.marks import BEGINNING, Mark, MarkSigner
from stroem.store.audit import seals
from stroem.store.database import Database

_BATCH = 1000
_BEFORE_ALL = -(1 << 63)
_log = logging.getLogger(__name__)


class AuditPruner:
    """Removes old sealed rows in batches, and signs the last removed one, from which verification goes on.

    Rows are checked before they go; what does not fit is told by the anchor for good. Without `days` all rows stay.
    """

    def __init__(self, database: Database, signer: MarkSigner, *, days: int | None, interval_secs: float) -> None:
        self._database = database
        self._signer = signer
        self._days = days
        self._interval_secs = interval_secs

    async def pause_secs(self) -> float:
        """The interval."""
        return self._interval_secs

    async def run_once(self) -> bool:
        """Removes one batch of old rows; True if there may be more."""
        if self._days is None:
            return False
        async with self._database.begin() as connection:
            if not await seals.try_sealing_lock(connection):
                return False
            marks = await seals.read_marks(connection)
            head, anchor = marks.get("head"), marks.get("anchor")
            if head is None:
                return False
            last = await seals.last_old(connection, self._days, head.id, _BATCH)
            if last is None:
                return False
            start = seals.unsigned(anchor or BEGINNING)
            check = ChainCheck(behind=start.id, previous=start.hash, fault=start.fault)
            if anchor is not None and not self._signer.is_own("anchor", anchor):
                check.note(anchor.id, "the anchor of the log was not signed with the key of this server")
            rows = await seals.rows_behind(connection, _BEFORE_ALL, last, _BATCH)
            check.check(rows, await seals.seals_behind(connection, _BEFORE_ALL, last, _BATCH))
            mark = Mark(id=check.id, hash=check.hash, count=start.count + check.rows, fault=check.fault)
            await seals.set_mark(connection, "anchor", self._signer.sign("anchor", mark))
            count = await seals.prune(connection, min(last, mark.id))
        self._tell(check.fault, start.fault)
        return count == _BATCH

    def _tell(self, found: Fault | None, known: Fault | None) -> None:
        if found is not None and known is None:
            _log.error("the audit log was changed, as its anchor tells from now on: row %d: %s", *attrs.astuple(found))
