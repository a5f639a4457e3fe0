"""Libraries: their revision, users and problems."""

import datetime
from collections.abc import Iterable

import attrs
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.errors import NotFound
from stroem.reconciler.libraries.library import Library
from stroem.reconciler.workspaces.conditions import library_conditions
from stroem.records.condition import Condition
from stroem.records.problem import Problem
from stroem.records.release import Commit
from stroem.rights.reach import Reach
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.api.workspace_operations import Act
from stroem.server.http.actor import author_of
from stroem.server.keys import CATALOG, RECONCILER, REFRESH_COOLDOWN, SERVICES
from stroem.store.workspaces import libraries


@attrs.frozen(kw_only=True)
class LibraryUse:
    """A workspace that uses a library, and its name for it. `revision` is that in its current `release`, None for a
    workspace whose release does not have the library yet.
    """

    workspace: str
    name: str
    release: int | None
    revision: str | None


@attrs.frozen(kw_only=True)
class LibraryItem:
    """One library. `revision` is its last good one, with its `commit`; `error` says why a newer one,
    `observed_revision`, is not, and `problems` lists its mistakes. `failures` counts the failed polls in a row.
    `commit_url` is the page of the commit at the git host.
    """

    key: str
    origin: str
    source_type: str
    ref: str | None
    floats: bool
    revision: str | None
    observed_revision: str | None
    checked_at: datetime.datetime | None
    next_at: datetime.datetime | None
    failures: int
    conditions: tuple[Condition, ...]
    used_by: tuple[LibraryUse, ...]
    commit: Commit | None = attrs.field(default=None, metadata=ABSENT)
    commit_url: str | None = attrs.field(default=None, metadata=ABSENT)
    error: str | None = attrs.field(default=None, metadata=ABSENT)
    warnings: tuple[str, ...] | None = attrs.field(default=None, metadata=ABSENT)
    problems: tuple[Problem, ...] | None = attrs.field(default=None, metadata=ABSENT)


async def list_libraries(request: web.Request) -> tuple[LibraryItem, ...]:
    """The libraries that workspaces use."""
    items = await _items(request.app, list(request.app[RECONCILER].libraries))
    reach = reach_for(request, "workspace.read")
    seen = [attrs.evolve(one, used_by=_shown(one.used_by, reach)) for one in items]
    return tuple(sorted(seen, key=lambda item: (item.origin, item.ref or "", item.key)))


def _shown(uses: Iterable[LibraryUse], reach: Reach | None) -> tuple[LibraryUse, ...]:
    """The uses by workspaces of which the client may see something."""
    return tuple(one for one in uses if reach is None or reach.touches(one.workspace))


async def reconcile(request: web.Request, library: str, body: Act) -> LibraryItem:
    """Polls the source of a library and returns the library, at most once in five seconds."""
    found = request.app[RECONCILER].libraries.get_followed(library)
    if found is None:
        raise NotFound(kind="Library", name=library)
    shown = found.source.origin + (f" at {found.source.ref}" if found.source.ref else "")
    with request.app[REFRESH_COOLDOWN].acquire(shown, "Library"):
        await request.app[RECONCILER].libraries.reconcile(found, author_of(request, body.by))
    (item,) = await _items(request.app, [found])
    return item


async def _items(app: web.Application, some: list[Library]) -> list[LibraryItem]:
    """Libraries as the API shows them; those that were never polled are left out."""
    uses = _uses(app)
    async with app[SERVICES].database.read() as connection:
        rows = await libraries.list_libraries(connection, [library.key for library in some])
    return [
        _item(library, rows[library.key], tuple(uses.get(library.key, ()))) for library in some if library.key in rows
    ]


def _uses(app: web.Application) -> dict[str, list[LibraryUse]]:
    """The uses of libraries by key."""
    uses: dict[str, list[LibraryUse]] = {}
    for live in sorted(app[CATALOG].live(), key=lambda one: one.status.name):
        release = live.release
        revisions = {one.name: one.revision for one in release.libraries} if release else {}
        for name, key in live.status.libraries.items():
            use = LibraryUse(
                workspace=live.status.name,
                name=name,
                release=release.number if release and name in revisions else None,
                revision=revisions.get(name),
            )
            uses.setdefault(key, []).append(use)
    return uses


def _item(library: Library, row: libraries.LibraryRow, used_by: tuple[LibraryUse, ...]) -> LibraryItem:
    return LibraryItem(
        key=row.key,
        origin=row.origin,
        source_type=library.source.name,
        ref=row.ref,
        floats=row.floats,
        revision=row.revision,
        observed_revision=row.observed_revision,
        checked_at=row.schedule.checked_at,
        next_at=row.schedule.due_at,
        failures=row.failures,
        conditions=library_conditions(row),
        used_by=used_by,
        commit=row.commit,
        commit_url=library.source.page(row.revision) if row.revision else None,
        error=row.error,
        warnings=row.warnings or None,
        problems=row.problems or None,
    )
