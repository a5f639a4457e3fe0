"""Lines of files around problems, without secrets."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

from stroem.blobs.blob_store import BlobStore
from stroem.conversion.text import text_of_file
from stroem.conversion.yaml import LINE_BREAK
from stroem.errors import BlobCorrupt, BlobMissing
from stroem.records.problem import Excerpt, Problem
from stroem.records.release import FileEntry
from stroem.redaction.file_mask import FileMask

Page = Callable[[str, int], str | None]
"""The web page of a file at a line."""

Read = Callable[[str], Awaitable[bytes | None]]
"""Reads a file by its path; None for one that cannot be had."""

_MOST_PROBLEMS = 200
_MOST_FILES = 50
_MOST_BYTES = 1024 * 1024
_LONGEST_LINE = 400
_BEFORE, _AFTER = 2, 1
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'')
_IN_FLOW = re.compile(r"(?:[^\s,\[\]{}:#]|:(?!\s|$)|(?<!\s)#|[ \t]+(?![\s,\[\]{}:#]))+")
_IN_BLOCK = re.compile(r"(?:[^\s:#]|:(?!\s|$)|(?<!\s)#|[ \t]+(?![\s#]))+")


async def excerpts_of(problems: Sequence[Problem], read: Read, mask: FileMask, page: Page) -> tuple[Excerpt, ...]:
    """The lines around the first 200 problems, in at most 50 files of at most 1 MiB; the others have none."""
    texts: dict[str, str] = {}
    for path in list(dict.fromkeys(problem.file for problem in problems[:_MOST_PROBLEMS]))[:_MOST_FILES]:
        data = await read(path)
        text = text_of_file(data) if data is not None and len(data) <= _MOST_BYTES else None
        if text is not None:
            texts[path] = text
    return await asyncio.to_thread(lambda: tuple(_excerpts(problems[:_MOST_PROBLEMS], texts, mask, page)))


def reader_of(files: Sequence[FileEntry], texts: Mapping[str, bytes], blobs: BlobStore) -> Read:
    """A reader of the files of a list; their contents are at hand by digest, or in the blob store."""
    entries = {file.path: file for file in files if file.link is None and file.size <= _MOST_BYTES}

    async def read(path: str) -> bytes | None:
        entry = entries.get(path)
        if entry is None:
            return None
        if entry.digest in texts:
            return texts[entry.digest]
        try:
            return await blobs.get(entry.digest)
        except (BlobMissing, BlobCorrupt):
            return None

    return read


def _excerpts(problems: Sequence[Problem], texts: Mapping[str, str], mask: FileMask, page: Page) -> Iterator[Excerpt]:
    lines: dict[str, tuple[list[str], list[str]]] = {}
    for path, text in texts.items():
        written, shown = LINE_BREAK.split(text), LINE_BREAK.split(mask.text(path, text))
        if len(written) == len(shown):
            lines[path] = written, shown
    for number, problem in enumerate(problems):
        if problem.file in lines and problem.line <= len(lines[problem.file][0]):
            yield _excerpt(number, problem, *lines[problem.file], page)


def _excerpt(number: int, problem: Problem, written: Sequence[str], shown: Sequence[str], page: Page) -> Excerpt:
    at = problem.line - 1
    first = max(at - _BEFORE, 0)
    column, end = _place(written[at], shown[at], problem.column)
    if end is not None and end > _LONGEST_LINE:
        column, end = 1, None
    return Excerpt(
        problem=number,
        first_line=first + 1,
        lines=tuple(_cut(line) for line in shown[first : at + _AFTER + 1]),
        line=problem.line,
        column=column,
        end_column=end,
        url=page(problem.file, problem.line),
    )


def _place(written: str, shown: str, column: int) -> tuple[int, int | None]:
    """The place of a mistake in the shown line, and its end; all of the line if dots are in its place."""
    end = _end(written, column)
    before, after = written[: column - 1], written[end - 1 :]
    length = end - column
    if shown.startswith(before) and shown[column - 1 : end - 1] == written[column - 1 : end - 1]:
        return column, end
    start = len(shown) - len(after) - length
    if start >= 0 and shown[start:] == written[column - 1 :]:
        return start + 1, start + 1 + length
    return 1, None


def _end(line: str, column: int) -> int:
    """The column behind the value that begins at a column: a quoted text, or a word up to its mark."""
    start, most = column - 1, column - 1 + _LONGEST_LINE
    in_flow = line[:start].count("{") + line[:start].count("[") > line[:start].count("}") + line[:start].count("]")
    found = _QUOTED.match(line, start, most) or (_IN_FLOW if in_flow else _IN_BLOCK).match(line, start, most)
    return found.end() + 1 if found else min(column + 1, max(len(line), 1) + 1)


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"
