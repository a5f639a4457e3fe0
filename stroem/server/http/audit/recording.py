"""The audit row of a request."""

import contextlib
from collections.abc import Awaitable, Iterator, Mapping
from typing import Any, TypeVar

import attrs
from aiohttp import web

from stroem.definitions.values import Json
from stroem.errors import StroemError
from stroem.orchestrator.audit.recorder import AuditRecorder
from stroem.records.audit_row import ActorKind, NewAuditRow, Outcome
from stroem.server.http.actor import principal_of
from stroem.server.http.client_address import client_address
from stroem.server.http.request_id import request_id
from stroem.store.audit.rows import RowWithCommit
from stroem.store.statement import WITH_COMMIT

T = TypeVar("T")

AUDIT = web.AppKey("audit", AuditRecorder)


class Recording:
    """The audit row of one request: recorded with its first change, else at its end, once.

    A request that is refused after it has changed something has two rows.
    """

    def __init__(self, request: web.Request, row: NewAuditRow) -> None:
        self._request = request
        self._row = row
        self._is_ended = False
        self.is_left_out = False
        self.with_commit = RowWithCommit(self.row)

    def note(self, **facts: Any) -> None:
        """Sets facts of the row, before the change is committed."""
        self._row = attrs.evolve(self._row, **facts)

    def row(self, outcome: Outcome = "ok", status: int | None = None, reason: str | None = None) -> NewAuditRow:
        """The row as it is now."""
        row = self._row
        if row.actor_kind == "anonymous" and row.actor == "anonymous":
            principal = principal_of(self._request)
            key = None if principal.key is None else principal.key.prefix
            row = attrs.evolve(row, actor_kind=principal.kind, actor=principal.name, key=key)
        after = row.after
        if self.with_commit.jobs:
            after = {**(after or {}), "started": [str(job) for job in self.with_commit.jobs]}
        return attrs.evolve(row, outcome=outcome, status=status, reason=reason, after=after)

    async def end(self, status: int, reason: str | None = None) -> None:
        """Records the request, unless its change has done so; later calls do nothing."""
        if status >= 400:
            self.refuse(status, reason)
        if self._is_ended:
            return
        self._is_ended = True
        self.with_commit.is_open = False
        if not self.is_left_out and not self.with_commit.is_recorded:
            await self._request.app[AUDIT].add(self.row("ok", status))

    def drop(self) -> None:
        """Records nothing; later calls do nothing."""
        self._is_ended = True
        self.with_commit.is_open = False

    def refuse(self, status: int, reason: str | None) -> None:
        """Records that the request is refused or fails, whatever its answer is; later calls do nothing."""
        if self._is_ended:
            return
        self._is_ended = True
        self.with_commit.is_open = False
        self._request.app[AUDIT].refuse(self.row("failed" if status >= 500 else "refused", status, reason))


RECORDING = web.RequestKey("recording", Recording)


async def recorded(request: web.Request, work: Awaitable[T], status: int) -> T:
    """The result of a handler; the end of its request is recorded, also when its client has gone."""
    recording = request.get(RECORDING)
    if recording is None:
        return await work
    try:
        result = await work
    except (StroemError, web.HTTPException) as error:
        await recording.end(error.status, str(error))
        raise
    except Exception:
        await recording.end(500)
        raise
    await recording.end(result.status if isinstance(result, web.StreamResponse) else status)
    return result


def note(
    request: web.Request,
    *,
    before: Mapping[str, Json] | None = None,
    after: Mapping[str, Json] | None = None,
    object: tuple[str, str] | None = None,
    actor: tuple[ActorKind, str] | None = None,
) -> None:
    """Adds facts to the audit row of a request: chosen ones, without secrets, before its change is committed.

    `object` is a kind and a name, `actor` one that is no principal.
    """
    if RECORDING not in request:
        return
    facts: dict[str, Any] = {"before": before, "after": after}
    if object is not None:
        facts["object_kind"], facts["object"] = object
    if actor is not None:
        facts["actor_kind"], facts["actor"] = actor
    request[RECORDING].note(**{name: value for name, value in facts.items() if value is not None})


def note_refusal(request: web.Request, status: int, reason: str) -> None:
    """Records a request as refused or failed whose answer does not say so, such as a redirect to a page that does."""
    if RECORDING in request:
        request[RECORDING].refuse(status, reason)


def forget(request: web.Request) -> None:
    """Keeps a request out of the audit log, also if it is refused: one that is part of another that is recorded."""
    if RECORDING in request:
        request[RECORDING].drop()


def leave_out(request: web.Request) -> None:
    """Keeps a request that turned out to change nothing out of the audit log."""
    if RECORDING in request:
        request[RECORDING].is_left_out = True
        request[RECORDING].with_commit.is_open = False


async def record(
    request: web.Request,
    verb: str,
    *,
    outcome: Outcome = "ok",
    status: int | None = None,
    reason: str | None = None,
    object: tuple[str, str] | None = None,
    workspace: str | None = None,
    actor: tuple[ActorKind, str] | None = None,
) -> None:
    """Records an act of a request beside its own row, such as the use of a secret by a request that only reads.

    Refused and failed ones are recorded within a second, and counted when there are many of one client.
    """
    principal = principal_of(request)
    kind, name = actor or (principal.kind, principal.name)
    object_kind, object_name = object or (None, None)
    row = NewAuditRow(
        actor_kind=kind,
        actor=name,
        key=None if principal.key is None else principal.key.prefix,
        verb=verb,
        outcome=outcome,
        status=status,
        reason=reason,
        workspace=workspace,
        object_kind=object_kind,
        object=object_name,
        address=client_address(request).text,
        request_id=request_id(request),
    )
    recorder = request.app[AUDIT]
    if outcome == "ok":
        await recorder.add(row)
    else:
        recorder.refuse(row)


@contextlib.contextmanager
def recording_of(request: web.Request, row: NewAuditRow) -> Iterator[Recording]:
    """The recording of a request for the duration of the context."""
    recording = Recording(request, row)
    request[RECORDING] = recording
    token = WITH_COMMIT.set(recording.with_commit)
    try:
        yield recording
    finally:
        WITH_COMMIT.reset(token)
