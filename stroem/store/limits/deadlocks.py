"""Owners that hold slots, themselves or by what is around them, and wait for others."""

import attrs

from stroem.store.limits.slots import Owner
from stroem.store.statement import Connection, fetch

_MOST = 2000
"""Most owners in line that are looked at."""
SlotNumber = tuple[str, int]
"""A slot: its key and its number."""


@attrs.frozen(kw_only=True)
class HoldingWait:
    """An owner in line for a slot of a key with `size` slots, `taken` of them. It cannot end before it gets one.

    `holds` are the slots that cannot become free before: its own, and those of the scopes and jobs around it.
    """

    id: int
    owner: Owner
    key: str
    size: int
    taken: int
    holds: frozenset[SlotNumber]


async def holding_waits(connection: Connection) -> list[HoldingWait]:
    """All owners in line with slots that depend on them, as of one moment."""
    rows = await fetch(
        connection,
        """
        WITH RECURSIVE waiting AS MATERIALIZED (
            SELECT l.id, l.key, l.job_id, l.step FROM slot_line l
            WHERE l.step > 0 OR EXISTS (SELECT FROM slots o WHERE o.job_id = l.job_id AND o.step = 0)
               OR EXISTS (SELECT FROM jobs j WHERE j.id = l.job_id AND j.parent_job IS NOT NULL)
            ORDER BY l.id LIMIT %s
        ), around AS (
            SELECT id, job_id, step FROM waiting
            UNION
            SELECT a.id, up.job_id, up.step FROM around a CROSS JOIN LATERAL (
                SELECT s.job_id, s.parent AS step FROM steps s
                WHERE a.step > 0 AND s.job_id = a.job_id AND s.id = a.step
                UNION ALL
                SELECT s.job_id, s.id FROM jobs j
                JOIN steps s ON s.job_id = j.parent_job AND s.id = j.parent_step AND s.status = 'running'
                WHERE a.step = 0 AND j.id = a.job_id) up
        )
        SELECT w.id, w.job_id, w.step, w.key, k.size, (SELECT count(*) FROM slots t WHERE t.key = w.key),
               json_agg(json_build_array(h.key, h.number))
        FROM waiting w JOIN slot_keys k ON k.key = w.key JOIN around a ON a.id = w.id
        JOIN slots h ON h.job_id = a.job_id AND h.step = a.step
        GROUP BY w.id, w.job_id, w.step, w.key, k.size
        """,
        (_MOST,),
    )
    return [
        HoldingWait(
            id=row[0],
            owner=(row[1], row[2]),
            key=row[3],
            size=row[4],
            taken=row[5],
            holds=frozenset([(key, number) for key, number in row[6]]),
        )
        for row in rows
    ]
