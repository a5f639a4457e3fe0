"""Objects of the blob store that may be needed by nobody, and who needs them."""

import datetime
from collections.abc import AsyncIterator, Collection, Iterable, Sequence

import attrs

from stroem.store.database import Database
from stroem.store.statement import Connection, execute, fetch

_ROOTS = 500
_ROWS = 5000
_LATER = "date_trunc('day', now()) + interval '2 days'"
"""A day at least, and the same instant for all that comes in a day: what is needed is then looked up once for it."""

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
# An update waits for whoever looks through the list just now, and may be about to strike it off as still needed.
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
    """


@attrs.frozen(kw_only=True)
class DroppedManifest:
    """A list of files that was dropped. Of those that its `neighbour` also has nothing need be asked: they are needed
    as long as it is, and asked about when it is dropped. `needed` says that a release has the list after all.
    """

    manifest: str
    neighbour: str | None
    needed: bool


async def reserve(database: Database, digests: Sequence[str]) -> None:
    """Nobody removes these objects for a day: time to put them and to refer to them. Waits for who is removing them
    now. To be called before one looks whether they are there.
    """
    async with database.read() as connection:
        await execute(connection, _RESERVE, (list(digests),))


async def add(connection: Connection, digests: Collection[str]) -> None:
    """Has it looked up, in a day or two, whether somebody still needs these objects."""
    ordered = sorted(digests)
    for start in range(0, len(ordered), _ROWS):
        await execute(connection, _ADD, (ordered[start : start + _ROWS],))


async def drop_manifests(connection: Connection, dropped: Iterable[tuple[str, str | None]]) -> None:
    """Nothing refers to these lists of files any more, each with a similar list that is kept, if there is one."""
    rows = list(dropped)
    await execute(connection, _DROP, ([row[0] for row in rows], [row[1] for row in rows]))


async def next_dropped(connection: Connection, skip: int = 0) -> DroppedManifest | None:
    """A dropped list of files, behind the first `skip`, that nobody else has, for as long as the transaction."""
    rows = await fetch(connection, _NEXT_DROPPED, (skip,))
    return DroppedManifest(manifest=rows[0][0], neighbour=rows[0][1], needed=rows[0][2]) if rows else None


async def finish_dropped(connection: Connection, manifest: str) -> None:
    """What became free with a dropped list of files is noted."""
    await execute(connection, "DELETE FROM dropped_manifests WHERE manifest = %s", (manifest,))


async def take_due(connection: Connection, limit: int, lease_secs: int) -> tuple[list[str], datetime.datetime | None]:
    """Objects to be looked up now, which nobody else takes while the lease lasts, and the lease's end."""
    rows = await fetch(connection, _TAKE, (lease_secs, limit))
    return [row[0] for row in rows], rows[0][1] if rows else None


async def settle(connection: Connection, digests: Collection[str], lease: datetime.datetime) -> None:
    """Nothing more is to be done about these objects, unless somebody else has had a hand in it."""
    await execute(connection, _SETTLE, (list(digests), lease))


async def hold(connection: Connection, digests: Collection[str], lease: datetime.datetime) -> list[str]:
    """Those of the objects that may be removed in this transaction: nobody has reserved them since they were taken,
    and who would waits.
    """
    return [row[0] for row in await fetch(connection, _HOLD, (list(digests), lease))]


async def needed_manifests(connection: Connection) -> AsyncIterator[list[str]]:
    """The lists of files of releases, live jobs and libraries, some at a time."""
    last = ""
    while rows := await fetch(connection, _RELEASED, (last, _ROOTS)):
        yield [row[0] for row in rows]
        last = rows[-1][0]
    yield [row[0] for row in await fetch(connection, _OTHERS)]


async def expected_manifests(connection: Connection) -> list[str]:
    """The lists of files of what workspaces may be next. They need not be stored yet."""
    return [row[0] for row in await fetch(connection, _EXPECTED)]


async def needed_by_rows(connection: Connection, digests: Collection[str]) -> set[str]:
    """Those of the objects to which a row refers: tarballs and sealed logs."""
    return {row[0] for row in await fetch(connection, _IN_ROWS, {"digests": list(digests)})}


async def secs_to_next_due(connection: Connection, at_most: float) -> float:
    """How long until an object is to be looked up, in seconds."""
    rows = await fetch(connection, "SELECT extract(epoch FROM min(due_at) - now())::float8 FROM blob_candidates")
    return at_most if rows[0][0] is None else max(0.0, min(at_most, rows[0][0]))
