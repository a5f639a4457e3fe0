"""Edits of a release or of the newest revision: their plan and their patch; nothing is stored."""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping

import attrs

from stroem.blobs import manifest
from stroem.conversion.text import text_of_file
from stroem.definitions.library import LIBRARIES
from stroem.errors import BadRequest, BlobCorrupt, BlobMissing, NotFound
from stroem.interfaces.source import Snapshot
from stroem.reconciler.following.dependencies import Dependencies
from stroem.reconciler.libraries.libraries import Libraries
from stroem.reconciler.sources.contents import Texts
from stroem.reconciler.workspaces.edited_text import EditedText, PatchUnsafe, edited
from stroem.reconciler.workspaces.preview import preview_of
from stroem.reconciler.workspaces.release_contents import RevisionContents
from stroem.reconciler.workspaces.state import Workspace
from stroem.records.release import FileEntry
from stroem.records.release_plan import ReleasePlan
from stroem.redaction.file_mask import FileMask

_MOST_FILES = 200
_MOST_CHARACTERS = 1024 * 1024
_LONGEST_PATH = 1_000
_MARK = "\ufeff"


@attrs.frozen(kw_only=True)
class NotInPatch:
    """An edited file that a patch lacks, and the reason."""

    path: str
    reason: str


@attrs.frozen(kw_only=True)
class CheckedEdit:
    """An edit of a revision, whose `release` is null if it became none.

    `plan` has its problems, and its changes against the current release; `patch` is the edit for `git apply`.
    """

    release: int | None
    revision: str
    plan: ReleasePlan
    patch: str
    not_in_patch: tuple[NotInPatch, ...]


@attrs.frozen(kw_only=True)
class _Edit:
    """An edited file: the entry before, the edit of its text (None for one that is no text), and the text after."""

    path: str
    before: FileEntry | None
    text: EditedText | None
    after: str | None


async def check_edit(
    workspace: Workspace,
    files: Mapping[str, str | None],
    base: RevisionContents,
    mask: FileMask,
    deps: Dependencies,
    libraries: Libraries,
) -> CheckedEdit:
    """Checks texts by path, None for a removed file, laid over the files of `base`, which were shown through `mask`.

    Raises `BadRequest` for paths that cannot be edited and for too much.
    """
    _check_bounds(files)
    entries = {file.path: file for file in base.own}
    before = await _contents(files, entries, deps)
    edits = await asyncio.to_thread(lambda: list(_edits(files, entries, before, mask)))
    texts: Texts = {}
    for one in edits:
        if one.after is None:
            entries.pop(one.path)
            continue
        data = one.after.encode()
        digest = hashlib.sha256(data).hexdigest()
        mode = one.before.mode if one.before is not None and one.before.link is None else 0o644
        entries[one.path] = FileEntry(path=one.path, digest=digest, size=len(data), mode=mode)
        texts[digest] = data
    laid_over = tuple(entries[path] for path in sorted(entries))
    try:
        manifest.check_paths(laid_over)
    except manifest.UnsafePath as error:
        raise BadRequest(message=str(error)) from None
    snapshot = Snapshot(revision=base.revision, files=laid_over)
    plan = await preview_of(workspace, snapshot, texts, deps, libraries)
    patch, missing = await asyncio.to_thread(_patch, edits, workspace.source.folder_in_repository)
    return CheckedEdit(release=base.number, revision=base.revision, plan=plan, patch=patch, not_in_patch=tuple(missing))


def _check_bounds(files: Mapping[str, str | None]) -> None:
    if len(files) > _MOST_FILES:
        raise BadRequest(message=f"An edit has at most {_MOST_FILES} files")
    if sum(len(text) for text in files.values() if text is not None) > _MOST_CHARACTERS:
        raise BadRequest(message="The files of an edit have at most 1 MiB together")
    for path in files:
        parts = path.split("/")
        is_plain = path.isprintable() and '"' not in path and "\\" not in path and len(path) <= _LONGEST_PATH
        if not is_plain or not {"", ".", "..", ".git"}.isdisjoint(part.lower() for part in parts):
            raise BadRequest(message=f"{path[:100]!r} is not the plain path of a file of the workspace")
        if parts[0] == LIBRARIES:
            raise BadRequest(message=f"{path[:100]!r} is a file of a library; edit it where the library is")


async def _contents(
    files: Mapping[str, str | None], entries: Mapping[str, FileEntry], deps: Dependencies
) -> dict[str, bytes]:
    """The contents before the edit, of files that are no links and no larger than an edit."""
    found: dict[str, bytes] = {}
    for path, text in files.items():
        entry = entries.get(path)
        if entry is None and text is None:
            raise NotFound(kind="File", name=path, hint="The edited revision has no such file to remove.")
        if entry is not None and entry.link is None and entry.size <= _MOST_CHARACTERS:
            try:
                found[path] = await deps.blobs.get(entry.digest)
            except (BlobMissing, BlobCorrupt):
                raise NotFound(kind="Content of file", name=path, hint="It is no longer kept.") from None
    return found


def _edits(
    files: Mapping[str, str | None], entries: Mapping[str, FileEntry], before: Mapping[str, bytes], mask: FileMask
) -> Iterator[_Edit]:
    for path, wanted in sorted(files.items()):
        entry = entries.get(path)
        old = "" if entry is None else text_of_file(before[path]) if path in before else None
        if old is None:
            yield _Edit(path=path, before=entry, text=None, after=wanted)
            continue
        mark = _MARK if path in before and before[path].startswith(_MARK.encode()) else ""
        new = "" if wanted is None else mark + wanted
        text = edited(mark + old, mark + mask.text(path, old) if old else mark, new, mask.secrets.redactor)
        yield _Edit(path=path, before=entry, text=text, after=None if wanted is None else text.text())


def _patch(edits: list[_Edit], folder: str) -> tuple[str, list[NotInPatch]]:
    parts: list[str] = []
    missing: list[NotInPatch] = []
    for one in edits:
        try:
            parts.append(_file_patch(one, folder))
        except PatchUnsafe as error:
            missing.append(NotInPatch(path=one.path, reason=str(error)))
    return "".join(parts), missing


def _file_patch(edit: _Edit, folder: str) -> str:
    """The patch of a file; nothing when it stays the same. Raises `PatchUnsafe`."""
    if edit.text is None:
        raise PatchUnsafe("it is a link, binary, or too large")
    if edit.before is not None and edit.after is not None and not edit.text.changes:
        return ""
    name = f"{folder}/{edit.path}" if folder else edit.path
    head = f"diff --git a/{name} b/{name}\n"
    mode = "100755" if edit.before is not None and edit.before.mode & 0o111 else "100644"
    if edit.before is None:
        head += f"new file mode {mode}\n"
    elif edit.after is None:
        head += f"deleted file mode {mode}\n"
    hunks = "".join(edit.text.hunks())
    if not hunks:
        return head + ("index 0000000..e69de29\n" if edit.before is None else "index e69de29..0000000\n")
    end = "\t\n" if " " in name else "\n"
    old, new = (
        "/dev/null\n" if is_missing else f"{side}/{name}{end}"
        for side, is_missing in (("a", edit.before is None), ("b", edit.after is None))
    )
    return f"{head}--- {old}+++ {new}{hunks}"
