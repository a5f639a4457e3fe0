"""What a revision would change, before it is applied. Holds no secrets, and no more than a person can read."""

import datetime
from typing import Literal

import attrs

from stroem.definitions.values import Json
from stroem.records.problem import Problem
from stroem.records.release import Commit

ChangeWord = Literal["added", "changed", "removed", "broken"]
"""`broken`: it was there before and is there still, with mistakes that `problems` name."""

FireWord = Literal["added", "removed", "moved", "paused", "resumed"]


@attrs.frozen(kw_only=True)
class NameList:
    """Names, sorted; `left_out` says how many more there are."""

    names: tuple[str, ...] = ()
    left_out: int = 0


@attrs.frozen(kw_only=True)
class RevisionLabel:
    """One side of a plan: a revision, and the number of its release if it has become one."""

    revision: str
    release: int | None = None
    commit: Commit | None = None


@attrs.frozen(kw_only=True)
class FieldChange:
    """One value inside a definition that differs: `path` is the way to it (`flow.build.input.version`).

    `diff` has the lines of a unified diff in place of `old` and `new` when these are long texts. A `secret` value is
    never shown, dots stand for it. `shortened`: there is more of it than is shown.
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
    """One definition that differs: `kind` is task, action, trigger, connection, connection_type, secret, mcp_server,
    library, or workspace for its hooks. `used_by` are the tasks that use an action.
    """

    kind: str
    name: str
    change: ChangeWord
    fields: tuple[FieldChange, ...] = ()
    fields_left_out: int = 0
    used_by: NameList = NameList()


@attrs.frozen(kw_only=True)
class FireChange:
    """A schedule whose next times are others: the next three as it was and as it would be, in UTC."""

    trigger: str
    change: FireWord
    task: str
    old: tuple[datetime.datetime, ...] = ()
    new: tuple[datetime.datetime, ...] = ()


@attrs.frozen(kw_only=True)
class UseChange:
    """A secret or connection that is read where it was not before (`added`), or no longer (`removed`).

    `others` are what is no task: `connection warehouse`, `trigger nightly`.
    """

    kind: Literal["secret", "connection"]
    name: str
    change: Literal["added", "removed"]
    tasks: NameList = NameList()
    others: NameList = NameList()


@attrs.frozen(kw_only=True)
class FileChange:
    """A file that differs: in its `content`, its `mode` (POSIX, octal) or its `link`.

    `definitions` says that it is a workflow file. `used_by` are the tasks whose actions name it, `by_hooks` that
    hooks of the workspace do.
    """

    path: str
    change: Literal["added", "changed", "removed"]
    what: tuple[Literal["content", "mode", "link"], ...] = ()
    old_mode: str | None = None
    new_mode: str | None = None
    definitions: bool = False
    used_by: NameList = NameList()
    by_hooks: bool = False


@attrs.frozen(kw_only=True)
class JobsAffected:
    """Live jobs of a task that is changed or removed. They finish on the release that they began with."""

    task: str
    change: Literal["changed", "removed"]
    jobs: int


@attrs.frozen(kw_only=True)
class KindCount:
    """How many definitions of a kind differ; files have the kind `file`."""

    kind: str
    added: int = 0
    changed: int = 0
    removed: int = 0
    broken: int = 0


@attrs.frozen(kw_only=True)
class ReleasePlan:
    """What `new` would change against `old`, which is None when there is nothing yet.

    `valid` says that `problems` holds no errors. Each list is sorted and bounded; the `left_out` beside it says how
    many more there are, and `summary` counts them all.
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
    files: tuple[FileChange, ...] = ()
    files_left_out: int = 0
    jobs: tuple[JobsAffected, ...] = ()
    jobs_left_out: int = 0
    problems: tuple[Problem, ...] = ()
    problems_left_out: int = 0

    def count(self, kind: str) -> KindCount:
        """How many definitions of a kind differ."""
        return next((count for count in self.summary if count.kind == kind), KindCount(kind=kind))
