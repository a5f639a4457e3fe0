"""Diffs of a revision against the current release. They hold no secrets and are bounded in size."""

import datetime
from typing import Literal

import attrs

from stroem.definitions.values import Json
from stroem.records.problem import Excerpt, Problem
from stroem.records.release import Commit

ChangeWord = Literal["added", "changed", "removed", "broken"]
"""`broken`: it exists on both sides, and has mistakes on the new one (see `problems`)."""

FireWord = Literal["added", "removed", "moved", "paused", "resumed"]


RightsWord = Literal["gained", "lost", "withheld", "kept"]


@attrs.frozen(kw_only=True)
class NameList:
    """Sorted names; `left_out` counts the missing ones."""

    names: tuple[str, ...] = ()
    left_out: int = 0


@attrs.frozen(kw_only=True)
class RevisionLabel:
    """A side of a diff: a revision, and the number of its release if there is one."""

    revision: str
    release: int | None = None
    commit: Commit | None = None


@attrs.frozen(kw_only=True)
class FieldChange:
    """A value that differs inside a definition, at `path` (`flow.build.input.version`).

    `diff` has the lines of a unified diff in place of `old` and `new` when these are long texts. A `secret` value is
    shown as dots. `shortened`: the values are cut.
    """

    path: str
    change: ChangeWord
    old: Json = None
    new: Json = None
    diff: tuple[str, ...] = ()
    secret: bool = False
    shortened: bool = False


@attrs.frozen(kw_only=True)
class DefinitionChange:
    """A definition that differs. `kind` is task, action, trigger, connection, connection_type, secret, mcp_server,
    limit, library, or workspace for its hooks. `used_by` are the tasks that use an action.
    """

    kind: str
    name: str
    change: ChangeWord
    fields: tuple[FieldChange, ...] = ()
    fields_left_out: int = 0
    used_by: NameList = NameList()


@attrs.frozen(kw_only=True)
class FireChange:
    """A schedule with other next times: the next three of each side, in UTC."""

    trigger: str
    change: FireWord
    task: str
    old: tuple[datetime.datetime, ...] = ()
    new: tuple[datetime.datetime, ...] = ()


@attrs.frozen(kw_only=True)
class UseChange:
    """A secret or connection with new readers (`added`) or lost ones (`removed`).

    `others` are readers that are no tasks: `connection warehouse`, `trigger nightly`.
    """

    kind: Literal["secret", "connection"]
    name: str
    change: Literal["added", "removed"]
    tasks: NameList = NameList()
    others: NameList = NameList()


@attrs.frozen(kw_only=True)
class FileChange:
    """A file that differs in its `content`, its `mode` (POSIX, octal) or its `link`.

    `diff` has the lines of a unified diff of a text, without secrets. `definitions`: it is a workflow file. `used_by`
    are the tasks that use it through their actions; `by_hooks`: hooks of the workspace use it.
    """

    path: str
    change: Literal["added", "changed", "removed"]
    what: tuple[Literal["content", "mode", "link"], ...] = ()
    old_mode: str | None = None
    new_mode: str | None = None
    definitions: bool = False
    used_by: NameList = NameList()
    by_hooks: bool = False
    diff: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class JobsAffected:
    """Live jobs of a changed or removed task. They finish on the release that they began with."""

    task: str
    change: Literal["changed", "removed"]
    jobs: int


@attrs.frozen(kw_only=True)
class RightsChange:
    """Verbs that a subject of rules gains or loses: everyone, or a named group, user or service account.

    `withheld` is what everyone gains, but not this subject; `kept` what everyone loses, but not this subject. It holds
    where workspaces and tasks match the patterns, except at the patterns in `except_at`.
    """

    kind: str
    name: str
    change: RightsWord
    verbs: tuple[str, ...]
    workspaces: str
    tasks: str
    except_at: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class KindCount:
    """Counts of the definitions of a kind that differ; files have the kind `file`."""

    kind: str
    added: int = 0
    changed: int = 0
    removed: int = 0
    broken: int = 0


@attrs.frozen(kw_only=True)
class ReleasePlan:
    """The diff of `new` against `old`, which is None before the first release.

    `valid`: there are no errors among `problems`. Each list is sorted and bounded; the `left_out` beside it counts the
    missing entries, and `summary` counts all. `excerpts` are lines of files around the first of the `problems`.
    """

    old: RevisionLabel | None
    new: RevisionLabel
    changed: bool
    valid: bool
    errors: int
    warnings: int
    summary: tuple[KindCount, ...]
    changes: tuple[DefinitionChange, ...] = ()
    changes_left_out: int = 0
    fires: tuple[FireChange, ...] = ()
    fires_left_out: int = 0
    uses: tuple[UseChange, ...] = ()
    uses_left_out: int = 0
    rights: tuple[RightsChange, ...] = ()
    rights_left_out: int = 0
    files: tuple[FileChange, ...] = ()
    files_left_out: int = 0
    jobs: tuple[JobsAffected, ...] = ()
    jobs_left_out: int = 0
    problems: tuple[Problem, ...] = ()
    problems_left_out: int = 0
    excerpts: tuple[Excerpt, ...] = ()

    def count(self, kind: str) -> KindCount:
        """The counts of a kind."""
        return next((count for count in self.summary if count.kind == kind), KindCount(kind=kind))
