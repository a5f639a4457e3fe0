"""Problems of unread libraries, for checks of a workspace without a server."""

from collections.abc import Collection, Iterator

from stroem.dialects.workspace_file.file import LibraryRef, WorkspaceFile
from stroem.records.problem import Problem


def unread_problems(path: str, declared: WorkspaceFile, unread: Collection[str]) -> Iterator[Problem]:
    """A warning for each library from elsewhere, an error for each missing folder.

    `path` is that of the file that declares them.
    """
    for name, library in declared.libraries.items():
        if name in unread:
            yield _no_folder(path, library) if library.type == "folder" else _elsewhere(path, library)


def _no_folder(path: str, library: LibraryRef) -> Problem:
    return Problem(
        code="missing-file",
        message=f"there is no folder {library.options['path']!r} in the workspace, or it is empty",
        file=path,
        line=library.line,
        column=library.column,
        path=f"libraries.{library.name}.path",
    )


def _elsewhere(path: str, library: LibraryRef) -> Problem:
    return Problem(
        code="unread-library",
        message=f"library {library.name!r} is not here: what is used of it is not checked",
        file=path,
        line=library.line,
        column=library.column,
        path=f"libraries.{library.name}",
        hint="the server checks it",
        severity="warning",
    )
