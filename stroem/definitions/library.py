"""Names and paths of libraries in the workspaces that use them."""

WORKSPACE_FILES = (".stroem.yaml", ".stroem.yml")
"""The files in which a workspace declares its libraries; the first one counts."""

LIBRARIES = "_libraries"
"""The folder for the files of a workspace's libraries, each under its name."""

LIBRARY_SECTIONS = ("connection_types", "actions", "tasks")
"""The sections of definitions that users of a library see."""


def path_in_library(library: str, path: str = "") -> str:
    """The path in a workspace of a library's file, or of the library's folder."""
    return f"{LIBRARIES}/{library}/{path}".rstrip("/")


def library_of(path: str) -> str | None:
    """The library that a file of a workspace belongs to; None for the workspace's own files."""
    folder, _, rest = path.partition("/")
    return rest.partition("/")[0] if folder == LIBRARIES else None


def own_name(library: str, name: str) -> str:
    """The name inside a library of what its users call `name`."""
    return name.removeprefix(f"{library}.")
