"""Whether a revision takes away so much that somebody must agree."""

from collections.abc import Collection

SHARE_COUNTS_FROM = 10
_SHOWN = 5


def removal_reason(old_tasks: Collection[str], new_tasks: Collection[str], max_share: float) -> str | None:
    """Why the loss of tasks waits for somebody; None when it need not. Losing all of them always waits; a share
    above `max_share` (0 to 1) does when there were at least ten.
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
