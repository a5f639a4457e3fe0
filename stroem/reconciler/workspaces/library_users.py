"""The workspaces that use a library, and what they do when it changes."""

import logging
from collections.abc import Sequence

from stroem.reconciler.following.dependencies import Dependencies
from stroem.reconciler.following.requests import PollRequests
from stroem.reconciler.libraries.library import Library
from stroem.reconciler.workspaces.status_writer import library_event
from stroem.reconciler.workspaces.workspaces import Workspaces
from stroem.records.event import NewEvent
from stroem.store.batch_isolation import isolate

log = logging.getLogger(__name__)


class LibraryUsers:
    """Which libraries are used, and the polls of their users."""

    def __init__(self, deps: Dependencies, workspaces: Workspaces, requests: PollRequests) -> None:
        self._deps = deps
        self._workspaces = workspaces
        self._requests = requests

    def keys(self) -> set[str]:
        """The keys of all libraries that workspaces use."""
        return {key for one in self._workspaces for key in one.library_keys.values()}

    async def changed(self, library: Library) -> None:
        """Records an event of a library that has another state, and requests polls of its users."""
        users = [one.name for one in self._workspaces if library.key in one.library_keys.values()]
        if library.row is None:
            return
        try:
            await record_each(self._deps, [library_event(library.row, users)])
        finally:
            for name in users:
                self._requests.add(("workspace", name), "library")


async def record_each(deps: Dependencies, events: Sequence[NewEvent]) -> None:
    """Records events; one that the database refuses is logged and passed over."""

    async def record(some: Sequence[NewEvent]) -> None:
        async with deps.database.begin() as connection:
            await deps.record(connection, some)

    await isolate(events, record, _pass_over)


async def _pass_over(event: NewEvent, error: Exception) -> None:
    log.error("the event %s of %s cannot be recorded", event.kind, event.workspace or event.library, exc_info=error)
