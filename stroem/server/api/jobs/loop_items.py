"""Items of loops: pages, and summaries of loops with many."""

import datetime
import re
import uuid
from collections import Counter
from typing import Literal

import attrs
import orjson
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.errors import BadRequest, NotFound
from stroem.redaction.redactor import Redactor
from stroem.server.api.jobs.job_redactor import redactor_of
from stroem.server.http.cursors import read_cursor, write_cursor
from stroem.server.http.paging import clamp, page_items
from stroem.server.keys import SERVICES
from stroem.store.jobs import jobs, loop_items
from stroem.store.jobs.loop_items import CellCount, ItemFilter
from stroem.store.jobs.step_queries import StepRow
from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection

MOST_CELLS = 200
_MOST_CHARS = 200
_SEARCHED = 200
"""Items that a search reads at a time."""
_KEY = re.compile(r"([01])\n([0-9]{1,9})", re.ASCII)
_WORST = ("failed", "cancelled", "suspended", "running", "ready", "pending", "skipped", "completed")
Status = Literal["pending", "ready", "running", "suspended", "completed", "failed", "skipped", "cancelled"]


@attrs.frozen(kw_only=True)
class ItemsQuery:
    """At most `limit` items behind the page with the `next_cursor` `cursor`, failed ones first.

    `status` leaves out others; `search` is a text in the index, the value or the error.
    """

    status: Status | None = None
    search: str | None = None
    order: Literal["failed", "index"] = "failed"
    cursor: str = ""
    limit: int = 50


@attrs.frozen(kw_only=True)
class LoopItem:
    """An item of a loop. `error_message` is also the reason why one was skipped. Secrets are shown as `••••••`."""

    step_name: str
    index: int
    value: Json
    status: str
    error_message: str | None
    attempt: int
    worker_id: uuid.UUID | None
    ready_at: datetime.datetime | None
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None


@attrs.frozen(kw_only=True)
class LoopItems:
    """A page of items. `next_cursor` is absent from the last page."""

    items: tuple[LoopItem, ...]
    next_cursor: str | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class LoopCell:
    """A run of `items` items from the index `first` on: the worst status among them, and the first item with it.

    `step_name` is null for an item that has not begun.
    """

    first: int
    items: int
    status: str
    index: int
    step_name: str | None


@attrs.frozen(kw_only=True)
class LoopSummary:
    """Number of items of a loop, numbers by status, and at most 200 cells that stand for all items."""

    total: int
    counts: dict[str, int]
    cells: tuple[LoopCell, ...]


@attrs.frozen(kw_only=True)
class _Loop:
    job: jobs.JobRow
    plan: TaskPlan
    row: StepRow


async def list_items(request: web.Request, job_id: uuid.UUID, step: str, query: ItemsQuery) -> LoopItems:
    """Items of a loop."""
    limit = clamp(query.limit, 1, page_items(request))
    if query.search is not None and not 0 < len(query.search) <= _MOST_CHARS:
        raise BadRequest(message=f"search must have 1 to {_MOST_CHARS} characters")
    wanted = ItemFilter(status=query.status, search=query.search, failed_first=query.order == "failed")
    after = read_cursor(query.cursor, _key) if query.cursor else None
    async with request.app[SERVICES].database.read() as connection:
        loop = await _loop(request, connection, job_id, step)
    redactor = await redactor_of(request.app, loop.job, loop.plan)
    async with request.app[SERVICES].database.read() as connection:
        rows = await _shown(connection, (job_id, loop.row.id), wanted, redactor, after=after, limit=limit + 1)
        page = rows[:limit]
        names = await request.app[SERVICES].names.names_of(connection, [(job_id, row.id) for row in page])
    return LoopItems(
        items=tuple(_item(row, names[job_id, row.id], redactor) for row in page),
        next_cursor=write_cursor(*loop_items.item_key(page[-1], wanted)) if len(rows) > limit else None,
    )


