"""Snapshots of state as the API shows them, without secrets."""

import datetime
import uuid
from typing import Any

import attrs
from aiohttp import web

from stroem.definitions.values import Json
from stroem.errors import NotFound
from stroem.orchestrator.state.comparison import Differences, ValueChange, differences
from stroem.redaction.definition_secrets import Secrets
from stroem.redaction.redactor import Redactor, Withholder
from stroem.server.keys import CATALOG, SERVICES
from stroem.store.state import snapshots
from stroem.store.state.scopes import StateScope
from stroem.store.state.snapshots import SnapshotRow


@attrs.frozen(kw_only=True)
class SnapshotItem:
    """A snapshot. `number` counts the snapshots of a task or workspace; the greatest one is the current state.

    `conflict` is true if the step that wrote it had not read the one before.
    """

    snapshot_id: uuid.UUID
    number: int
    job_id: uuid.UUID
    step_name: str | None
    made_by: str | None
    size_bytes: int
    sha256: str
    has_json: bool
    conflict: bool
    created_at: datetime.datetime


@attrs.frozen(kw_only=True)
class SnapshotFile:
    """A file of a snapshot, or a symbolic link with its target."""

    path: str
    size_bytes: int
    sha256: str
    link: str | None


@attrs.frozen(kw_only=True)
class SnapshotDetail(SnapshotItem):
    """A snapshot with its files, and the object in its state.json without secrets."""

    json: Json
    files: tuple[SnapshotFile, ...]


@attrs.frozen(kw_only=True)
class SnapshotsAnswer:
    """The kept snapshots, newest first."""

    items: tuple[SnapshotItem, ...]


@attrs.frozen(kw_only=True)
class SnapshotComparison(Differences):
    """The changes between the snapshots `old` and `new`. Secrets in values are masked."""

    old: int
    new: int


async def listed(request: web.Request, scope: StateScope) -> SnapshotsAnswer:
    """All kept snapshots."""
    async with request.app[SERVICES].database.read() as connection:
        rows = await snapshots.list_snapshots(connection, scope)
    return SnapshotsAnswer(items=tuple(SnapshotItem(**_fields(row)) for row in rows))


async def found(request: web.Request, scope: StateScope, number: int) -> SnapshotRow:
    """A snapshot by its number. Raises `NotFound`."""
    async with request.app[SERVICES].database.read() as connection:
        row = await snapshots.get_snapshot(connection, scope, number)
    if row is None:
        raise NotFound(kind="Snapshot", name=number, hint="Only the latest snapshots are kept; list them.")
    return row


async def detail(request: web.Request, scope: StateScope, number: int) -> SnapshotDetail:
    """A snapshot with its content. Raises `NotFound`."""
    row = await found(request, scope, number)
    contents = await request.app[SERVICES].snapshots.contents.contents(row.blob)
    files = tuple(
        SnapshotFile(path=path, size_bytes=one.size, sha256=one.sha256, link=one.link)
        for path, one in sorted(contents.files.items())
    )
    document: Json = contents.document
    for redactor in await _redactors(request, scope, row):
        document = redactor.value(document)
    return SnapshotDetail(**_fields(row), json=document, files=files)


async def comparison(request: web.Request, scope: StateScope, old: int, new: int) -> SnapshotComparison:
    """The changes between two snapshots. Raises `NotFound`."""
    rows = [await found(request, scope, number) for number in (old, new)]
    contents = request.app[SERVICES].snapshots.contents
    changes = differences(*[await contents.contents(row.blob) for row in rows])
    redactors = [one for row in rows for one in await _redactors(request, scope, row)]
    values = tuple(_masked(change, redactors) for change in changes.values)
    return SnapshotComparison(old=old, new=new, values=values, files=changes.files)


def _masked(change: ValueChange, redactors: list[Redactor]) -> ValueChange:
    for redactor in redactors:
        change = attrs.evolve(change, old=redactor.value(change.old), new=redactor.value(change.new))
    return change


async def _redactors(request: web.Request, scope: StateScope, row: SnapshotRow) -> list[Redactor]:
    """Redactors of the secrets of the workspace, and of those of the job that wrote the snapshot."""
    workspace = request.app[CATALOG].get(scope.workspace)
    definitions = workspace.definitions if workspace is not None else None
    own = Withholder() if definitions is None else Secrets(sides=(definitions,)).redactor
    services = request.app[SERVICES]

    async def of_job() -> list[Redactor]:
        async with services.database.read() as connection:
            jobs = await services.plans.of(connection, [row.job_id])
            return [job.redactor for job in jobs.values()]

    return [own, *await services.plans.run(of_job)]


def _fields(row: SnapshotRow) -> dict[str, Any]:
    fields = attrs.asdict(row)
    fields["snapshot_id"], fields["sha256"] = fields.pop("id"), fields.pop("blob")
    return {name: fields[name] for name in attrs.fields_dict(SnapshotItem)}
