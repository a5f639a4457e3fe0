"""Waiting steps of all jobs, in pages by key."""

import datetime
import uuid
from collections.abc import Collection, Mapping
from typing import Any

import attrs

from stroem.engine.values.state import SIGNAL, SLOT
from stroem.rights.reach import Reach
from stroem.store.jobs.needs import Need, need_of
from stroem.store.reached import job_reached, reached
from stroem.store.statement import Connection, fetch_named

Position = tuple[Any, ...]
"""The place of a row in its list: the key of the page behind it."""

READY_START: Position = (-(2**15), -(2**63), datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC), uuid.UUID(int=0), -1)
"""Before all ready steps: turn, rank, time, job, step."""
LINE_START: Position = ("", -(2**15), -1)
"""Before all owners in line: key, turn, number."""
HELD_START: Position = ("", uuid.UUID(int=0), -1)
"""Before all held steps: the wait, job, step."""

_NO_NEED = need_of("", ())
_JOB = "j.workspace, j.task, j.priority"
_KEY = "priority, rank, coalesce(ready_at, 'epoch'), job_id, id"
_BEHIND = f"""
    ({_KEY}) > (%(a)s::smallint, %(b)s::bigint, %(c)s::timestamptz, %(d)s::uuid, %(e)s::int) AND {{reached}}
    ORDER BY {_KEY} LIMIT %(limit)s
    """
_STEP = "job_id, id, need, priority, rank, coalesce(ready_at, 'epoch') AS ready_at, worker_id"
_READY = f"""
    SELECT r.job_id, r.id AS step, 'ready' AS status, n.ability, n.tags, n.resources, r.ready_at AS since,
           r.worker_id IS NOT NULL AS is_placed, {_JOB}, r.priority AS a, r.rank AS b, r.ready_at AS c
    FROM (
        SELECT f.* FROM unnest(%(needs)s::int[]) AS n (need) CROSS JOIN LATERAL (
            SELECT {_STEP} FROM steps WHERE status = 'ready' AND worker_id IS NULL AND need = n.need AND {_BEHIND}) f
        UNION ALL
        (SELECT {_STEP} FROM steps
         WHERE status = 'ready' AND worker_id IS NOT NULL AND need = ANY(%(needs)s) AND {_BEHIND})
    ) r JOIN jobs j ON j.id = r.job_id JOIN needs n ON n.id = r.need
    ORDER BY r.priority, r.rank, r.ready_at, r.job_id, r.id LIMIT %(limit)s
    """  # noqa: S608 - constants
_LINE = f"""
    SELECT l.job_id, l.step, 'pending' AS status, '{SLOT}' || l.key AS waits_for, l.since, {_JOB},
           l.key AS a, l.priority AS b, l.id AS c
    FROM slot_line l JOIN jobs j ON j.id = l.job_id
    WHERE (l.key, l.priority, l.id) > (%(a)s, %(b)s::smallint, %(c)s::bigint) AND {{reached}}
    ORDER BY l.key, l.priority, l.id LIMIT %(limit)s
    """  # noqa: S608 - constants
_HELD = f"""
    SELECT s.job_id, s.id AS step, s.status, s.waits_for, s.started_at AS since, s.until, {_JOB},
           s.waits_for AS a, s.job_id AS b, s.id AS c
    FROM (
        SELECT job_id, id, status, waits_for, started_at,
               CASE WHEN status = 'suspended' THEN expires_at ELSE due_at END AS until
        FROM steps
        WHERE waits_for NOT IN ('dependencies', 'turn', 'steps', 'closing') AND status IN ('pending', 'suspended')
          AND {{match}} AND {{reached}} AND (waits_for, job_id, id) > (%(a)s, %(b)s::uuid, %(c)s::int)
        ORDER BY waits_for, job_id, id LIMIT %(limit)s
    ) s JOIN jobs j ON j.id = s.job_id ORDER BY s.waits_for, s.job_id, s.id
    """  # noqa: S608 - constants


@attrs.frozen(kw_only=True)
class QueuedStep:
    """A step that waits, or a job before its steps (`step` is 0). `position` is its place in the list.

    A ready step has its `need`; with `is_placed`, one worker alone may run it.
    """

    job_id: uuid.UUID
    step: int
    workspace: str
    task: str
    priority: int
    status: str
    position: Position
    waits_for: str | None = None
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    need: Need = _NO_NEED
    is_placed: bool = False


async def ready_steps(
    connection: Connection, needs: Collection[int], *, after: Position, limit: int, reach: Reach | None = None
) -> list[QueuedStep]:
    """Ready steps of reached jobs with these needs, in the order in which workers get them."""
    condition, reaching = job_reached(reach, "steps")
    values = dict(zip("abcde", after, strict=True)) | {"needs": list(needs), "limit": limit, **reaching}
    rows = await fetch_named(connection, _READY.format(reached=condition), values)
    return [_row(row, row["job_id"], row["step"]) for row in rows]


async def slot_lines(
    connection: Connection, *, after: Position, limit: int, reach: Reach | None = None
) -> list[QueuedStep]:
    """Reached jobs and their steps that wait for slots, in the order of the lines."""
    condition, reaching = reached(reach, "j")
    values = dict(zip("abc", after, strict=True)) | {"limit": limit, **reaching}
    rows = await fetch_named(connection, _LINE.format(reached=condition), values)
    return [_row(row) for row in rows]


async def held_steps(
    connection: Connection, kind: str, *, after: Position, limit: int, reach: Reach | None = None
) -> list[QueuedStep]:
    """Steps of reached jobs that wait for a thing of this kind, such as `retry` or `signal`, other than for a slot."""
    is_named = f"{kind}:" == SIGNAL
    match = "waits_for LIKE %(kind)s" if is_named else "waits_for = %(kind)s"
    condition, reaching = job_reached(reach, "steps")
    values = dict(zip("abc", after, strict=True)) | {"kind": f"{kind}:%" if is_named else kind, "limit": limit}
    query = _HELD.format(match=match, reached=condition)
    return [_row(row) for row in await fetch_named(connection, query, values | dict(reaching))]


async def count_held_jobs(connection: Connection, most: int, reach: Reach | None = None) -> int:
    """The number of reached jobs that wait for a slot before they begin, up to `most`."""
    condition, values = job_reached(reach, "slot_line")
    line = f"SELECT FROM slot_line WHERE step = 0 AND {condition} LIMIT %(most)s"
    query = f"SELECT count(*) AS jobs FROM ({line}) l"  # noqa: S608 - a constant
    return int((await fetch_named(connection, query, {"most": most, **values}))[0]["jobs"])


def _row(row: Mapping[Any, Any], *key: object) -> QueuedStep:
    """A row, whose place begins with its columns `a`, `b` and `c`."""
    values = {name: value for name, value in row.items() if name not in ("a", "b", "c")}
    if "ability" in row:
        values["need"] = need_of(values.pop("ability"), values.pop("tags"), values.pop("resources"))
    return QueuedStep(**values, position=(row["a"], row["b"], row["c"], *key))