async def _shown(
    connection: Connection,
    loop: StepId,
    wanted: ItemFilter,
    redactor: Redactor,
    *,
    after: tuple[int, int] | None,
    limit: int,
) -> list[StepRow]:
    """At most `limit` items that have the text of a search in what is shown of them.

    Those in which it is hidden as a secret are passed over: neither the page nor its cursor tells that they have it.
    """
    if wanted.search is None:
        return await loop_items.list_items(connection, loop, wanted, after=after, limit=limit)
    found: list[StepRow] = []
    batch = max(limit, _SEARCHED)
    while True:
        rows = await loop_items.list_items(connection, loop, wanted, after=after, limit=batch)
        found += [row for row in rows if _shows(row, wanted.search, redactor)]
        if len(found) >= limit or len(rows) < batch:
            return found[:limit]
        after = loop_items.item_key(rows[-1], wanted)


async def summary(request: web.Request, job_id: uuid.UUID, step: str) -> LoopSummary:
    """Numbers of a loop's items by status, for the whole and in at most 200 equal parts."""
    names = request.app[SERVICES].names
    async with request.app[SERVICES].database.read() as connection:
        loop = await _loop(request, connection, job_id, step)
        total = loop.row.total
        found = await loop_items.cells(connection, (job_id, loop.row.id), total, MOST_CELLS) if total else []
        worst: dict[int, CellCount] = {}
        for one in sorted(found, key=lambda one: _WORST.index(one.status)):
            worst.setdefault(one.cell, one)
        shown = await names.names_of(connection, [(job_id, one.first_id) for one in worst.values()])
    counts, begun = Counter[str](), Counter[int]()
    for one in found:
        counts[one.status] += one.items
        begun[one.cell] += one.items
    counts["pending"] += max(total - begun.total(), 0)
    number = min(MOST_CELLS, total)
    cells = []
    for cell in range(number):
        first, end = -(-cell * total // number), -(-(cell + 1) * total // number)
        own = worst.get(cell)
        name = None if own is None else shown[job_id, own.first_id]
        cells.append(_cell(own, name, first=first, items=end - first, begun=begun[cell]))
    return LoopSummary(total=total, counts={key: count for key, count in counts.items() if count}, cells=tuple(cells))


def _cell(worst: CellCount | None, name: str | None, *, first: int, items: int, begun: int) -> LoopCell:
    """A cell; items that have not begun, the last ones, are pending."""
    if worst is None or (begun < items and _WORST.index(worst.status) > _WORST.index("pending")):
        return LoopCell(first=first, items=items, status="pending", index=first + begun, step_name=None)
    return LoopCell(first=first, items=items, status=worst.status, index=worst.first, step_name=name)


async def _loop(request: web.Request, connection: Connection, job_id: uuid.UUID, step: str) -> _Loop:
    """The loop with this name. Raises NotFound if there is none, BadRequest for another step."""
    services = request.app[SERVICES]
    job = await jobs.get_job(connection, job_id)
    if job is None:
        raise NotFound(kind="Job", name=job_id)
    found = await services.names.find(connection, [(job_id, step)])
    row = await loop_items.step_at(connection, found[job_id, step]) if found else None
    if row is None:
        raise await services.names.missing(connection, job_id, step)
    plan = await services.plans.cached_jobs.plan(connection, job_id)
    if plan.node(row.node).kind != "loop":
        raise BadRequest(message=f"step {step!r} is no loop")
    return _Loop(job=job, plan=plan, row=row)


def _item(row: StepRow, name: str, redactor: Redactor) -> LoopItem:
    return LoopItem(
        step_name=name,
        index=row.item,
        value=redactor.value(row.value),
        status=row.status,
        error_message=redactor.optional(row.error),
        attempt=row.attempt,
        worker_id=row.worker_id,
        ready_at=row.ready_at,
        started_at=row.started_at,
        completed_at=row.completed_at,
    )


def _shows(row: StepRow, text: str, redactor: Redactor) -> bool:
    """Whether an item has the text in what is shown of it."""
    value, error = redactor.value(row.value), redactor.optional(row.error)
    written = orjson.dumps(value).decode()
    plain = value if isinstance(value, str) else written
    return any(text.lower() in shown.lower() for shown in (str(row.item), written, plain, error or ""))


def _key(text: str) -> tuple[int, int]:
    found = _KEY.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return int(found[1]), int(found[2])
