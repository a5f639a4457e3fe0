"""Old and new side of a diff, read from a checkout without a server."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import ClassVar

import attrs
import click

from stroem.cli.local.checkout import Checkout, read_checkout
from stroem.cli.local.git_repository import Repository, repository_of
from stroem.cli.local.workspace_folder import refuse_nothing, source_of, workspace_of
from stroem.cli.output.errors import Failure
from stroem.interfaces.source import Snapshot, Source
from stroem.reconciler.diff.plan import Side
from stroem.records.problem import Problem
from stroem.records.release import FileEntry
from stroem.registry.registry import Registry
from stroem.validation.checker import Validation

WORKING_TREE = "working tree"

_RANGE = re.compile(r"(?P<old>[^/.].*?|)(?P<dots>\.{2,3})(?P<new>[^/.].*|)", re.DOTALL)


@attrs.frozen(kw_only=True)
class Comparison:
    """Two commits of a repository to compare; `new` None stands for the folder as it is now."""

    folder: Path
    repository: Repository | None = None
    old: str | None = None
    new: str | None = None


@attrs.frozen(kw_only=True)
class Sides:
    """Both sides of a diff, and the problems of the new side."""

    old: Side | None
    new: Side
    problems: tuple[Problem, ...]


@attrs.define(kw_only=True, eq=False)
class WorkingTree(Source):
    """Source of a folder, limited to files that git tracks or would add, with the modes that git records.

    `left_out` are tracked files that exist but that the folder source skips.
    """

    name: ClassVar[str] = WORKING_TREE

    inner: Source
    folder: Path
    repository: Repository
    left_out: frozenset[str] = frozenset()

    async def fetch(self, previous: Snapshot | None, ref: str | None = None) -> Snapshot:
        """The files as they are now."""
        found = await self.inner.fetch(None)
        return await asyncio.to_thread(self._as_committed, found)

    def read(self, snapshot: Snapshot, files: Sequence[FileEntry]) -> AsyncIterator[tuple[FileEntry, bytes]]:
        """The contents of files."""
        return self.inner.read(snapshot, files)

    def _as_committed(self, found: Snapshot) -> Snapshot:
        committable = self.repository.committable(self.folder, (file.path for file in found.files))
        rest = committable.difference(file.path for file in found.files)
        self.left_out = frozenset(path for path in rest if os.path.lexists(self.folder / path))
        files = tuple(_with_git_mode(file) for file in found.files if file.path in committable)
        return Snapshot(revision=WORKING_TREE, files=files)


def comparison_of(target: str | None, start: Path) -> Comparison:
    """The comparison for TARGET, a folder or a range of commits, relative to `start`. Raises `Failure`."""
    if target is None or (start / target).exists():
        folder = workspace_of(start / (target or ""))
        repository = repository_of(folder)
        return Comparison(folder=folder, repository=repository, old=repository.head() if repository else None)
    found = _RANGE.fullmatch(target)
    if found is None:
        raise click.UsageError(f"There is no folder {target!r}. Two commits are written REF..REF")
    folder = workspace_of(start)
    repository = repository_of(folder)
    if repository is None:
        raise Failure(f"{target!r} names commits, and {folder} is in no git repository")
    old = repository.commit(found["old"] or "HEAD")
    new = repository.commit(found["new"]) if found["new"] else None
    if found["dots"] == "...":
        old = repository.merge_base(old, new or repository.commit("HEAD"))
    return Comparison(folder=folder, repository=repository, old=old, new=new)


async def read_sides(registry: Registry, asked: Comparison) -> Sides:
    """Reads both sides. Raises `Failure`, or `SourceUnavailable` for an unreadable commit or folder."""
    old: Checkout | None = None
    if asked.repository and asked.old and asked.repository.has_folder(asked.old, asked.repository.inner(asked.folder)):
        old = await read_checkout(_commit(registry, asked.repository, asked.folder, asked.old), registry)
    source = _new(registry, asked)
    new = await read_checkout(source, registry, previous=old)
    if old is None or not old.files:
        refuse_nothing(new, str(asked.folder))
    before = old.validation() if old else None
    after = new.validation(before)
    left_out = source.left_out if isinstance(source, WorkingTree) else frozenset[str]()
    return Sides(
        old=_side(old, before, left_out) if old and before else None,
        new=_side(new, after),
        problems=new.all_problems(after),
    )


def _new(registry: Registry, asked: Comparison) -> Source:
    if asked.repository and asked.new:
        if not asked.repository.has_folder(asked.new, asked.repository.inner(asked.folder)):
            raise Failure(f"Commit {asked.new[:12]} has no folder {asked.repository.inner(asked.folder)!r}")
        return _commit(registry, asked.repository, asked.folder, asked.new)
    source = source_of(registry, "folder", {"path": str(asked.folder)})
    if asked.repository is None:
        return source
    return WorkingTree(inner=source, folder=asked.folder, repository=asked.repository)


def _commit(registry: Registry, repository: Repository, folder: Path, commit: str) -> Source:
    options = {"url": str(repository.storage), "path": repository.inner(folder), "ref": commit}
    return source_of(registry, "git", options)


def _side(found: Checkout, checked: Validation, left_out: frozenset[str] = frozenset()) -> Side:
    return Side(
        revision=found.snapshot.revision,
        definitions=checked.definitions,
        files=tuple(file for file in found.entries if file.path not in left_out),
        libraries=found.libraries,
        commit=found.snapshot.commit,
        broken=found.broken,
        rules=found.rules,
    )


def _with_git_mode(file: FileEntry) -> FileEntry:
    """The file with the mode that git records: executable or not."""
    if file.link is not None:
        return file
    return attrs.evolve(file, mode=0o755 if file.mode & 0o100 else 0o644)
