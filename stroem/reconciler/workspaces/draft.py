"""The release that a run of the pipeline is about to make."""

from stroem.definitions.task import is_inline
from stroem.definitions.workspace import Definitions
from stroem.reconciler.workspaces.context import Context
from stroem.reconciler.workspaces.state import MergedSnapshot
from stroem.store.workspaces.releases import Draft


def draft_of(context: Context, definitions: Definitions, merged: MergedSnapshot) -> Draft:
    """The release of these definitions in these files."""
    commit = merged.snapshot.commit
    return Draft(
        workspace=context.workspace.name,
        revision=merged.snapshot.revision,
        manifest=merged.manifest,
        tasks_count=len(definitions.tasks),
        actions_count=sum(1 for name in definitions.actions if not is_inline(name)),
        triggers_count=len(definitions.triggers),
        connections_count=len(definitions.connections),
        changes=context.changes,
        cause=context.cause,
        made_by=context.by or (commit.author if commit else None),
        commit=commit,
        libraries=merged.libraries,
        held=context.held,
        ref=context.workspace.followed_ref,
    )
