"""Sealer of the audit log: chains new rows by hash."""

from collections.abc import Sequence

import attrs

from stroem.audit.chain import Fault, Values, hash_of
from stroem.audit.marks import BEGINNING, Mark, MarkSigner, SignedMark
from stroem.orchestrator.audit.last_head import LastHead
from stroem.store.audit import seals
from stroem.store.database import Database
from stroem.store.statement import Connection

_PAUSE_SECS = 1.0
_BATCH = 1000


class AuditSealer:
    """Seals settled rows in the order of their ids, on one server at a time, and signs the last one.

    A head that no longer fits the seals, or the last one that this server has seen, or that this key has not signed,
    is told by all marks from then on.
    """

    def __init__(self, database: Database, signer: MarkSigner, last: LastHead, *, batch: int = _BATCH) -> None:
        self._database = database
        self._signer = signer
        self._last = last
        self._batch = batch

    async def pause_secs(self) -> float:
        """Poll interval: rows are sealed about a second after their commit."""
        return _PAUSE_SECS

    async def begin(self) -> None:
        """Signs the beginning of a log that has never had a row: from then on, a missing head is a mistake."""
        if self._last.mark is not None or self._last.damage is not None:
            return
        async with self._database.begin() as connection:
            await seals.take_sealing_lock(connection)
            if await seals.is_unused(connection):
                await seals.set_mark(connection, "head", self._signer.sign("head", BEGINNING))

    async def run_once(self) -> bool:
        """Seals one batch, unless another server seals; True if there may be more."""
        return await self.seal_batch()

    async def seal_batch(self, *, waits: bool = False) -> bool:
        """Seals one batch; True if there may be more. If it `waits`, it does so until nobody else seals."""
        async with self._database.read() as connection:
            seen = await self._last.seen(connection)
            marks = await seals.read_marks(connection)
            is_behind = await seals.is_behind(connection)
        head = marks.get("head")
        fault = self._last.contradiction(seen, head, marks.get("anchor"))
        self._last.tell(fault)
        await self._last.see(head, fault)
        if not is_behind:
            return False
        sealed: SignedMark | None = None
        async with self._database.begin() as connection:
            if waits:
                await seals.take_sealing_lock(connection)
            elif not await seals.try_sealing_lock(connection):
                return False
            settled = await seals.settled_id(connection)
            base = await self._base(connection)
            rows = await seals.rows_behind(connection, base.id, settled, self._batch)
            if rows:
                sealed = await self._seal(connection, base, rows)
        await self._last.see(sealed, None)
        return len(rows) == self._batch

    async def _seal(self, connection: Connection, base: Mark, rows: Sequence[Values]) -> SignedMark:
        new: list[tuple[int, bytes]] = []
        last = base.hash
        for row in rows:
            last = hash_of(last, row)
            new.append((int(row[0] or 0), last))
        await seals.add_seals(connection, new)
        mark = attrs.evolve(base, id=new[-1][0], hash=last, count=base.count + len(new))
        signed = self._signer.sign("head", mark)
        await seals.set_mark(connection, "head", signed)
        return signed

    async def _base(self, connection: Connection) -> Mark:
        """The place to go on from: that of the head, with a fault if it cannot be trusted."""
        seen = await self._last.seen(connection)
        marks = await seals.read_marks(connection)
        head, last = marks.get("head"), await seals.last_seal(connection)
        anchor = marks.get("anchor")
        base = seals.unsigned(head or anchor or BEGINNING)
        what = None
        if head is not None and not self._signer.is_own("head", head):
            what = "the head of the log was not signed with the key of this server"
        elif head is None:
            what = "the head of the log was removed"
        elif last is not None and last != (base.id, base.hash):
            what = f"the head of the log is at row {base.id}, and the last seal at row {last[0]}"
        elif last is None and (0 if anchor is None else anchor.id) < head.id:
            what = "the newest rows were removed"
        if last is not None and last[0] > base.id:
            base = attrs.evolve(base, id=last[0], hash=last[1])
        if base.fault is not None:
            return base
        fault = Fault(id=base.id, what=what) if what is not None else None
        fault = fault or self._last.contradiction(seen, head, anchor)
        self._last.tell(fault)
        return attrs.evolve(base, fault=fault)
