"""A poll of a source: claim, lease and lock around the work of its kind."""

import asyncio
import contextlib
import logging

from stroem.errors import StroemError
from stroem.reconciler.following.followed import F, FollowedKind, R
from stroem.store.batch_isolation import level_of, reason_of
from stroem.store.database import Database
from stroem.store.workspaces import followed as store
from stroem.store.workspaces.followed import FollowedRow

log = logging.getLogger(__name__)

_RENEW_SECS = store.LEASE_SECS / 3


async def poll_now(
    database: Database, kind: FollowedKind[F, R], followed: F, cause: str | None = None, by: str | None = None
) -> bool:
    """Polls a source whether it is due or not; True when the result is stored."""
    async with followed.lock:
        if followed.removed:
            return True
        return await _poll(database, kind, followed, await _take(database, kind, followed, cause, by))


async def poll_claimed(database: Database, kind: FollowedKind[F, R], followed: F, row: R) -> bool:
    """Polls a source that was claimed because it is due; True when the result is stored."""
    async with followed.lock:
        return followed.removed or await _poll(database, kind, followed, row)


async def _take(
    database: Database, kind: FollowedKind[F, R], followed: F, cause: str | None, by: str | None
) -> R | None:
    """Claims a source whether it is due or not; None while the database is away."""
    key = (kind.kind, followed.key)
    try:
        async with database.begin() as connection:
            if cause is not None:
                await store.ask(connection, [key], cause, by)
            row = await store.take(connection, key)
            found = await kind.read(connection, [row]) if row is not None else ()
            return found[0] if found else None
    except Exception as error:  # the poll goes on without a row, and reports the error
        log.log(level_of(error), "%s %s could not be claimed for a poll: %s", *key, reason_of(error))
        return None


async def _poll(database: Database, kind: FollowedKind[F, R], followed: F, row: R | None) -> bool:
    renewing = asyncio.create_task(_renew(database, row.schedule)) if row is not None else None
    try:
        return await kind.poll(followed, row)
    finally:
        if renewing is not None:
            renewing.cancel()


async def _renew(database: Database, row: FollowedRow) -> None:
    """Renews the lease of a source during a long poll."""
    while True:
        await asyncio.sleep(_RENEW_SECS)
        with contextlib.suppress(StroemError):
            async with database.begin() as connection:
                await store.renew_lease(connection, row)
