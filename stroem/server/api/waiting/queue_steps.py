"""The steps and jobs that wait now, one by one."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal

import attrs
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.definitions.amounts import Amounts, shown
from stroem.engine.values.state import APPROVAL, PAUSE, PLACEMENT, RETRY, SIGNAL, SLOT, TIMER
from stroem.errors import BadRequest
from stroem.rights.reach import Reach
from stroem.server.api.jobs.page_redactors import redactors_of
from stroem.server.api.jobs.readable import names_in
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.api.waiting.blockers import Blocker, Kind, Lines, masked, slot_blocker
from stroem.server.api.waiting.reasons import held_reason, lack, waiting_reason
from stroem.server.http.cursors import read_cursor, read_time, write_cursor
from stroem.server.http.paging import clamp, page_items
from stroem.server.keys import SERVICES, SETTINGS
from stroem.store.jobs import needs
from stroem.store.jobs.needs import WorkerOffer
from stroem.store.jobs.summaries import queue_steps
from stroem.store.jobs.summaries.queue_steps import Position, QueuedStep
from stroem.store.limits import lines
from stroem.store.limits.slots import Owner
from stroem.store.statement import Connection

Held = Literal["slot", "approval", "timer", "signal", "retry", "pause", "placement"]
_KINDS: Mapping[str, Kind] = {
    APPROVAL: "approval", TIMER: "timer", RETRY: "retry", PAUSE: "pause", PLACEMENT: "placement",
}  # fmt: skip
_STARTS = {None: queue_steps.READY_START, "slot": queue_steps.LINE_START}
_INT16, _INT32, _INT64 = 2**15, 2**31, 2**63


@attrs.frozen(kw_only=True)
class QueueStepsQuery:
    """Ready steps, or with `held` those that something else holds; a page of `limit`, behind the `cursor`.

    `ability`, `tags`, separated by commas, and `resources`, such as `cpu=2,license=1`, are those of a group of the
    queue, exactly; they exclude `held`.
    """

    held: Held | None = None
    ability: str | None = None
    tags: str | None = None
    resources: str | None = None
    limit: int = 50
    cursor: str = ""


@attrs.frozen(kw_only=True)
class QueueStep:
    """A step that waits, with its `blocker`. `step_name` is null for a job that waits before it begins."""

    job_id: uuid.UUID
    workspace: str
    task_name: str
    step_name: str | None
    since: datetime.datetime | None
    priority: int
    blocker: Blocker


@attrs.frozen(kw_only=True)
class QueueSteps:
    """A page of the queue, in its order. `next_cursor` is absent from the last page."""

    items: tuple[QueueStep, ...]
    next_cursor: str | None = attrs.field(default=None, metadata=ABSENT)


async def list_steps(request: web.Request, query: QueueStepsQuery) -> QueueSteps:
    """Steps that wait, with what each of them waits for."""
    app = request.app
    if query.held is not None and (query.ability, query.tags, query.resources) != (None, None, None):
        raise BadRequest(message="ability, tags and resources exclude held")
    limit = clamp(query.limit, 1, page_items(request))
    after = _position(query)
    fails_after = app[SETTINGS].recovery.unmatched_step_timeout_secs
    reach, readable = reach_for(request, "queue.read"), reach_for(request, "job.read")

    async def read() -> QueueSteps:
        async with app[SERVICES].database.read() as connection:
            rows = await _rows(connection, query, after, limit + 1, reach)
            shown = rows[:limit]
            known = await _lines(app, connection, shown)
            offers = await needs.active_offers(connection) if query.held is None else ()
            blockers = [_blocker(row, known, offers, fails_after) for row in shown]
            named = {row.job_id for row, one in zip(shown, blockers, strict=True) if one.limit or one.name}
            redactors = await redactors_of(app, connection, {row.job_id: row.workspace for row in shown}, named)
        items = [
            _item(row, known, masked(one, redactors[row.job_id], readable))
            for row, one in zip(shown, blockers, strict=True)
        ]
        return QueueSteps(
            items=tuple(items), next_cursor=write_cursor(*shown[-1].position) if len(rows) > limit else None
        )

    return await app[SERVICES].plans.run(read)


async def _rows(
    connection: Connection, query: QueueStepsQuery, after: Position, limit: int, reach: Reach | None
) -> list[QueuedStep]:
    if query.held == "slot":
        return await queue_steps.slot_lines(connection, after=after, limit=limit, reach=reach)
    if query.held is not None:
        kind = PLACEMENT if query.held == "placement" else query.held
        return await queue_steps.held_steps(connection, kind, after=after, limit=limit, reach=reach)
    tags = None if query.tags is None else tuple(sorted({tag for tag in query.tags.split(",") if tag}))
    found = [
        number
        for need, number in (await needs.list_needs(connection)).items()
        if query.ability in (None, need.ability)
        and tags in (None, need.tags)
        and query.resources in (None, _as_parameter(need.resources))
    ]
    return await queue_steps.ready_steps(connection, found, after=after, limit=limit, reach=reach)


def _as_parameter(amounts: Amounts) -> str:
    return ",".join(f"{name}={amount}" for name, amount in shown(amounts).items())


async def _lines(app: web.Application, connection: Connection, rows: Sequence[QueuedStep]) -> Lines:
    keys = {row.waits_for.removeprefix(SLOT) for row in rows if row.waits_for and row.waits_for.startswith(SLOT)}
    owners: list[Owner] = [(row.job_id, row.step) for row in rows] if keys else []
    states = await lines.states_of(connection, keys)
    others = {(one.job_id, one.step) for state in states.values() for one in state.holders if one.step}
    named = [*{*others, *((row.job_id, row.step) for row in rows if row.step)}]
    await app[SERVICES].plans.cached_jobs.get(connection, [*{job_id for job_id, _ in named}])
    return Lines(
        names=await names_in(app, connection, named),
        states=states,
        ahead=await lines.ahead_of(connection, owners) if owners else {},
    )


def _blocker(row: QueuedStep, known: Lines, offers: Sequence[WorkerOffer], fails_after: int) -> Blocker:
    name = known.names.get((row.job_id, row.step))
    if row.status == "ready":
        lacking = lack(row.need, offers, row.workspace) is not None
        text = waiting_reason(row.need, offers, fails_after, row.workspace)
        text = "Waiting for the worker on which the job stays" if row.is_placed and not lacking else text
        kind: Kind = "worker" if lacking else "queue"
        return Blocker(
            step=name,
            kind=kind,
            text=text,
            since=row.since,
            ability=row.need.ability,
            tags=row.need.tags,
            resources=shown(row.need.resources),
        )
    waits_for = row.waits_for or ""
    if waits_for.startswith(SLOT):
        found = slot_blocker(known, (row.job_id, row.step), waits_for, name)
        return attrs.evolve(found, since=row.since, ahead=())
    text = held_reason(row.status, row.waits_for, row.until) or "Waiting"
    if waits_for.startswith(SIGNAL):
        signal = waits_for.removeprefix(SIGNAL)
        return Blocker(step=name, kind="signal", text=text, since=row.since, until=row.until, name=signal)
    return Blocker(step=name, kind=_KINDS.get(waits_for, "other"), text=text, since=row.since, until=row.until)


def _item(row: QueuedStep, known: Lines, blocker: Blocker) -> QueueStep:
    return QueueStep(
        job_id=row.job_id,
        workspace=row.workspace,
        task_name=row.task,
        step_name=known.names.get((row.job_id, row.step)),
        since=row.since,
        priority=row.priority,
        blocker=blocker,
    )


def _position(query: QueueStepsQuery) -> Position:
    if not query.cursor:
        return _STARTS.get(query.held, queue_steps.HELD_START)
    return read_cursor(query.cursor, partial(_read, query.held))


def _read(held: Held | None, text: str) -> Position:
    """The position in a text. Raises ValueError."""
    if held is None:
        turn, rank, at, job, step = text.split("\n")
        return _int(turn, _INT16), _int(rank, _INT64), read_time(at), uuid.UUID(job), _int(step, _INT32)
    first, second, third = text.rsplit("\n", 2)
    if "\0" in first:
        raise ValueError(first)
    if held == "slot":
        return first, _int(second, _INT16), _int(third, _INT64)
    return first, uuid.UUID(second), _int(third, _INT32)


def _int(text: str, most: int) -> int:
    number = int(text[:20])
    if not -most <= number < most:
        raise ValueError(text)
    return number
