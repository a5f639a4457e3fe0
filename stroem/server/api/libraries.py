"""Libraries: their revision, users and problems."""

import datetime

import attrs
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.reconciler.workspaces.conditions import library_conditions
from stroem.records.condition import Condition
from stroem.records.problem import Problem
from stroem.records.release import Commit
from stroem.server.keys import CATALOG, RECONCILER, SERVICES
from stroem.store.workspaces import libraries


@attrs.frozen(kw_only=True)
class LibraryUse:
    """A workspace that uses a library, and its name for it."""

    workspace: str
    name: str


@attrs.frozen(kw_only=True)
class LibraryItem:
    """One library. `revision` is its last good one, which its users have; `error` says why a newer one,
    `observed_revision`, is not, and `problems` lists its mistakes.
    """

    key: str
    origin: str
    ref: str | None
    floats: bool
    revision: str | None
    observed_revision: str | None
    checked_at: datetime.datetime | None
    next_at: datetime.datetime | None
    conditions: tuple[Condition, ...]
    used_by: tuple[LibraryUse, ...]
    commit: Commit | None = attrs.field(default=None, metadata=ABSENT)
    error: str | None = attrs.field(default=None, metadata=ABSENT)
    warnings: tuple[str, ...] | None = attrs.field(default=None, metadata=ABSENT)
    problems: tuple[Problem, ...] | None = attrs.field(default=None, metadata=ABSENT)


async def list_libraries(request: web.Request) -> tuple[LibraryItem, ...]:
    """The libraries that workspaces use."""
    uses: dict[str, list[LibraryUse]] = {}
    for status in request.app[CATALOG].workspaces():
        for name, key in status.libraries.items():
            uses.setdefault(key, []).append(LibraryUse(workspace=status.name, name=name))
    keys = request.app[RECONCILER].libraries.keys
    async with request.app[SERVICES].database.read() as connection:
        rows = await libraries.list_libraries(connection, keys)
    items = (_item(row, tuple(uses.get(row.key, ()))) for row in rows.values())
    return tuple(sorted(items, key=lambda item: (item.origin, item.ref or "", item.key)))


def _item(row: libraries.LibraryRow, used_by: tuple[LibraryUse, ...]) -> LibraryItem:
    return LibraryItem(
        key=row.key,
        origin=row.origin,
        ref=row.ref,
        floats=row.floats,
        revision=row.revision,
        observed_revision=row.observed_revision,
        checked_at=row.schedule.checked_at,
        next_at=row.schedule.due_at,
        conditions=library_conditions(row),
        used_by=used_by,
        commit=row.commit,
        error=row.error,
        warnings=row.warnings or None,
        problems=row.problems or None,
    )
