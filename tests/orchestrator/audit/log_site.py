"""A log to test with: rows, a sealer, a verifier, and what an owner of the database can do to it."""

from pathlib import Path
from typing import Any

import attrs

from stroem.audit.marks import MarkSigner
from stroem.orchestrator.audit.last_head import LastHead
from stroem.orchestrator.audit.sealer import AuditSealer
from stroem.orchestrator.audit.verifier import AuditVerifier, Verified
from stroem.orchestrator.retention.audit_pruner import AuditPruner
from stroem.records.audit_row import NewAuditRow
from stroem.store import statement
from stroem.store.audit.rows import add_rows
from stroem.store.database import Database

KEY = b"k" * 32


def row(number: int = 0, **more: Any) -> NewAuditRow:
    return NewAuditRow(actor_kind="user", actor="ada@example.org", verb="job.cancel", object=f"{number}", **more)


@attrs.frozen(kw_only=True)
class LogSite:
    """An audit log in a database. Whoever uses it has just started, and knows what is in the `file`."""

    database: Database
    signer: MarkSigner = attrs.field(factory=lambda: MarkSigner(KEY))
    batch: int = 1000
    file: Path | None = None

    @property
    def last(self) -> LastHead:
        return LastHead(self.signer, self.file)

    @property
    def sealer(self) -> AuditSealer:
        return AuditSealer(self.database, self.signer, self.last, batch=self.batch)

    async def add(self, count: int = 1, **more: Any) -> None:
        await self.sealer.begin()
        async with self.database.begin() as connection:
            await add_rows(connection, [row(number, **more) for number in range(count)])

    async def seal(self) -> None:
        sealer = self.sealer
        while await sealer.run_once():
            pass

    async def verify(self) -> Verified:
        return await AuditVerifier(self.database, self.signer, self.last, batch=self.batch).verify()

    async def prune(self, days: int) -> None:
        pruner = AuditPruner(self.database, self.signer, days=days, interval_secs=60)
        while await pruner.run_once():
            pass

    async def execute(self, sql: str) -> None:
        """A statement through the product."""
        async with self.database.read() as connection:
            await statement.execute(connection, sql)

    async def execute_as_pruner(self, sql: str) -> None:
        """A statement of a session that says that it prunes."""
        async with self.database.begin() as connection:
            await statement.execute(connection, "SET LOCAL stroem.prunes_audit = 'on'")
            await statement.execute(connection, sql)

    async def tamper(self, *statements: str) -> None:
        """Statements of an owner of the database, who turns the triggers off."""
        async with self.database.begin() as connection:
            await statement.execute(connection, "SET LOCAL session_replication_role = replica")
            for sql in statements:
                await statement.execute(connection, sql)

    async def fetch(self, sql: str) -> list[Any]:
        async with self.database.read() as connection:
            return await statement.fetch(connection, sql)

    async def fault(self) -> tuple[int, str] | None:
        found = (await self.verify()).fault
        return None if found is None else (found.id, found.what)
