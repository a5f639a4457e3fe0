"""Garbage collection of blobs: candidates for deletion, and references to them."""

import datetime
from collections.abc import AsyncIterator, Collection, Iterable, Sequence

import attrs

from stroem.store.database import Database
from stroem.store.statement import Connection, execute, fetch

_ROOTS = 500
_ROWS = 5000
_LATER = "date_trunc('day', now()) + interval '2 days'"
"""Due time: a day away at least, the same instant for all of a day, so that references are read once for them."""

_ADD = f"""
    INSERT INTO blob_candidates (digest, due_at)
    SELECT DISTINCT digest, {_LATER} FROM unnest(%s::text[]) AS digest ORDER BY digest
    ON CONFLICT (digest) DO UPDATE SET due_at = greatest(blob_candidates.due_at, excluded.due_at)
    """  # noqa: S608 - one constant in another
_RESERVE = f"""
    UPDATE blob_candidates SET due_at = greatest(due_at, {_LATER})
    WHERE digest IN (SELECT digest FROM blob_candidates WHERE digest = ANY(%s) ORDER BY digest FOR UPDATE)
    """  # noqa: S608 - one constant in another
_TAKE = """
    UPDATE blob_candidates SET due_at = now() + make_interval(secs => %s)
    WHERE digest IN (
        SELECT digest FROM blob_candidates WHERE due_at <= now() ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED
    )
    RETURNING digest, due_at
    """
_SETTLE = "DELETE FROM blob_candidates WHERE digest = ANY(%s) AND due_at = %s"
_HOLD = "SELECT digest FROM blob_candidates WHERE digest = ANY(%s) AND due_at = %s FOR UPDATE SKIP LOCKED"
# The update waits for a transaction that has locked the manifest, and may be about to remove it as still needed.
_DROP = """
    INSERT INTO dropped_manifests (manifest, neighbour)
    SELECT * FROM unnest(%s::text[], %s::text[]) AS dropped (manifest, neighbour) ORDER BY manifest
    ON CONFLICT (manifest) DO UPDATE SET neighbour = excluded.neighbour
    """
_NEXT_DROPPED = """
    SELECT manifest, neighbour, EXISTS (SELECT FROM releases WHERE releases.manifest = dropped_manifests.manifest)
    FROM dropped_manifests ORDER BY manifest LIMIT 1 OFFSET %s FOR UPDATE OF dropped_manifests SKIP LOCKED
    """
_RELEASED = "SELECT DISTINCT manifest FROM releases WHERE manifest > %s ORDER BY manifest LIMIT %s"
_OTHERS = """
    SELECT manifest FROM libraries WHERE manifest IS NOT NULL
    UNION SELECT files FROM jobs WHERE status IN ('pending', 'running') AND files IS NOT NULL
    """
_EXPECTED = """
    SELECT DISTINCT state ->> 'manifest' FROM workspaces, unnest(ARRAY[observed, waiting, approved]) AS state
    WHERE state ->> 'manifest' IS NOT NULL
    """
_IN_ROWS = """
    SELECT tarball FROM releases WHERE tarball = ANY(%(digests)s)
    UNION SELECT blob FROM log_segments WHERE blob = ANY(%(digests)s)
    UNION SELECT blob FROM state_snapshots WHERE blob = ANY(%(digests)s)
    UNION SELECT blob FROM artifacts WHERE blob = ANY(%(digests)s)
    UNION SELECT digest FROM large_outputs WHERE digest = ANY(%(digests)s) AND NOT secret
    """


@attrs.frozen(kw_only=True)
class DroppedManifest:
    """A deleted manifest. Blobs it shares with `neighbour` are skipped: they are checked when that manifest is deleted.

    `needed` is true if a release has the manifest after all.
    """

    manifest: str
    neighbour: str | None
    needed: bool


async def reserve(database: Database, digests: Sequence[str]) -> None:
    """Protects blobs from deletion for a day: time to store and reference them.

    Waits for running deletions. Must be called before checking that the blobs exist.
    """
    async with database.read() as connection:
        await execute(connection, _RESERVE, (list(digests),))


async def add(connection: Connection, digests: Collection[str]) -> None:
    """Adds candidates, due in a day or two."""
    ordered = sorted(digests)
    for start in range(0, len(ordered), _ROWS):
        await execute(connection, _ADD, (ordered[start : start + _ROWS],))


async def drop_manifests(connection: Connection, dropped: Iterable[tuple[str, str | None]]) -> None:
    """Records deleted manifests, each with a similar manifest that is kept, if any."""
    rows = list(dropped)
    await execute(connection, _DROP, ([row[0] for row in rows], [row[1] for row in rows]))


async def next_dropped(connection: Connection, skip: int = 0) -> DroppedManifest | None:
    """Locks the first deleted manifest after `skip` that no other transaction has locked."""
    rows = await fetch(connection, _NEXT_DROPPED, (skip,))
    return DroppedManifest(manifest=rows[0][0], neighbour=rows[0][1], needed=rows[0][2]) if rows else None


async def finish_dropped(connection: Connection, manifest: str) -> None:
    """Removes a deleted manifest whose blobs were added as candidates."""
    await execute(connection, "DELETE FROM dropped_manifests WHERE manifest = %s", (manifest,))


async def take_due(connection: Connection, limit: int, lease_secs: int) -> tuple[list[str], datetime.datetime | None]:
    """Leases up to `limit` due candidates; returns them and the end of the lease."""
    rows = await fetch(connection, _TAKE, (lease_secs, limit))
    return [row[0] for row in rows], rows[0][1] if rows else None


async def settle(connection: Connection, digests: Collection[str], lease: datetime.datetime) -> None:
    """Removes the candidates whose lease is still ours."""
    await execute(connection, _SETTLE, (list(digests), lease))


async def hold(connection: Connection, digests: Collection[str], lease: datetime.datetime) -> list[str]:
    """Locks the candidates that nobody reserved since the lease began; they may be deleted in this transaction."""
    return [row[0] for row in await fetch(connection, _HOLD, (list(digests), lease))]


async def needed_manifests(connection: Connection) -> AsyncIterator[list[str]]:
    """Manifests of releases, live jobs and libraries, in batches."""
    last = ""
    while rows := await fetch(connection, _RELEASED, (last, _ROOTS)):
        yield [row[0] for row in rows]
        last = rows[-1][0]
    yield [row[0] for row in await fetch(connection, _OTHERS)]


async def expected_manifests(connection: Connection) -> list[str]:
    """Manifests of the next releases of workspaces. They need not be stored yet."""
    return [row[0] for row in await fetch(connection, _EXPECTED)]


async def needed_by_rows(connection: Connection, digests: Collection[str]) -> set[str]:
    """The blobs that rows reference: tarballs, sealed logs, snapshots of state, artifacts, large outputs."""
    return {row[0] for row in await fetch(connection, _IN_ROWS, {"digests": list(digests)})}


async def secs_to_next_due(connection: Connection, at_most: float) -> float:
    """Seconds until a candidate is due, at most `at_most`."""
    rows = await fetch(connection, "SELECT extract(epoch FROM min(due_at) - now())::float8 FROM blob_candidates")
    return at_most if rows[0][0] is None else max(0.0, min(at_most, rows[0][0]))
