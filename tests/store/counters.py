"""Counters of the rows that a transaction reads and writes."""

import attrs

from stroem.store.statement import Connection, fetch


@attrs.frozen(kw_only=True)
class Touched:
    """Numbers of rows. Rows that an index leads to are read; so are those that another statement has just written."""

    read: int
    inserted: int
    updated: int
    deleted: int

    def __sub__(self, before: "Touched") -> "Touched":
        """The rows since an earlier count."""
        pairs = zip(attrs.astuple(self), attrs.astuple(before), strict=True)
        return Touched(**dict(zip(attrs.fields_dict(Touched), (now - then for now, then in pairs), strict=True)))

    @property
    def written(self) -> int:
        """Rows inserted, updated and deleted."""
        return self.inserted + self.updated + self.deleted


async def touched(connection: Connection, *tables: str) -> Touched:
    """The rows of some tables, or of all, that the transaction of a connection has read and written so far."""
    rows = await fetch(
        connection,
        """
        SELECT coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)), 0)::bigint,
               coalesce(sum(n_tup_ins), 0)::bigint, coalesce(sum(n_tup_upd), 0)::bigint,
               coalesce(sum(n_tup_del), 0)::bigint
        FROM pg_stat_xact_user_tables WHERE %(tables)s::text[] = '{}' OR relname = ANY(%(tables)s)
        """,
        {"tables": list(tables)},
    )
    return Touched(read=rows[0][0], inserted=rows[0][1], updated=rows[0][2], deleted=rows[0][3])
