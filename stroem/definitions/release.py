"""A workspace as it was at one revision, for ever."""

import datetime

import attrs


@attrs.frozen(kw_only=True)
class FileEntry:
    """One file of a release: its content's SHA-256 (hex), size in bytes, and POSIX mode.

    A symbolic link has `link` set to its target and an empty digest.
    """

    path: str
    digest: str = ""
    size: int = 0
    mode: int = 0o644
    link: str | None = None


@attrs.frozen(kw_only=True)
class Change:
    """One difference between two releases: `kind` task, action, trigger, …"""

    kind: str
    name: str
    change: str  # added, changed, removed
    fields: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Release:
    """A numbered, immutable state of a workspace. `manifest` is the digest of the list of its files."""

    id: int
    workspace: str
    number: int
    revision: str
    manifest: str
    tasks_count: int
    actions_count: int
    triggers_count: int
    connections_count: int
    changes: tuple[Change, ...]
    created_at: datetime.datetime
