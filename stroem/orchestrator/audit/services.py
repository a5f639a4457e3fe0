"""Construction of the services of the audit log."""

from pathlib import Path

import attrs

from stroem.audit.marks import MarkSigner
from stroem.orchestrator.audit.deliverer import AuditDeliverer
from stroem.orchestrator.audit.last_head import LastHead
from stroem.orchestrator.audit.recorder import AuditRecorder
from stroem.orchestrator.audit.sealer import AuditSealer
from stroem.orchestrator.audit.verifier import AuditVerifier
from stroem.orchestrator.events.sinks import EventSinks
from stroem.store.database import Database


@attrs.frozen(kw_only=True)
class AuditServices:
    """What records the audit log, seals and verifies it."""

    recorder: AuditRecorder
    sealer: AuditSealer
    verifier: AuditVerifier
    deliverer: AuditDeliverer

    async def settle(self) -> None:
        """Records what waits on this server, and seals all that is settled."""
        await self.recorder.flush()
        while await self.sealer.seal_batch(waits=True):
            pass


def build_audit(database: Database, key: bytes, sinks: EventSinks, head_file: Path | None = None) -> AuditServices:
    """The services; `key` is that of the server, `head_file` keeps the last head that it has seen."""
    signer = MarkSigner(key)
    last = LastHead(signer, head_file)
    return AuditServices(
        recorder=AuditRecorder(database),
        sealer=AuditSealer(database, signer, last),
        verifier=AuditVerifier(database, signer, last),
        deliverer=AuditDeliverer(database, sinks),
    )
