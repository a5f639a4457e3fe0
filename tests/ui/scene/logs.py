"""Logs of copied jobs: those of their models with the times moved."""

import datetime
import uuid
from collections import defaultdict
from typing import Any

import attrs
import orjson

from tests.ui.scene.server import Running


@attrs.frozen(kw_only=True)
class Piece:
    """Lines of an attempt of a step in a row, each with its time."""

    first_line: int
    step: int
    attempt: int
    texts: tuple[tuple[datetime.datetime, bytes], ...]

    @property
    def lines(self) -> int:
        """Their number."""
        return len(self.texts)

    def moved(self, start: datetime.datetime, base: datetime.datetime, factor: float) -> bytes:
        """The lines as JSONL, of a job that began at `start` instead of `base` and took longer by that factor."""
        return b"".join(b'{"ts":"%s",%s' % (_text(start + (at - base) * factor), rest) for at, rest in self.texts)


@attrs.frozen
class Skeleton:
    """The log of a job. `heads` are the numbers of pieces and lines by step and attempt."""

    pieces: tuple[Piece, ...]

    @property
    def heads(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Of each step and attempt the numbers of its pieces and of its lines."""
        found: dict[tuple[int, int], tuple[int, int]] = defaultdict(lambda: (0, 0))
        for piece in self.pieces:
            pieces, lines = found[piece.step, piece.attempt]
            found[piece.step, piece.attempt] = pieces + 1, lines + piece.lines
        return dict(found)


async def skeleton(running: Running, job: uuid.UUID) -> Skeleton:
    """The log of an ended job."""
    async with running.connection() as connection:
        cursor = await connection.execute(
            """
            SELECT first_line, lines, step, attempt FROM log_chunks WHERE job_id = %(job)s
            UNION ALL SELECT first_line, lines, step, attempt FROM log_segments WHERE job_id = %(job)s
            ORDER BY first_line
            """,
            {"job": job},
        )
        places = await cursor.fetchall()
    page = await running.get(f"/api/jobs/{job}/logs", limit=100000)
    lines = [_line(text) for text in page["logs"].encode().splitlines()]
    return Skeleton(
        tuple(
            Piece(first_line=first, step=step, attempt=attempt, texts=tuple(lines[first : first + count]))
            for first, count, step, attempt in places
        )
    )


def _line(text: bytes) -> tuple[datetime.datetime, bytes]:
    line: dict[str, Any] = orjson.loads(text)
    at = datetime.datetime.fromisoformat(line.pop("ts"))
    return at, orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)[1:]


def _text(at: datetime.datetime) -> bytes:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()
