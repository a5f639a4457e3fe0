"""The environment of workflow files: runners, files, libraries, other workspaces."""

from collections.abc import Collection, Mapping

import attrs

from stroem.interfaces.triggers.trigger_type import TriggerType


@attrs.frozen(kw_only=True)
class Environment:
    """The environment that workflow files are validated in.

    `runners`: all runners by name, with the class of their options if they have any.

    `trigger_types`: all types of triggers by name.

    `files`: the paths of all files of the workspace; empty means that they are not known, so that paths are not
    checked. Those of its libraries are under `_libraries/{name}/`.

    `libraries`: the declared ones, of this workspace or of all; `unread_libraries`: those without files here, which
    may have any name.

    `workspaces`: the other ones, whose actions may be used too; None when neither they nor all libraries are known, so
    that unknown names are only warned of.

    `is_library`: this is a library, whose users bring secrets, connections and MCP servers.

    `has_authors`: revisions have a commit with an author, as those of git do, or this is not known.
    """

    runners: Mapping[str, type | None]
    trigger_types: Mapping[str, type[TriggerType]] = attrs.Factory(dict)
    files: Collection[str] = ()
    libraries: frozenset[str] = frozenset()
    unread_libraries: frozenset[str] = frozenset()
    workspaces: frozenset[str] | None = None
    is_library: bool = False
    has_authors: bool = True
