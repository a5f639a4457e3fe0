"""Verification of the audit log."""

import asyncio

import attrs

from stroem.audit.chain import ChainCheck, Fault
from stroem.audit.marks import BEGINNING, Mark, MarkSigner, SignedMark
from stroem.orchestrator.audit.last_head import LastHead
from stroem.store.audit import seals
from stroem.store.database import Database
from stroem.store.statement import Connection

_BATCH = 1000
_BEFORE_ALL = -(1 << 63)
_BEYOND = (1 << 63) - 1


@attrs.frozen(kw_only=True)
class Verified:
    """The result of a verification: the number of sealed rows, and the first mistake.

    `head` is the last sealed row, `anchor` the last row that retention has removed; `unsealed` rows, of which at most
    a batch is counted, come after the head.
    """

    rows: int
    fault: Fault | None
    head: Mark | None
    anchor: Mark | None
    unsealed: int


class AuditVerifier:
    """Reads the whole log in batches, in one state, and recomputes its chain."""

    def __init__(self, database: Database, signer: MarkSigner, last: LastHead, *, batch: int = _BATCH) -> None:
        self._database = database
        self._signer = signer
        self._last = last
        self._batch = batch
        self._verifying = asyncio.Lock()

    async def verify(self) -> Verified:
        """Verifies the log from its anchor to its head; one caller after the other, as each holds a connection."""
        async with self._verifying:
            found, head, missing = await self._verified()
        self._last.tell(found.fault)
        await self._last.see(head, missing)
        return found

    async def _verified(self) -> tuple[Verified, SignedMark | None, Fault | None]:
        """The result, the head that was read, and how it contradicts the last one that this server has seen."""
        async with self._database.begin() as connection:
            await seals.freeze(connection)
            seen = await self._last.seen(connection)
            marks = await seals.read_marks(connection)
            head, anchor = marks.get("head"), marks.get("anchor")
            start: Mark = anchor or BEGINNING
            check = ChainCheck(behind=start.id, previous=start.hash, fault=start.fault)
            if anchor is not None and not self._signer.is_own("anchor", anchor):
                check.note(anchor.id, "the anchor of the log was not signed with the key of this server")
            up_to = start.id if head is None else max(head.id, start.id)
            last = await seals.last_seal(connection)
            up_to = up_to if last is None else max(up_to, last[0])
            await self._walk(connection, check, up_to)
            self._check_head(check, start, head)
            if head is None and not await seals.is_unused(connection):
                check.note(check.id, "the head of the log was removed")
            missing = self._last.contradiction(seen, head, anchor)
            if missing is not None:
                check.note(missing.id, missing.what)
            unsealed = len(await seals.rows_behind(connection, up_to, _BEYOND, self._batch))
        found = Verified(
            rows=check.rows,
            fault=check.fault,
            head=None if head is None or head.id == 0 else seals.unsigned(head),
            anchor=None if anchor is None else seals.unsigned(anchor),
            unsealed=unsealed,
        )
        return found, head, missing

    async def _walk(self, connection: Connection, check: ChainCheck, up_to: int) -> None:
        behind = _BEFORE_ALL  # what is found before the anchor was inserted afterwards
        while behind < up_to:
            rows = await seals.rows_behind(connection, behind, up_to, self._batch)
            sealed = await seals.seals_behind(connection, behind, up_to, self._batch)
            end = up_to
            for found in (rows, sealed):
                if len(found) == self._batch:
                    end = min(end, int(found[-1][0] or 0))
            check.check([row for row in rows if int(row[0] or 0) <= end], [seal for seal in sealed if seal[0] <= end])
            behind = end

    def _check_head(self, check: ChainCheck, start: Mark, head: SignedMark | None) -> None:
        if head is None:
            return
        if head.fault is not None:
            check.note(head.fault.id, head.fault.what)
        if not self._signer.is_own("head", head):
            check.note(head.id, "the head of the log was not signed with the key of this server")
        if (check.id, check.hash) != (head.id, head.hash):
            check.note(check.id, f"the newest rows after this one were removed, or the head is not at row {head.id}")
        elif start.count + check.rows != head.count:
            check.note(check.id, f"the log has {start.count + check.rows} rows up to here, and the head {head.count}")
