"""Routes of the audit log."""

from stroem.server.api.audit import rows, verification
from stroem.server.routes.builders import get

AUDIT_LOG = (
    get("/api/audit", rows.list_rows, "audit.read"),
    get("/api/audit/export", rows.export, "audit.read", media_type="application/jsonl"),
    get("/api/audit/verify", verification.verify, "audit.read"),
)
