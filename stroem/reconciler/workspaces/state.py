"""State of a workspace between two runs of the pipeline."""

import time
from collections.abc import Mapping

import attrs

from stroem.definitions.workspace import Definitions
from stroem.dialects.workspace_file.file import WorkspaceFile
from stroem.interfaces.parsed_file import ParsedFile
from stroem.interfaces.source import Snapshot
from stroem.reconciler.following.followed import Followed
from stroem.reconciler.libraries.library import UsedLibrary
from stroem.reconciler.sources.contents import KEPT_SECS
from stroem.records.condition import Override, Waiting
from stroem.records.problem import Problem
from stroem.records.release import FileEntry, Held, LibraryVersion, Release
from stroem.rights.workspace_rules import RulesFile
from stroem.settings.server import WorkspaceSettings
from stroem.store.workspaces.workspaces import WorkspaceRow
from stroem.validation.checker import Validation


@attrs.frozen(kw_only=True)
class Evaluation:
    """Evaluation of a revision with these libraries, when `rules_from` was the workspace whose rules count.

    It became current unless `error` or `waiting` is set.
    """

    revision: str
    libraries: tuple[LibraryVersion, ...] = ()
    rules_from: str | None = None
    error: str | None = None
    problems: tuple[Problem, ...] = ()
    waiting: Waiting | None = None
    held: tuple[Held, ...] = ()

    def is_of(self, revision: str, libraries: tuple[LibraryVersion, ...], rules_from: str | None) -> bool:
        """Whether it is the evaluation of such a revision."""
        return (self.revision, self.libraries, self.rules_from) == (revision, libraries, rules_from)


@attrs.frozen(kw_only=True, eq=False)
class MergedSnapshot:
    """The `own` files of a revision, and all `files`: with those of its libraries under `_libraries/`. Both are sorted
    by path; `manifest` is the digest of the list of all.
    """

    snapshot: Snapshot
    libraries: tuple[LibraryVersion, ...]
    own: tuple[FileEntry, ...]
    files: tuple[FileEntry, ...]
    manifest: str


@attrs.frozen(kw_only=True, eq=False)
class HeldTask:
    """A task that runs as an older release has it."""

    release: Release
    definitions: Definitions


@attrs.define(kw_only=True, eq=False)
class Workspace(Followed):
    """A workspace between two runs of the pipeline; its key is its name.

    `files` are the workflow files of `snapshot` and those of its libraries, parsed; `good_files` are those of the
    current release, whose rules of rights are `rules`. `evaluation` is None when the snapshot has not been judged
    against the current release.
    """

    settings: WorkspaceSettings
    row: WorkspaceRow | None = None
    declared: tuple[str, WorkspaceFile] | None = None
    library_keys: Mapping[str, str] = attrs.Factory(dict)
    used: tuple[UsedLibrary, ...] = ()
    inside: dict[str, dict[str, ParsedFile]] = attrs.Factory(dict)
    merged: MergedSnapshot | None = None
    files: dict[str, ParsedFile] = attrs.Factory(dict)
    good_files: Mapping[str, ParsedFile] = attrs.Factory(dict)
    validation: Validation | None = None
    evaluation: Evaluation | None = None
    release: Release | None = None
    definitions: Definitions | None = None
    rules: RulesFile | None = None
    held: dict[str, HeldTask] = attrs.Factory(dict)

    @property
    def name(self) -> str:
        """The name of the workspace."""
        return self.key

    @property
    def overrides(self) -> tuple[Override, ...]:
        """The overrides set at run time."""
        return self.row.overrides if self.row else ()

    @property
    def contents_are_kept(self) -> bool:
        """Whether the contents of the snapshot are in the blob store for sure: something that is not forgotten names
        them, or this process has put them there so shortly ago that nobody can have removed them yet.
        """
        if self.kept_at is None or time.monotonic() - self.kept_at < KEPT_SECS:
            return True
        observed = self.row.report.observed if self.row else None
        named = {self.release.manifest if self.release else None, observed.manifest if observed else None}
        merged = self.merged
        return merged is not None and merged.snapshot is self.snapshot and merged.manifest in named

    @property
    def is_followed(self) -> bool:
        """Whether the source is followed: the workspace is neither suspended nor rolled back."""
        return not any(
            one.kind == "suspended" or (one.kind == "pinned" and one.release is not None) for one in self.overrides
        )

    @property
    def pinned_ref(self) -> str | None:
        """The ref that the workspace is pinned to."""
        return next((one.ref for one in self.overrides if one.kind == "pinned" and one.ref is not None), None)

    @property
    def followed_ref(self) -> str | None:
        """The branch, tag or commit that is followed: the pinned one, else that of the source."""
        return self.pinned_ref or self.source.ref
