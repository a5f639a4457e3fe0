"""Rows of the audit log, as a list and as a file."""

import datetime
from collections.abc import AsyncIterator

import attrs
from aiohttp import hdrs, web

from stroem.conversion.unstructure import ABSENT, encode
from stroem.records.audit_row import AuditRow, Outcome
from stroem.server.http.paging import clamp, page_items
from stroem.server.http.streaming import stream
from stroem.server.keys import SERVICES
from stroem.store.audit import listing, seals
from stroem.store.audit.listing import AuditFilter

_GREATEST_ID = (1 << 63) - 2
_EXPORTED = 500


@attrs.frozen(kw_only=True)
class AuditPage:
    """Audit rows, newest first. `next` as `before` gives the page behind; a page may have no items and a `next`."""

    items: tuple[AuditRow, ...]
    next: int | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class AuditQuery:
    """A filter of audit rows, exact, with times in `[since, until)`."""

    actor: str | None = None
    verb: str | None = None
    workspace: str | None = None
    outcome: Outcome | None = None
    request_id: str | None = None
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None

    def wanted(self) -> AuditFilter:
        """The filter of the store."""
        return AuditFilter(**{field.name: getattr(self, field.name) for field in attrs.fields(AuditFilter)})


@attrs.frozen(kw_only=True)
class AuditListQuery(AuditQuery):
    """A page of the filtered rows: `limit` rows before the id `before`."""

    before: int | None = None
    limit: int = 50


@attrs.frozen(kw_only=True)
class AuditExportQuery(AuditQuery):
    """The filtered rows after the id `after`."""

    after: int = 0


async def list_rows(request: web.Request, query: AuditListQuery) -> AuditPage:
    """Rows of the audit log, newest first. Each page looks through 50,000 rows."""
    services = request.app[SERVICES]
    await services.audit.recorder.flush()
    before = _GREATEST_ID if query.before is None else clamp(query.before, 0, _GREATEST_ID)
    limit = clamp(query.limit, 1, page_items(request))
    async with services.database.read() as connection:
        page = await listing.newest_rows(connection, query.wanted(), before=before, limit=limit)
    return AuditPage(items=page.rows, next=page.next)


async def export(request: web.Request, query: AuditExportQuery) -> web.StreamResponse:
    """All sealed rows as JSON lines, oldest first, each with its hash. Exports with `after` miss none."""
    services = request.app[SERVICES]
    await services.audit.settle()
    response = web.StreamResponse()
    response.content_type = "application/jsonl"
    response.charset = "utf-8"
    response.headers[hdrs.CONTENT_DISPOSITION] = 'attachment; filename="audit.jsonl"'
    return await stream(request, response, _lines(request, query))


async def _lines(request: web.Request, query: AuditExportQuery) -> AsyncIterator[bytes]:
    database = request.app[SERVICES].database
    async with database.read() as connection:
        head = (await seals.read_marks(connection)).get("head")
    up_to, after = 0 if head is None else head.id, clamp(query.after, 0, _GREATEST_ID)
    wanted = query.wanted()
    behind: int | None = after
    while behind is not None and behind < up_to:
        async with database.read() as connection:
            page = await listing.oldest_rows(connection, wanted, after=behind, up_to=up_to, limit=_EXPORTED)
        if page.rows:
            yield b"".join(encode(row, AuditRow) + b"\n" for row in page.rows)
        behind = page.next
