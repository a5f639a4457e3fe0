"""Sealer of the audit log: chains new rows by hash."""

import logging
from collections.abc import Sequence

import attrs

from stroem.audit.chain import Fault, Values, hash_of
from stroem.audit.marks import BEGINNING, Mark, MarkSigner
from stroem.store.audit import seals
from stroem.store.database import Database
from stroem.store.statement import Connection

_PAUSE_SECS = 1.0
_BATCH = 1000
_log = logging.getLogger(__name__)


class AuditSealer:
    """Seals settled rows in the order of their ids, on one server at a time, and signs the last one.

    A head that no longer fits the seals, or that this key has not signed, is told by all marks from then on.
    """

    def __init__(self, database: Database, signer: MarkSigner, *, batch: int = _BATCH) -> None:
        self._database = database
        self._signer = signer
        self._batch = batch

    async def pause_secs(self) -> float:
        """Poll interval: rows are sealed about a second after their commit."""
        return _PAUSE_SECS

    async def run_once(self) -> bool:
        """Seals one batch, unless another server seals; True if there may be more."""
        return await self.seal_batch()

    async def seal_batch(self, *, waits: bool = False) -> bool:
        """Seals one batch; True if there may be more. If it `waits`, it does so until nobody else seals."""
        async with self._database.read() as connection:
            if not await seals.is_behind(connection):
                return False
        async with self._database.begin() as connection:
            if waits:
                await seals.take_sealing_lock(connection)
            elif not await seals.try_sealing_lock(connection):
                return False
            settled = await seals.settled_id(connection)
            head = await self._head(connection)
            rows = await seals.rows_behind(connection, head.id, settled, self._batch)
            if rows:
                await self._seal(connection, head, rows)
        return len(rows) == self._batch

    async def _seal(self, connection: Connection, head: Mark, rows: Sequence[Values]) -> None:
        new: list[tuple[int, bytes]] = []
        last = head.hash
        for row in rows:
            last = hash_of(last, row)
            new.append((int(row[0] or 0), last))
        await seals.add_seals(connection, new)
        mark = attrs.evolve(head, id=new[-1][0], hash=last, count=head.count + len(new))
        await seals.set_mark(connection, "head", self._signer.sign("head", mark))

    async def _head(self, connection: Connection) -> Mark:
        """The place to go on from: that of the head, with a fault if it cannot be trusted."""
        marks = await seals.read_marks(connection)
        head, last = marks.get("head"), await seals.last_seal(connection)
        anchor = marks.get("anchor")
        base = seals.unsigned(head) or seals.unsigned(anchor) or BEGINNING
        what = None
        if head is not None and not self._signer.is_own("head", head):
            what = "the head of the log was not signed with the key of this server"
        elif head is None and (last is not None or anchor is not None):
            what = "the head of the log was removed"
        elif last is not None and last != (base.id, base.hash):
            what = f"the head of the log is at row {base.id}, and the last seal at row {last[0]}"
        elif last is None and head is not None and (anchor is None or anchor.id < head.id):
            what = "the newest rows were removed"
        if last is not None and last[0] > base.id:
            base = attrs.evolve(base, id=last[0], hash=last[1])
        if what is None or base.fault is not None:
            return base
        _log.error(
            "the audit log does not fit its signed head, which `stroem audit verify` tells from now on: %s", what
        )
        return attrs.evolve(base, fault=Fault(id=base.id, what=what))
