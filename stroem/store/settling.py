"""Ids that settle in their order: none below a settled one can still appear (decision 0011).

A transaction takes a shared advisory lock, named after the last id of a sequence, before it takes ids of its own. So
readers see which ids are final, and neither writers nor readers wait for each other.
"""

import attrs

from stroem.store.statement import Connection, fetch

MARK_OF_LAST_ID = """
        SELECT pg_advisory_xact_lock_shared(%(mark)s + CASE WHEN is_called THEN last_value ELSE 0 END)
        FROM {sequence}"""
"""The query by which a transaction takes the lock; `mark` keeps the sequences apart, in the upper 24 bits."""

_MARK_MASK = (1 << 40) - 1

# The sequence is looked at before the marks, and the marks before the rows.
_SETTLED = """
    SELECT seen.last, (
        SELECT min(mark) FROM (
            SELECT (classid::bigint << 32 | objid::bigint) AS lock FROM pg_locks
            WHERE locktype = 'advisory' AND objsubid = 1
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        ) locks, LATERAL (SELECT lock & %(mask)s AS mark) marks
        WHERE lock & ~%(mask)s::bigint = %(mark)s AND mark <= seen.last)
    FROM (SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS last FROM {sequence} OFFSET 0) seen
    """


@attrs.frozen(kw_only=True)
class Settled:
    """Highest id `id` below which no row can still appear, and the last assigned id."""

    id: int
    last: int


async def settled(connection: Connection, sequence: str, mark: int) -> Settled:
    """The settled ids of a sequence. Must not be called in a transaction that has read the rows."""
    rows = await fetch(connection, _SETTLED.format(sequence=sequence), {"mark": mark, "mask": _MARK_MASK})
    last, least = rows[0]
    return Settled(id=last if least is None else least, last=last)
