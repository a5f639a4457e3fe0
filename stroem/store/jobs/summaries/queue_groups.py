"""Ready steps grouped by need, and counts of held steps."""

import datetime

import attrs

from stroem.rights.reach import Reach
from stroem.store.jobs.needs import Need, need_of
from stroem.store.reached import job_reached
from stroem.store.statement import Connection, fetch, fetch_named

MOST_COUNTED = 100_000
"""Most steps of a group that are counted."""


@attrs.frozen(kw_only=True)
class QueueGroup:
    """Ready steps that require the same of a worker: their number, and the time since which the first one waits."""

    need: Need
    waiting: int
    first_since: datetime.datetime | None


async def queue_groups(connection: Connection, reach: Reach | None = None) -> list[QueueGroup]:
    """The groups with ready steps of reached jobs, the largest first, without steps of jobs that stay on a worker."""
    condition, values = job_reached(reach, "steps")
    rows = await fetch_named(
        connection,
        f"""
        SELECT n.ability, n.tags, n.resources, c.waiting, f.ready_at AS first_since FROM needs n,
        LATERAL (SELECT ready_at FROM steps
                 WHERE status = 'ready' AND worker_id IS NULL AND need = n.id AND {condition}
                 ORDER BY priority, rank LIMIT 1) f,
        LATERAL (SELECT count(*) AS waiting FROM (
            SELECT FROM steps WHERE status = 'ready' AND worker_id IS NULL AND need = n.id AND {condition}
            LIMIT %(most)s) s) c
        ORDER BY c.waiting DESC, n.id
        """,  # noqa: S608 - a constant
        {"most": MOST_COUNTED, **values},
    )
    return [
        QueueGroup(
            need=need_of(row["ability"], row["tags"], row["resources"]),
            waiting=row["waiting"],
            first_since=row["first_since"],
        )
        for row in rows
    ]


async def held_counts(connection: Connection, reach: Reach | None = None) -> dict[str, int]:
    """Numbers of steps of reached jobs held by something but a worker, by its kind: the text before a colon."""
    condition, values = job_reached(reach, "steps")
    rows = await fetch(
        connection,
        f"""
        SELECT split_part(waits_for, ':', 1), count(*) FROM (
            SELECT waits_for FROM steps
            WHERE waits_for NOT IN ('dependencies', 'turn', 'steps', 'closing') AND status IN ('pending', 'suspended')
              AND {condition}
            LIMIT %(most)s) s
        GROUP BY 1 ORDER BY 1
        """,  # noqa: S608 - a constant
        {"most": MOST_COUNTED, **values},
    )
    return dict(rows)
