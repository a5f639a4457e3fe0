"""Release guards: reasons for which a valid revision waits."""

import datetime
from collections.abc import Collection

import attrs

from stroem.reconciler.guards.freeze_windows import open_window
from stroem.records.condition import Approval, Waiting
from stroem.settings.release_guards import GuardSettings

SHARE_COUNTS_FROM = 10
_SHOWN = 5


@attrs.frozen(kw_only=True)
class Candidate:
    """A valid revision before it becomes a release.

    `author` is that of its commit, `old_tasks` and `new_tasks` are the names of the tasks before and after, `approved`
    is the workspace's last approval, `now` the database's time.
    """

    revision: str
    manifest: str
    author: str | None = None
    is_first: bool
    old_tasks: Collection[str]
    new_tasks: Collection[str]
    approved: Approval | None
    now: datetime.datetime


def reason_to_wait(settings: GuardSettings, candidate: Candidate) -> Waiting | None:
    """The reason for a revision to wait; None if it need not.

    An approval of these files overrules all guards but a freeze; it overrules a freeze only if it was given while the
    window was open.
    """
    now, approved = candidate.now, candidate.approved
    if approved is not None and approved.manifest != candidate.manifest:
        approved = None
    reasons: list[str] = []
    said: list[str] = []
    until: datetime.datetime | None = None
    window = open_window(settings.freeze, now)
    if window is not None and (approved is None or open_window(settings.freeze, approved.at) is None):
        frozen, until = window
        reasons.append("freeze")
        said.append(f"frozen until {until:%Y-%m-%d %H:%M %Z}" + (f" ({frozen.reason})" if frozen.reason else ""))
    removal = removal_reason(candidate.old_tasks, candidate.new_tasks, settings.max_removed_share)
    if removal is not None and approved is None:
        reasons.append("prune")
        said.append(removal)
    if settings.approval and not candidate.is_first and approved is None:
        reasons.append("approval")
        said.append("each release of this workspace needs somebody's approval")
    if not reasons:
        return None
    return Waiting(
        revision=candidate.revision,
        manifest=candidate.manifest,
        reasons=tuple(reasons),
        message=f"Revision {candidate.revision[:12]} waits: {'; '.join(said)}.",
        since=now,
        until=until if reasons == ["freeze"] else None,
        author=candidate.author,
    )


def removal_reason(old_tasks: Collection[str], new_tasks: Collection[str], max_share: float) -> str | None:
    """The reason for an approval of removed tasks; None if none is needed.

    Losing all tasks always waits; a share above `max_share` (0 to 1) does when there were at least ten.
    """
    removed = sorted(set(old_tasks) - set(new_tasks))
    before = len(set(old_tasks))
    if not removed:
        return None
    if not new_tasks:
        return f"it has no tasks left: {_named(removed)} would be removed"
    share = len(removed) / before
    if before < SHARE_COUNTS_FROM or share <= max_share:
        return None
    return (
        f"it removes {len(removed)} of {before} tasks ({share:.0%}; max_removed_share is {max_share:.0%}): "
        f"{_named(removed)}"
    )


def _named(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
