"""What validation is told about the world outside the workflow files."""

from collections.abc import Collection, Mapping

import attrs


@attrs.frozen(kw_only=True)
class Known:
    """`runners`: the name of every runner there is, and the class of its options if it has any.

    `files`: the paths of all files of the workspace; empty means that they are not known, so that paths are not
    checked. Those of its libraries are under `_libraries/{name}/`.

    `libraries`: the names of all that are declared, for this workspace or for all; `unread_libraries`: those of them
    whose files are not here, so that anything may be in them.

    `workspaces`: the names of the others, whose actions may be used too; None means that they are not known, nor all
    libraries, so that a name which may be there is only warned of.

    `is_library`: this is a library, whose users bring secrets, connections and MCP servers.
    """

    runners: Mapping[str, type | None]
    files: Collection[str] = ()
    libraries: frozenset[str] = frozenset()
    unread_libraries: frozenset[str] = frozenset()
    workspaces: frozenset[str] | None = None
    is_library: bool = False
