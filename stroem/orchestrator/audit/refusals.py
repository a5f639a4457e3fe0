"""Counts of refused requests, so that a flood of them does not fill the audit log."""

from collections.abc import Iterable

import attrs

from stroem.records.audit_row import NewAuditRow

WINDOW_SECS = 60.0
SINGLE_ROWS = 10
"""Rows of one client, status and minute that are recorded one by one; the others are counted."""
MOST_CLIENTS = 1000
"""Clients that are counted apart in one minute; those beyond are counted together."""

_OTHERS = "several"

Key = tuple[str, str, str, int | None]


@attrs.define(kw_only=True)
class _Window:
    begun: float
    single: int = 0
    more: int = 0
    last: NewAuditRow


class RefusalCounts:
    """Passes on the first refusals of each client, status and minute, and counts the others. `now` is in seconds."""

    def __init__(self) -> None:
        self._windows: dict[Key, _Window] = {}

    def add(self, row: NewAuditRow, now: float) -> NewAuditRow | None:
        """The row if it is to be recorded by itself, else None: then it is counted."""
        key: Key = (row.address or "", row.actor, row.outcome, row.status)
        if key not in self._windows and len(self._windows) >= MOST_CLIENTS:
            row = attrs.evolve(row, address=_OTHERS, actor=_OTHERS, actor_kind="anonymous", key=None)
            key = (_OTHERS, _OTHERS, row.outcome, row.status)
        window = self._windows.setdefault(key, _Window(begun=now, last=row))
        window.last = row
        if window.single < SINGLE_ROWS:
            window.single += 1
            return row
        window.more += 1
        return None

    def due(self, now: float, *, is_end: bool = False) -> Iterable[NewAuditRow]:
        """Ends the windows that are over, or all at the end; yields a row for each that has counted."""
        for key, window in list(self._windows.items()):
            if is_end or now - window.begun >= WINDOW_SECS:
                del self._windows[key]
                if window.more:
                    yield _counted(window)


def _counted(window: _Window) -> NewAuditRow:
    """The row that stands for the counted requests; it names the last of them."""
    return attrs.evolve(
        window.last,
        count=window.more,
        request_id=None,
        reason=f"{window.more} more such requests within a minute",
        before=None,
        after=None,
    )
