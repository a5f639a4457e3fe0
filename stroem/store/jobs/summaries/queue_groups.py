"""Ready steps grouped by need, and counts of held steps."""

import datetime

import attrs

from stroem.store.jobs.needs import Need, need_of
from stroem.store.statement import Connection, fetch, fetch_named

MOST_COUNTED = 100_000
"""Most steps of a group that are counted."""


@attrs.frozen(kw_only=True)
class QueueGroup:
    """Ready steps that require the same of a worker: their number, and the time since which the first one waits."""

    need: Need
    waiting: int
    first_since: datetime.datetime | None


async def queue_groups(connection: Connection) -> list[QueueGroup]:
    """The groups with ready steps, the largest first. Steps of jobs that stay on a worker are left out."""
    rows = await fetch_named(
        connection,
        """
        SELECT n.ability, n.tags, n.resources, c.waiting, f.ready_at AS first_since FROM needs n,
        LATERAL (SELECT ready_at FROM steps WHERE status = 'ready' AND worker_id IS NULL AND need = n.id
                 ORDER BY priority, rank LIMIT 1) f,
        LATERAL (SELECT count(*) AS waiting FROM (
            SELECT FROM steps WHERE status = 'ready' AND worker_id IS NULL AND need = n.id LIMIT %s) s) c
        ORDER BY c.waiting DESC, n.id
        """,
        (MOST_COUNTED,),
    )
    return [
        QueueGroup(
            need=need_of(row["ability"], row["tags"], row["resources"]),
            waiting=row["waiting"],
            first_since=row["first_since"],
        )
        for row in rows
    ]


async def held_counts(connection: Connection) -> dict[str, int]:
    """Numbers of steps that wait for another thing than a worker, by its kind: the text before a colon."""
    rows = await fetch(
        connection,
        """
        SELECT split_part(waits_for, ':', 1), count(*) FROM (
            SELECT waits_for FROM steps
            WHERE waits_for NOT IN ('dependencies', 'turn', 'steps', 'closing') AND status IN ('pending', 'suspended')
            LIMIT %s) s
        GROUP BY 1 ORDER BY 1
        """,
        (MOST_COUNTED,),
    )
    return dict(rows)
