"""What lets a valid revision wait."""

import datetime

from stroem.reconciler.guards.freeze_windows import open_window
from stroem.reconciler.guards.prune_guard import removal_reason
from stroem.reconciler.workspaces.context import Attempt
from stroem.reconciler.workspaces.state import Combined
from stroem.records.condition import Waiting


def reason_to_wait(attempt: Attempt, combined: Combined) -> Waiting | None:
    """Why the revision must wait, None when it need not. Somebody's approval overrules all guards but a freeze, which
    it overrules too if it was given while the window was open.
    """
    workspace, row = attempt.workspace, attempt.row
    assert row is not None
    settings = workspace.settings.guards
    approved = row.approved if row.approved is not None and row.approved.manifest == combined.manifest else None
    reasons: list[str] = []
    said: list[str] = []
    until: datetime.datetime | None = None
    window = open_window(settings.freeze, row.now)
    if window is not None and (approved is None or open_window(settings.freeze, approved.at) is None):
        frozen, until = window
        reasons.append("freeze")
        said.append(f"frozen until {until:%Y-%m-%d %H:%M %Z}" + (f" ({frozen.reason})" if frozen.reason else ""))
    old = set(workspace.definitions.tasks) if workspace.definitions else set()
    new = set(attempt.result.tasks) if attempt.result else set()
    removal = removal_reason(old, new, settings.max_removed_share)
    if removal is not None and approved is None:
        reasons.append("prune")
        said.append(removal)
    if settings.approval and workspace.release is not None and approved is None:
        reasons.append("approval")
        said.append("each release of this workspace needs somebody's approval")
    if not reasons:
        return None
    revision = combined.snapshot.revision
    return Waiting(
        revision=revision,
        manifest=combined.manifest,
        reasons=tuple(reasons),
        message=f"Revision {revision[:12]} waits: {'; '.join(said)}.",
        since=row.now,
        until=until if reasons == ["freeze"] else None,
    )
