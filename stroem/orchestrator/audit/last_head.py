"""The newest head of the audit log that a server has seen, which the database cannot take back."""

import asyncio
import logging
import os
import secrets
from pathlib import Path

import attrs
import orjson

from stroem.audit.chain import Fault
from stroem.audit.marks import Mark, MarkSigner, SignedMark
from stroem.store.audit import seals
from stroem.store.statement import Connection

_log = logging.getLogger(__name__)


class LastHead:
    """The newest head that this server has seen: in memory and, signed, in a file that outlives it.

    The log must contain it for ever, or have pruned it. Each server has a file of its own, which may be behind; what
    was seen once is never too new.
    """

    def __init__(self, signer: MarkSigner, file: Path | None = None) -> None:
        self._signer = signer
        self._file = file
        self._writing = asyncio.Lock()
        self._told: str | None = None
        self.mark: Mark | None = None
        self.damage: Fault | None = None
        if file is not None:
            self._load(file)

    def differs(self, seen: Mark | None, head: Mark | None) -> Fault | None:
        """How a head contradicts one that was `seen` before it was read, as far as both tell by themselves."""
        if self.damage is not None:
            return self.damage
        if seen is None:
            return None
        if head is None:
            return Fault(id=seen.id, what=f"the head of the log was removed, after this server had seen row {seen.id}")
        if head.id < seen.id:
            return Fault(
                id=head.id, what=f"the head of the log is at row {head.id}, after this server had seen row {seen.id}"
            )
        if head.id == seen.id and (head.hash, head.count) != (seen.hash, seen.count):
            return Fault(id=seen.id, what="the head of the log is another one than this server had seen at this row")
        return seen.fault

    async def missing(
        self, connection: Connection, seen: Mark | None, head: SignedMark | None, anchor: SignedMark | None
    ) -> Fault | None:
        """How the log contradicts the head that was `seen`: also whether its seal is still there, if not pruned."""
        fault = self.differs(seen, head)
        if fault is not None or seen is None or head is None or head.id == seen.id:
            return fault
        found = await seals.seal_of(connection, seen.id)
        if found == seen.hash:
            return None
        if found is None and anchor is not None and anchor.id >= seen.id and self._signer.is_own("anchor", anchor):
            return None
        return Fault(id=seen.id, what="the seal of this row is another one than this server had seen, or was removed")

    async def see(self, head: SignedMark | None) -> None:
        """Keeps a committed head if it is signed and newer. A fault that was known once stays."""
        if head is None or head.id == 0 or not self._signer.is_own("head", head):
            return
        new, known = seals.unsigned(head), self.mark
        if known is not None and head.id <= known.id:
            new = known
        fault = head.fault if known is None or known.fault is None else known.fault
        new = attrs.evolve(new, fault=fault)
        if new == known:
            return
        self.mark = new
        if self._file is not None:
            async with self._writing:
                await asyncio.to_thread(self._save, self._file, self._signer.sign("head", self.mark))

    def tell(self, fault: Fault | None) -> None:
        """Logs a fault, once for each."""
        if fault is not None and fault.what != self._told:
            self._told = fault.what
            _log.error(
                "the audit log is not as it was recorded, which `stroem audit verify` tells from now on: row %d: %s",
                fault.id,
                fault.what,
            )

    def _load(self, file: Path) -> None:
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            self.damage = Fault(id=0, what=f"{file.name}, the last head this server had seen, cannot be read: {error}")
            return
        try:
            found = orjson.loads(content)
            fault = found["fault"] and Fault(id=found["fault"][0], what=found["fault"][1])
            mark = SignedMark(
                id=found["id"],
                hash=bytes.fromhex(found["hash"]),
                count=found["count"],
                fault=fault,
                signature=bytes.fromhex(found["signature"]),
            )
            is_own = self._signer.is_own("head", mark)
        except (ValueError, TypeError, KeyError, IndexError):
            is_own = False
        if is_own:
            self.mark = seals.unsigned(mark)
        else:
            self.damage = Fault(id=0, what=f"{file.name} is damaged, or was not signed with the key of this server")

    def _save(self, file: Path, mark: SignedMark) -> None:
        """Replaces the file as a whole. A server that cannot write it knows the head only while it runs."""
        content = {
            "id": mark.id,
            "hash": mark.hash.hex(),
            "count": mark.count,
            "fault": None if mark.fault is None else [mark.fault.id, mark.fault.what],
            "signature": mark.signature.hex(),
        }
        draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as opened:
                    opened.write(orjson.dumps(content))
                    opened.flush()
                    os.fsync(opened.fileno())
                draft.replace(file)
            finally:
                draft.unlink(missing_ok=True)
        except OSError as error:
            if self._told is None:
                self._told = ""
                _log.warning("the last head of the audit log cannot be kept in %s: %s", file, error)
