"""The rules of rights in the files of a workspace."""

import asyncio

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.workflow_folder import RULES_FILE
from stroem.interfaces.source import Snapshot
from stroem.reconciler.sources.contents import Texts, texts_of
from stroem.reconciler.sources.workflow_files import rules_entry
from stroem.records.problem import Problem
from stroem.records.release import Change
from stroem.rights.rules_file import parse_rules_file
from stroem.rights.workspace_rules import RulesFile


async def read_rules(
    snapshot: Snapshot, texts: Texts, blobs: BlobStore, known: RulesFile | None = None
) -> RulesFile | None:
    """The file of rules; None without one. `known` is not parsed again. Raises `BlobMissing`."""
    entry = rules_entry(snapshot)
    if entry is None or (known is not None and known.digest == entry.digest):
        return None if entry is None else known
    (data,) = await texts_of([entry.digest], texts, blobs)
    return await asyncio.to_thread(parse_rules_file, data, entry.digest)


def rules_problems(workspace: str, rules_from: str | None, rules: RulesFile | None) -> tuple[Problem, ...]:
    """The mistakes in the rules of the workspace that gives rights; a warning where rules have no effect."""
    if workspace == rules_from:
        return (_missing(),) if rules is None else rules.problems
    if rules is None:
        return ()
    named = "no workspace" if rules_from is None else f"workspace {rules_from!r}"
    message = f"these rules have no effect: `rules_from` in the settings of the server names {named}"
    return (Problem(code="rules-without-effect", message=message, file=RULES_FILE, severity="warning"),)


def rules_changes(old: RulesFile | None, new: RulesFile | None) -> tuple[Change, ...]:
    """The change of the rules between two releases, with the names of its keys; empty without one."""
    if old is None or new is None:
        return () if old is new else (Change(kind="rules", name=RULES_FILE, change="removed" if old else "added"),)
    fields = tuple(name for name in ("roles", "rules") if getattr(old, name) != getattr(new, name))
    return (Change(kind="rules", name=RULES_FILE, change="changed", fields=fields),) if fields else ()


def _missing() -> Problem:
    return Problem(
        code="missing-file",
        message="the file is missing, and `rules_from` in the settings of the server names this workspace",
        file=RULES_FILE,
        hint="write `rules: []` into it to give none; a link does not count",
    )
