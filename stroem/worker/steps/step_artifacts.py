"""The artifacts of one step: found and uploaded when it has run."""

import os
import re
import stat
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import attrs

from stroem.definitions.artifact_names import name_problem
from stroem.definitions.globs import matching
from stroem.protocol.claim import Claim
from stroem.worker.files.threads import in_thread
from stroem.worker.files.work_dirs import WorkDir
from stroem.worker.steps.artifact_transfer import ArtifactNotStored, ArtifactTransfer, FoundArtifact
from stroem.worker.steps.content_types import content_type_of

INLINE = re.compile(r"stroem_script(_[0-9]+_[0-9]+)?\.[a-z]+")
"""Files of inline scripts, which may hold secrets: no glob means them."""

_MOST_NOTES = 20


@attrs.frozen(kw_only=True)
class StoredArtifacts:
    """The end of an upload. `fault` is the reason why an artifact is not stored, which fails the step."""

    fault: str | None = None
    notes: tuple[str, ...] = ()


class StepArtifacts:
    """The artifacts of one step: the files of its folder of artifacts, and those of its globs.

    Links are left out. Of two files with one name, that of the folder is kept. `taken` waits until the server knows the
    step, and returns its claim.
    """

    def __init__(
        self, claim: Claim, work_dir: WorkDir, transfer: ArtifactTransfer, taken: Callable[[], Awaitable[Claim]]
    ) -> None:
        self._claim = claim
        self._taken = taken
        self._work_dir = work_dir
        self._transfer = transfer

    async def store(self) -> StoredArtifacts:
        """Uploads all artifacts. They count once the outcome of the step is recorded."""
        if not (self._claim.artifacts or _has_entries(self._work_dir.artifacts)):
            return StoredArtifacts()
        notes: list[str] = []
        size = 0
        try:
            found = await in_thread(_found, self._work_dir, self._claim.artifacts, notes)
            for one in found:
                size += await self._transfer.upload(one, await self._taken())
        except (ArtifactNotStored, OSError) as error:
            return StoredArtifacts(fault=str(error), notes=_shortened(notes))
        if found:
            notes.append(f"[artifacts] {len(found)} kept, {size:,} bytes")
        return StoredArtifacts(notes=_shortened(notes))


def _has_entries(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def _found(work_dir: WorkDir, globs: Sequence[str], notes: list[str]) -> list[FoundArtifact]:
    """The files to upload, by name, and notes on what is left out. Raises `OSError`."""
    files: dict[str, Path] = {}
    if globs:
        paths = {path: work_dir.directory for path in _files(work_dir.directory, "", []) if not INLINE.fullmatch(path)}
        for glob in globs:
            matches = list(matching(paths, glob))
            if not matches:
                notes.append(f"[artifacts] No file matches {glob!r}")
            files.update((name, paths[name]) for name in matches)
    files.update((name, work_dir.artifacts) for name in _files(work_dir.artifacts, "", notes))
    found: list[FoundArtifact] = []
    for name, root in sorted(files.items()):
        if (problem := name_problem(name)) is not None:
            notes.append(f"[artifacts] {name!a} is left out: the name {problem}")
        else:
            found.append(FoundArtifact(name=name, root=root, content_type=content_type_of(root / name)))
    return found


def _files(root: Path, under: str, notes: list[str]) -> Iterator[str]:
    """The plain files below a folder that is no link, by their paths below it."""
    if not stat.S_ISDIR(os.lstat(root / under).st_mode):
        notes.append(f"[artifacts] {root.name!r} is left out: it is no folder any more")
        return
    with os.scandir(root / under) as entries:
        for entry in sorted(entries, key=lambda one: one.name):
            path = f"{under}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from _files(root, f"{path}/", notes)
            elif entry.is_file(follow_symlinks=False):
                yield path
            else:
                notes.append(f"[artifacts] {path!a} is left out: it is a link, or no file")


def _shortened(notes: Sequence[str]) -> tuple[str, ...]:
    if len(notes) <= _MOST_NOTES:
        return tuple(notes)
    return (*notes[: _MOST_NOTES - 1], f"[artifacts] … and {len(notes) - _MOST_NOTES + 1} more notes")
