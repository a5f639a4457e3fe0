"""The release that a round is about to make."""

from stroem.definitions.task import is_inline
from stroem.definitions.workspace import Definitions
from stroem.reconciler.workspaces.context import Attempt
from stroem.reconciler.workspaces.state import Combined
from stroem.store.workspaces.releases import Draft


def draft_of(attempt: Attempt, definitions: Definitions, combined: Combined) -> Draft:
    """The release of a round that has found these definitions in these files."""
    commit = combined.snapshot.commit
    return Draft(
        workspace=attempt.workspace.name,
        revision=combined.snapshot.revision,
        manifest=combined.manifest,
        tasks_count=len(definitions.tasks),
        actions_count=sum(1 for name in definitions.actions if not is_inline(name)),
        triggers_count=len(definitions.triggers),
        connections_count=len(definitions.connections),
        changes=attempt.changes,
        cause=attempt.cause,
        made_by=attempt.by or (commit.author if commit else None),
        commit=commit,
        libraries=combined.libraries,
        held=attempt.held,
        ref=attempt.workspace.followed_ref,
    )
