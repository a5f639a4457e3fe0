"""Stored state of sources that are no workspaces: libraries, and the set of workspaces."""

import logging

import attrs

from stroem.definitions.backoff import next_delay, random_share
from stroem.interfaces.source import SourceRejected, SourceUnavailable
from stroem.reconciler.following.dependencies import Dependencies
from stroem.store import blob_garbage
from stroem.store.batch_isolation import level_of
from stroem.store.workspaces import libraries
from stroem.store.workspaces.libraries import LibraryRow

log = logging.getLogger(__name__)


def failed(before: LibraryRow, error: Exception) -> LibraryRow:
    """The row after a failed poll: the good state stays. Logs errors that are no fault of the source."""
    if isinstance(error, SourceUnavailable):
        said = str(error)
    else:
        level = level_of(error, logging.ERROR)
        log.log(level, "%s %s could not be polled", before.schedule.kind, before.origin, exc_info=error)
        said = f"{type(error).__name__} (see the server's log)"
    row = attrs.evolve(before, error=said, problems=(), failures=before.failures + 1)
    return attrs.evolve(row, observed_revision=error.revision) if isinstance(error, SourceRejected) else row


async def store_state(before: LibraryRow, row: LibraryRow, interval: float, deps: Dependencies) -> LibraryRow:
    """Writes the result of a poll if it differs or was requested; the row as it is then.

    Files that only the former state had become candidates for removal.
    """
    if row == before and before.schedule.cause is None:
        return row
    async with deps.database.begin() as connection:
        stored = await libraries.report_library(connection, row, next_delay(row.failures, interval, random_share))
        if before.manifest is not None and before.manifest != row.manifest:
            await blob_garbage.drop_manifests(connection, [(before.manifest, row.manifest)])
    return stored
