"""Line diffs of the files in a plan, without secrets."""

import asyncio
from collections.abc import Iterator, Sequence

import attrs

from stroem.conversion.text import text_of_file
from stroem.reconciler.diff.line_diff import line_diff
from stroem.reconciler.workspaces.excerpts import Read
from stroem.records.release_plan import FileChange, ReleasePlan
from stroem.redaction.file_mask import FileMask

MOST_FILES = 100
"""The files of a plan that have diffs at most."""

MOST_BYTES = 200_000
"""Larger files have no diff."""

_Contents = tuple[bytes | None, bytes | None]


async def with_file_diffs(plan: ReleasePlan, old: Read, new: Read, mask: FileMask) -> ReleasePlan:
    """The plan with diffs of the first 100 files whose contents differ and are texts of at most 200,000 bytes."""
    changes = [one for one in plan.files if one.change != "changed" or "content" in one.what][:MOST_FILES]
    if not changes:
        return plan
    contents = [await _contents(one, old, new) for one in changes]
    found = await asyncio.to_thread(lambda: dict(_diffs(changes, contents, mask)))
    return attrs.evolve(plan, files=tuple(attrs.evolve(one, diff=found.get(one.path, ())) for one in plan.files))


async def _contents(change: FileChange, old: Read, new: Read) -> _Contents:
    before = None if change.change == "added" else await old(change.path)
    return before, None if change.change == "removed" else await new(change.path)


def _diffs(
    changes: Sequence[FileChange], contents: Sequence[_Contents], mask: FileMask
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for change, (before, after) in zip(changes, contents, strict=True):
        old = _text(before, change.path, mask) if change.change != "added" else ""
        new = _text(after, change.path, mask) if change.change != "removed" else ""
        if old is not None and new is not None:
            yield change.path, line_diff(old, new) or ()


def _text(data: bytes | None, path: str, mask: FileMask) -> str | None:
    text = text_of_file(data) if data is not None and len(data) <= MOST_BYTES else None
    return None if text is None else mask.text(path, text)
