"""Jobs of the past: copies of jobs that have really run, moved in time and made as long as such jobs usually take."""

import datetime
import hashlib
import math
import random
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import psycopg

from tests.ui.scene.logs import Skeleton

_DAY = 86400.0
_DAYS = 30
Connection = psycopg.AsyncConnection[Any]


@attrs.frozen(kw_only=True)
class Model:
    """A job that has ended, of which copies are made. `jobs` are itself and its children, with their logs."""

    workspace: str
    task: str
    status: str
    created_at: datetime.datetime
    seconds: float
    jobs: tuple[tuple[uuid.UUID, uuid.UUID | None, Skeleton], ...]
    triggers: tuple[tuple[str, str], ...]


@attrs.frozen(kw_only=True)
class Copy:
    """A job to make of a model: its ids by those of the model's jobs, its begin, and how much longer it takes."""

    model: Model
    ids: dict[uuid.UUID, uuid.UUID]
    start: datetime.datetime
    factor: float
    source: tuple[str, str | None]

    @property
    def id(self) -> uuid.UUID:
        """The id of the root."""
        return self.ids[self.model.jobs[0][0]]


def plan(models: Sequence[Model], count: int, seed: int, people: Sequence[str]) -> list[Copy]:
    """Chooses copies: two fifths in the last day, the others in the days before, fewer at night."""
    chosen = random.Random(seed)
    good = [model for model in models if model.status == "completed"]
    bad = {status: [model for model in models if model.status == status] for status in ("failed", "cancelled")}
    weights = [2.0 + 6.0 * bool(model.triggers) for model in good]
    now = datetime.datetime.now(datetime.UTC)
    copies = []
    for number in range(count):
        draw = chosen.random()
        status = "failed" if draw < 0.03 else "cancelled" if draw < 0.04 else "completed"
        model = chosen.choice(bad[status]) if bad.get(status) else chosen.choices(good, weights)[0]
        seconds = usual_secs(model.workspace, model.task) * math.exp(chosen.gauss(0, 0.25))
        if status == "cancelled":
            seconds *= chosen.uniform(0.1, 0.7)
        share = 0.4 if count < 5000 else 0.05
        age = chosen.uniform(0, _DAY) if chosen.random() < share else chosen.uniform(0, _DAYS * _DAY)
        start = now - datetime.timedelta(seconds=age + seconds + 5)
        ids = {job: _id(f"{seed} {number} {place}") for place, (job, _, _) in enumerate(model.jobs)}
        factor = seconds / max(model.seconds, 0.01)
        source = _source(model, chosen, people)
        copies.append(Copy(model=model, ids=ids, start=start, factor=factor, source=source))
    return sorted(copies, key=lambda copy: copy.start)


def usual_secs(workspace: str, task: str) -> float:
    """The usual time of a task, from some seconds to an hour."""
    return math.exp(random.Random(f"{workspace}/{task}").uniform(math.log(4), math.log(2400)))


def _id(text: str) -> uuid.UUID:
    return uuid.UUID(bytes=hashlib.md5(text.encode(), usedforsecurity=False).digest(), version=4)


def _source(model: Model, chosen: random.Random, people: Sequence[str]) -> tuple[str, str | None]:
    if model.triggers and chosen.random() < 0.85:
        return chosen.choice(model.triggers)
    return "api", chosen.choice(people)


async def insert(connection: Connection, copies: Sequence[Copy]) -> None:
    """Inserts all rows of these jobs."""
    await connection.execute(
        """
        CREATE TEMP TABLE IF NOT EXISTS copies (
            id uuid, model uuid, parent uuid, root uuid, start timestamptz, base timestamptz, factor float8,
            source_type text, source_id text)
        """
    )
    await connection.execute("TRUNCATE copies")
    await _copy(connection, "copies", _COPIES, (row for copy in copies for row in _rows(copy)))
    await connection.execute("CREATE INDEX IF NOT EXISTS copies_model ON copies (model)")
    await connection.execute("ANALYZE copies")
    for table, own in _TABLES.items():
        await _insert(connection, table, own)
    await _insert_logs(connection, copies)
    await _count(connection)


