"""Logs as files: lines of text, or JSONL."""

import re
import uuid
from collections.abc import AsyncIterator
from typing import Literal

import orjson
from aiohttp import hdrs, web

from stroem.conversion.text import without_sequences
from stroem.orchestrator.logs.reader import LogPage
from stroem.server.http.streaming import closing

Format = Literal["text", "jsonl"]

_KINDS: dict[Format, tuple[str, str]] = {"text": ("text/plain", "log"), "jsonl": ("application/jsonl", "jsonl")}
"""Content types and endings of names."""
FILE_TYPES = tuple(content_type for content_type, _ in _KINDS.values())
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


def response_of(form: Format, job_id: uuid.UUID, step: str | None, attempt: int | None) -> web.StreamResponse:
    """The head of a file with the lines of a job, a step or an attempt."""
    content_type, ending = _KINDS[form]
    parts = [str(job_id)[:8], *([step] if step else []), *([] if attempt is None else [str(attempt)])]
    response = web.StreamResponse()
    response.content_type = content_type
    response.charset = "utf-8"
    name = _UNSAFE.sub("_", "-".join(parts))
    response.headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="{name}.{ending}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


async def pieces_of(pages: AsyncIterator[LogPage], form: Format, *, is_plain: bool) -> AsyncIterator[bytes]:
    """The content of a file, page by page. A plain one is without the sequences that colour a terminal."""
    async with closing(pages):
        async for page in pages:
            yield page.data if form == "jsonl" else _texts(page.data, is_plain=is_plain)


def _texts(jsonl: bytes, *, is_plain: bool) -> bytes:
    texts = [_text(line) for line in jsonl.split(b"\n") if line]
    if is_plain:
        texts = [_shown(without_sequences(text)) for text in texts]
    return "".join(f"{text}\n" for text in texts).encode(errors="replace")


def _text(line: bytes) -> str:
    """The text of a line; what is no record is shown as it is."""
    try:
        return str(orjson.loads(line)["line"])
    except (ValueError, KeyError, TypeError):
        return line.decode(errors="replace")


def _shown(text: str) -> str:
    """What a terminal shows last of a line that overwrites itself."""
    return text.rstrip("\r").rpartition("\r")[2]
