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


@attrs.frozen(kw_only=True)
class Seen:
    """A head that a server has seen, and what now seals the row that it is at."""

    mark: Mark | None
    seal: bytes | None


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

    async def seen(self, connection: Connection) -> Seen:
        """What this server has seen. To be asked before the marks are read: neither head nor pruning can be older."""
        mark = self.mark
        return Seen(mark=mark, seal=None if mark is None else await seals.seal_of(connection, mark.id))

    def contradiction(self, seen: Seen, head: SignedMark | None, anchor: SignedMark | None) -> Fault | None:
        """How the marks of the log, or the seal of the row that was seen, contradict what was seen before."""
        mark = seen.mark
        if self.damage is not None or mark is None:
            return self.damage
        if head is None:
            return Fault(id=mark.id, what=f"the head of the log was removed, after this server had seen row {mark.id}")
        if head.id < mark.id:
            return Fault(
                id=head.id, what=f"the head of the log is at row {head.id}, after this server had seen row {mark.id}"
            )
        if head.id == mark.id and (head.hash, head.count) != (mark.hash, mark.count):
            return Fault(id=mark.id, what="the head of the log is another one than this server had seen at this row")
        is_pruned = anchor is not None and anchor.id >= mark.id and self._signer.is_own("anchor", anchor)
        if seen.seal != mark.hash and not (seen.seal is None and is_pruned):
            return Fault(
                id=mark.id, what="the seal of this row is another one than this server had seen, or was removed"
            )
        return mark.fault

    async def see(self, head: SignedMark | None, fault: Fault | None) -> None:
        """Keeps a committed head if it is signed and newer, and a fault, from the first one on."""
        if head is None or head.id == 0 or not self._signer.is_own("head", head):
            return
        new, known = seals.unsigned(head), self.mark
        fault = fault or head.fault
        if known is not None:
            fault = known.fault or fault
            new = known if head.id <= known.id else new
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
