"""Releases: immutable states of a workspace."""

import datetime
from typing import Literal

import attrs


@attrs.frozen(kw_only=True)
class FileEntry:
    """A file of a release: its content's SHA-256 (hex), size in bytes, and POSIX mode.

    A symbolic link has `link` set to its target and an empty digest.
    """

    path: str
    digest: str = ""
    size: int = 0
    mode: int = 0o644
    link: str | None = None


@attrs.frozen(kw_only=True)
class Change:
    """A difference between two releases. `kind` is task, action, trigger, …, or rules for those of rights."""

    kind: str
    name: str
    change: str  # added, changed, removed
    fields: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Commit:
    """The commit of a revision: author, time and message (the first line is its title)."""

    author: str
    message: str
    at: datetime.datetime

    @property
    def title(self) -> str:
        """The first line of the message."""
        return self.message.strip().partition("\n")[0]


@attrs.frozen(kw_only=True)
class LibraryVersion:
    """A library in a release. `origin` is its address without credentials; with `floats`, its ref can move, so that
    the next release may have another revision.
    """

    name: str
    revision: str
    origin: str
    ref: str | None = None
    floats: bool = False


@attrs.frozen(kw_only=True)
class Held:
    """A definition of a partial release that is held back at an older version.

    `reason` is the mistake in the release's own revision, in `file`. The definition is that of release `number` (with
    `revision`); None when no release has it.
    """

    kind: str
    name: str
    reason: str
    file: str = ""
    release_id: int | None = None
    number: int | None = None
    revision: str | None = None


Cause = Literal["start", "poll", "push", "person", "pin", "resume", "approval", "library", "settings", "rollback"]
"""The cause of a run of the pipeline, and of the release that it makes."""


@attrs.frozen(kw_only=True)
class Release:
    """A numbered, immutable state of a workspace. `manifest` is the digest of the list of its files.

    `made_by` names the person or the push behind it, if one is known; `rollback_of` is the number of the release
    whose files it brings back. `ref` is the branch, tag or commit that was followed when it was made, None for sources
    without refs. `commit_url` is the page of the commit at its git host, set only where releases are shown.
    """

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
    cause: Cause = "poll"
    made_by: str | None = None
    commit: Commit | None = None
    libraries: tuple[LibraryVersion, ...] = ()
    held: tuple[Held, ...] = ()
    rollback_of: int | None = None
    ref: str | None = None
    commit_url: str | None = None
