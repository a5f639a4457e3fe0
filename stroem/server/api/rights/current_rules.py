"""The rules of rights in the current release of a workspace."""

from stroem.definitions.workflow_folder import RULES_FILE
from stroem.reconciler.workspaces.catalog import LiveWorkspace
from stroem.records.problem import describe_all
from stroem.rights.workspace_rules import WorkspaceRules


def rules_of(workspace: str, live: LiveWorkspace | None) -> WorkspaceRules:
    """The rules of a workspace, with the reason if none are in effect."""
    if live is None or live.release is None:
        return WorkspaceRules(workspace=workspace, error="it has no release yet")
    number, file = live.release.number, live.rules
    error = None
    if live.definitions is None:
        error = f"files of its release {number} are lost, and not yet found again at its source"
    elif file is None:
        error = f"its release {number} has no file {RULES_FILE}"
    elif file.problems:
        error = f"those of its release {number} have {describe_all(file.problems)}"
    return WorkspaceRules(workspace=workspace, release=number, file=file, error=error)
