"""Comparison of two revisions: differences, and the tasks that they affect."""

import functools
from collections.abc import Iterator, Mapping

import attrs

from stroem.definitions.kinds import SECTIONS
from stroem.definitions.references import Name
from stroem.definitions.workspace import Definitions
from stroem.dialects.installed import InstalledDialects
from stroem.reconciler.diff.action_users import Users, users_of_actions
from stroem.reconciler.diff.definitions import Difference, differences
from stroem.reconciler.diff.files import differing_files, with_users
from stroem.reconciler.diff.secret_uses import READERS
from stroem.reconciler.diff.values import ABSENT
from stroem.records.release import Commit, FileEntry, LibraryVersion
from stroem.records.release_plan import FileChange
from stroem.redaction.definition_secrets import Secrets
from stroem.rights.workspace_rules import RulesFile

_NO_USERS = Users()


@attrs.frozen(kw_only=True)
class Side:
    """A revision to compare. `files` are sorted by path; `release` is a number, if it has become one.

    `broken` are definitions, by section and name (`("tasks", "deploy")`), that have mistakes and are therefore not
    among `definitions`. `rules` are the rules of rights of the workspace that gives rights.
    """

    revision: str
    definitions: Definitions
    files: tuple[FileEntry, ...] = ()
    libraries: tuple[LibraryVersion, ...] = ()
    release: int | None = None
    commit: Commit | None = None
    broken: frozenset[tuple[str, str]] = frozenset()
    rules: RulesFile | None = None


@attrs.frozen(kw_only=True, slots=False)
class Comparison:
    """Lazy comparison of two sides; each part is computed once."""

    old: Side
    new: Side
    dialects: InstalledDialects

    @functools.cached_property
    def differences(self) -> list[Difference]:
        """The definitions and libraries that differ."""
        return [*differences(self.old.definitions, self.new.definitions), *self._libraries()]

    @functools.cached_property
    def secrets(self) -> Secrets:
        """The secrets of both sides."""
        return Secrets(sides=(self.old.definitions, self.new.definitions))

    @functools.cached_property
    def users(self) -> Mapping[str, Users]:
        """The users of each action that differs; the former users of removed ones."""
        actions = [found for found in self.differences if found.kind == "action"]
        gone = {found.name for found in actions if found.change == "removed"}
        there = {found.name for found in actions} - gone
        users = users_of_actions(there, self.new.definitions)
        return {**users_of_actions(gone, self.old.definitions), **users}

    @functools.cached_property
    def tasks(self) -> frozenset[str]:
        """The tasks that differ themselves or use an action that does."""
        own = frozenset(found.name for found in self.differences if found.kind == "task")
        return own.union(*(users.tasks for users in self.users.values()))

    @functools.cached_property
    def files(self) -> tuple[list[FileChange], frozenset[str]]:
        """The files that differ with their users, and all tasks that use one."""
        changes = differing_files(self.old.files, self.new.files)
        if not changes:
            return [], frozenset()
        old, new = ((side.definitions, {file.path: file for file in side.files}) for side in (self.old, self.new))
        return with_users(changes, old, new, self.dialects)

    def is_broken(self, found: Difference) -> bool:
        """Whether a definition that seems to be removed exists with mistakes."""
        return found.change == "removed" and (SECTIONS.get(found.kind, ""), found.name) in self.new.broken

    def readers(self) -> Iterator[Name]:
        """The definitions that may read other secrets or connections than before."""
        broken = {found.name for found in self.differences if found.kind == "task" and self.is_broken(found)}
        yield from (("task", name) for name in self.tasks - broken)
        others = {(found.kind, found.name) for found in self.differences if found.kind in READERS}
        if any(users.hooks for users in self.users.values()):
            others.add(("workspace", ""))
        yield from (other for other in others if other[0] != "task")

    def users_of(self, found: Difference) -> Users:
        """The users of a difference's action."""
        return self.users.get(found.name, _NO_USERS) if found.kind == "action" else _NO_USERS

    def _libraries(self) -> Iterator[Difference]:
        was, now = ({library.name: _compared(library, side) for library in side.libraries} for side in self._sides)
        for name in sorted({*was, *now}):
            if was.get(name) != now.get(name):
                yield Difference(kind="library", name=name, old=was.get(name, ABSENT), new=now.get(name, ABSENT))

    @property
    def _sides(self) -> tuple[Side, Side]:
        return self.old, self.new


def _compared(library: LibraryVersion, side: Side) -> LibraryVersion:
    """The library to compare: without its revision when that is the workspace's own."""
    return attrs.evolve(library, revision="") if library.revision == side.revision else library
