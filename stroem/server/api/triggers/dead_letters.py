"""Dead letters of event sources: events that could not start a job."""

import datetime
from collections.abc import Collection
from typing import Annotated

import attrs
from aiohttp import web

from stroem.conversion.constraints import Range
from stroem.conversion.unstructure import ABSENT
from stroem.definitions.values import Json
from stroem.errors import BadRequest, NotFound
from stroem.interfaces.triggers.consumer_trigger import ConsumerTrigger
from stroem.records.event import NewEvent
from stroem.server.api.lookup import loaded_workspace
from stroem.server.api.triggers.triggers import checked_trigger
from stroem.server.api.workspace_operations import Act
from stroem.server.http.actor import actor_of, author_of
from stroem.server.http.paging import Paging
from stroem.server.keys import RECONCILER, SERVICES
from stroem.store.triggers import dead_letters
from stroem.store.triggers.dead_letters import LetterRow

LetterId = Annotated[int, Range(at_least=1, at_most=2**63 - 1)]


@attrs.frozen(kw_only=True)
class DeadLetter:
    """An event that could not start a job, for the `reason`.

    `key` is its id, or its place in the output of its consumer. One that could not be read has no `data`, but the start
    of its `text`. `is_masked`: it had secrets in it, which are not stored, so that it cannot be tried again.
    """

    id: int
    at: datetime.datetime
    key: str
    reason: str
    data: Json = None
    text: str = attrs.field(default="", metadata=ABSENT)
    size: int
    is_masked: bool
    retries: int


@attrs.frozen(kw_only=True)
class DeadLetters:
    """A page of dead letters, newest first, and the number of all."""

    items: tuple[DeadLetter, ...]
    total: int


@attrs.frozen(kw_only=True)
class Choice(Act):
    """Dead letters by their ids; without `ids`, all of the trigger."""

    ids: tuple[LetterId, ...] | None = None


@attrs.frozen(kw_only=True)
class RetriedLetters:
    """Numbers of events that have jobs now, or need none, and of those that failed again; the first `reason`.

    `reasons` has all of them, each with its number of events.
    """

    settled: int
    failed: int
    reason: str | None
    reasons: dict[str, int]


@attrs.frozen(kw_only=True)
class DroppedLetters:
    """The number of dropped dead letters."""

    dropped: int


async def list_letters(request: web.Request, workspace: str, trigger: str, query: Paging) -> DeadLetters:
    """The dead letters of a trigger, newest first."""
    await _check(request, workspace, trigger)
    limit, offset = query.clamped(request)
    async with request.app[SERVICES].database.read() as connection:
        rows = await dead_letters.listed(connection, workspace, trigger, limit, offset)
        total = await dead_letters.count(connection, workspace, trigger)
    return DeadLetters(items=tuple(map(_letter, rows)), total=total)


async def retry(request: web.Request, workspace: str, trigger: str, body: Choice) -> RetriedLetters:
    """Fires the trigger for dead letters again, the oldest first. Those that fail again stay."""
    await _check(request, workspace, trigger, body.ids)
    by = author_of(request, body.by) or actor_of(request)
    retried = await request.app[SERVICES].triggers.consumers.letters.retry(workspace, trigger, body.ids, by)
    await _record(request, workspace, f"{retried.settled} dead letters of trigger {trigger!r} are tried again", by)
    return RetriedLetters(
        settled=retried.settled,
        failed=retried.failed,
        reason=next(iter(retried.failures), None),
        reasons=dict(retried.failures),
    )


async def drop(request: web.Request, workspace: str, trigger: str, body: Choice) -> DroppedLetters:
    """Drops dead letters."""
    await _check(request, workspace, trigger, body.ids)
    by = author_of(request, body.by) or actor_of(request)
    dropped = await request.app[SERVICES].triggers.consumers.letters.drop(workspace, trigger, body.ids)
    await _record(request, workspace, f"{dropped} dead letters of trigger {trigger!r} are dropped", by)
    return DroppedLetters(dropped=dropped)


async def _check(request: web.Request, workspace: str, trigger: str, ids: Collection[int] | None = None) -> None:
    """Checks that a trigger may have dead letters, or had some before it was removed, and that it has those ids.

    Raises NotFound, BadRequest, Unavailable.
    """
    loaded_workspace(request.app, workspace)
    async with request.app[SERVICES].database.read() as connection:
        total = await dead_letters.count(connection, workspace, trigger)
        absent = await dead_letters.missing_ids(connection, workspace, trigger, ids) if ids else []
    if not total:
        _, definitions = checked_trigger(request, workspace, trigger)
        found = definitions.triggers[trigger]
        if not isinstance(found.options, ConsumerTrigger):
            message = f"Trigger {trigger!r} is of type {found.type}; only event sources have dead letters"
            raise BadRequest(message=message)
    if absent:
        told = ", ".join(str(one) for one in absent)
        raise NotFound(kind="Dead letter", name=told, hint=f"Nothing was changed of trigger {trigger!r}.")


async def _record(request: web.Request, workspace: str, message: str, by: str | None) -> None:
    event = NewEvent(kind="trigger_fired", workspace=workspace, message=message, by=by, cause="person")
    async with request.app[SERVICES].database.begin() as connection:
        await request.app[RECONCILER].deps.record(connection, [event])


def _letter(row: LetterRow) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        at=row.at,
        key=row.key,
        reason=row.reason,
        data=row.data,
        text=row.text,
        size=row.size,
        is_masked=row.is_masked,
        retries=row.retries,
    )
