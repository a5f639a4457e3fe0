"""Files of releases and of the newest revision, without secrets."""

import asyncio
import bisect
import itertools
from typing import Literal

import attrs
from aiohttp import web

from stroem.conversion.text import text_of_file
from stroem.conversion.yaml import Unreadable
from stroem.definitions.library import library_of, own_name
from stroem.dialects.stroem_yaml.places import lines_of_definitions
from stroem.errors import BadRequest
from stroem.reconciler.workspaces.release_contents import ReleaseContents, RevisionContents
from stroem.records.release import FileEntry
from stroem.server.api.git_pages import page_of
from stroem.server.api.lookup import loaded_workspace, workspace_not_found
from stroem.server.http.paging import clamp
from stroem.server.keys import CATALOG, RECONCILER

CURRENT = "current"
"""The word for the release that runs, in the place of its number."""
NEWEST = "newest"
"""The word for the revision last seen at the source, which may have become no release."""

_MOST_FILES = 1_000
_MOST_NAMES = 50
_MOST_BYTES = 1024 * 1024


@attrs.frozen(kw_only=True)
class FilesQuery:
    """A page of files: paths greater than `after` that begin with `under`, at most `limit` (1 to 1,000)."""

    under: str = ""
    after: str = ""
    limit: int = _MOST_FILES


@attrs.frozen(kw_only=True)
class DefinedName:
    """A definition by its kind (task, action, trigger, …) and name.

    `line` is that of its key, from 1; null in lists of files, and for files that are no YAML.
    """

    kind: str
    name: str
    line: int | None = None


@attrs.frozen(kw_only=True)
class FileItem:
    """A file: bytes, POSIX mode in octal (null for a link), and the target of a symbolic link.

    `definitions` are those that a workflow file gives; `definitions_left_out` counts the missing ones.
    """

    path: str
    size: int
    mode: str | None
    link: str | None
    definitions: tuple[DefinedName, ...] = ()
    definitions_left_out: int = 0


@attrs.frozen(kw_only=True)
class FileList:
    """Files of a release by path, those of its libraries under `_libraries/` included.

    `release` is null for a revision that became none. `total` counts the files under the asked folder; `next` is the
    `after` of the following page, null at the end.
    """

    release: int | None
    revision: str
    items: tuple[FileItem, ...]
    total: int
    next: str | None


@attrs.frozen(kw_only=True)
class FileText:
    """A file with its content. `text` is null unless the content is `text`.

    `too_large`: it has more than 1 MiB. `masked`: dots stand in the place of secrets. `url` is the page of the file at
    its git host.
    """

    release: int | None
    revision: str
    file: FileItem
    content: Literal["text", "binary", "link", "too_large"]
    text: str | None = None
    masked: bool = False
    url: str | None = None


async def list_files(request: web.Request, workspace: str, number: str, query: FilesQuery) -> FileList:
    """The files of a release by its number or `current`, or of the `newest` revision."""
    contents = await revision_of(request, workspace, number)
    limit = clamp(query.limit, 1, _MOST_FILES)
    paths = [file.path for file in contents.files]
    first = bisect.bisect_left(paths, query.under)
    start = max(first, bisect.bisect_right(paths, query.after))
    under = [*itertools.takewhile(lambda file: file.path.startswith(query.under), contents.files[first:])]
    shown = under[start - first : start - first + limit]
    more = start - first + limit < len(under)
    return FileList(
        release=contents.number,
        revision=contents.revision,
        items=tuple(_item(file, contents) for file in shown),
        total=len(under),
        next=shown[-1].path if shown and more else None,
    )


async def get(request: web.Request, workspace: str, number: str, path: str) -> FileText:
    """A file as the list has it, with dots in the place of secrets."""
    contents = await revision_of(request, workspace, number)
    file = contents.find(path)
    answer = FileText(
        release=contents.number,
        revision=contents.revision,
        file=_item(file, contents),
        content="link" if file.link is not None else "too_large",
        url=page_of(request.app, workspace, contents.revision, path),
    )
    if file.link is not None or file.size > _MOST_BYTES:
        return answer
    reconciler = request.app[RECONCILER]
    text = text_of_file(await reconciler.deps.blobs.get(file.digest))
    if text is None:
        return attrs.evolve(answer, content="binary")
    mask = reconciler.contents.mask(workspace, contents.definitions)
    shown = await asyncio.to_thread(mask.text, path, text)
    file_item = await asyncio.to_thread(_with_lines, answer.file, text)
    return attrs.evolve(answer, file=file_item, content="text", text=shown, masked=shown != text)


async def revision_of(request: web.Request, workspace: str, word: str) -> RevisionContents:
    """The contents of a release by its number or `current`, or of the `newest` revision."""
    if word != NEWEST:
        return await contents_of(request, workspace, word)
    loaded_workspace(request.app, workspace)
    return await request.app[RECONCILER].contents.newest(workspace)


async def contents_of(request: web.Request, workspace: str, number: str) -> ReleaseContents:
    """The contents of a release by its number or `current`. Raises `BadRequest`, `NotFound`."""
    if number != CURRENT and not (number.isascii() and number.isdigit() and len(number) < 10):
        raise BadRequest(message=f"Invalid number: expected a whole number or {CURRENT!r}")
    if number == CURRENT and request.app[CATALOG].get(workspace) is None:
        raise workspace_not_found(request.app, workspace)
    return await request.app[RECONCILER].contents.get(workspace, None if number == CURRENT else int(number))


def _with_lines(item: FileItem, text: str) -> FileItem:
    """The item with the lines of its definitions, where the file is YAML."""
    if not item.definitions:
        return item
    try:
        lines = lines_of_definitions(text)
    except Unreadable:
        return item
    library = library_of(item.path)
    names = [own_name(library, one.name) if library is not None else one.name for one in item.definitions]
    places = (
        attrs.evolve(one, line=lines.get((one.kind, name))) for one, name in zip(item.definitions, names, strict=True)
    )
    return attrs.evolve(item, definitions=tuple(places))


def _item(file: FileEntry, contents: RevisionContents) -> FileItem:
    names = [DefinedName(kind=kind, name=name) for kind, name in contents.defined_in(file.path)]
    return FileItem(
        path=file.path,
        size=file.size,
        mode=f"{file.mode:04o}" if file.link is None else None,
        link=file.link,
        definitions=tuple(names[:_MOST_NAMES]),
        definitions_left_out=max(len(names) - _MOST_NAMES, 0),
    )