_COPIES = ("id", "model", "parent", "root", "start", "base", "factor", "source_type", "source_id")
_TABLES: dict[str, dict[str, str | None]] = {
    "jobs": {
        "id": "c.id",
        "parent_job": "c.parent",
        "root_job": "c.root",
        "source_type": "coalesce(c.source_type, t.source_type)",
        "source_id": "CASE WHEN c.source_type IS NULL THEN t.source_id ELSE c.source_id END",
        "deadline_at": "c.start + (t.deadline_at - t.created_at)",
        "input": "(t.input::jsonb - 'drill')::json",
        "raw_input": "(t.raw_input::jsonb - 'drill')::json",
    },
    "steps": {"job_id": "c.id"},
    "attempts": {"job_id": "c.id"},
    "history": {
        "job_id": "c.id",
        "id": None,
        "actor": "CASE WHEN t.actor IS NULL THEN NULL ELSE coalesce(c.source_id, t.actor) END",
    },
    "artifacts": {"job_id": "c.id", "id": "gen_random_uuid()", "check_at": "NULL", "expires_at": "NULL"},
}
"""Tables whose rows are copied, and the columns that are not; those with None are left out."""


async def _insert(connection: Connection, table: str, own: dict[str, str | None]) -> None:
    """Copies the rows of a table, times moved and stretched."""
    cursor = await connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'"
        " AND table_schema = 'public' ORDER BY ordinal_position",
        (table,),
    )
    moved = "timestamp with time zone"
    values = {
        name: own.get(name, f"c.start + (t.{name} - c.base) * c.factor" if kind == moved else f"t.{name}")
        for name, kind in await cursor.fetchall()
    }
    values = {name: value for name, value in values.items() if value is not None}
    key = "id" if table == "jobs" else "job_id"
    order = " ORDER BY c.start, c.id, t.id" if table == "history" else ""
    names, selected = ", ".join(values), ", ".join(str(value) for value in values.values())
    source = f"copies c JOIN {table} t ON t.{key} = c.model{order}"
    await connection.execute(f"INSERT INTO {table} ({names}) SELECT {selected} FROM {source}".encode())


def _rows(copy: Copy) -> Iterable[tuple[Any, ...]]:
    for job, parent, _ in copy.model.jobs:
        source = copy.source if parent is None else (None, None)
        root = None if parent is None else copy.id
        yield (
            copy.ids[job], job, None if parent is None else copy.ids[parent], root, copy.start, copy.model.created_at,
            copy.factor, *source,
        )  # fmt: skip


async def _insert_logs(connection: Connection, copies: Sequence[Copy]) -> None:
    heads, chunks = [], []
    for copy in copies:
        for job, _, skeleton in copy.model.jobs:
            for piece in skeleton.pieces:
                body = piece.moved(copy.start, copy.model.created_at, copy.factor)
                chunks.append((copy.ids[job], piece.first_line, piece.lines, piece.step, piece.attempt, body))
            for (step, attempt), (pieces, lines) in skeleton.heads.items():
                heads.append((copy.ids[job], step, attempt, pieces, lines, 0, None))
    columns = ("job_id", "step", "attempt", "next_chunk", "lines", "hot_bytes", "seal_due_at")
    await _copy(connection, "log_heads", columns, heads)
    await _copy(connection, "log_chunks", ("job_id", "first_line", "lines", "step", "attempt", "body"), chunks)


async def _count(connection: Connection) -> None:
    """Adds the copies to the numbers of ended jobs, and to the fires of their triggers."""
    await connection.execute(
        """
        INSERT INTO job_tallies AS a (status, part, jobs)
        SELECT j.status, 0, count(*) FROM copies c JOIN jobs j ON j.id = c.id GROUP BY j.status
        ON CONFLICT (status, part) DO UPDATE SET jobs = a.jobs + excluded.jobs
        """
    )
    await connection.execute(
        """
        INSERT INTO trigger_fires (workspace, trigger, key, at, scheduled_at, verdict, job_id)
        SELECT split_part(source_id, '/', 1), split_part(source_id, '/', 2), id::text, start,
               CASE source_type WHEN 'trigger' THEN start END, 'started', id
        FROM copies WHERE source_id LIKE '%%/%%' ORDER BY start
        """
    )


async def _copy(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    async with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN".encode()) as writer,
    ):
        for row in rows:
            await writer.write_row(row)
