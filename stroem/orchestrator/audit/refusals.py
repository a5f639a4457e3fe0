"""Counts of refused requests, so that a flood of them does not fill the audit log."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import attrs

from stroem.conversion.network import network_of
from stroem.records.audit_row import NewAuditRow

WINDOW_SECS = 60.0
SINGLE_ROWS = 10
"""Rows of one client, verb, status and minute that are recorded one by one; the others are counted."""
MOST_CLIENTS = 1000
"""What is counted apart in one minute; clients beyond are counted together."""
MOST_ACCOUNTS = 50
"""Accounts that one client tries to sign in to and that are counted apart; those beyond are counted together."""
SIGN_IN = "auth.login"

_OTHERS = "several"
_VARIED = {
    "address": _OTHERS,
    "actor": _OTHERS,
    "actor_kind": "anonymous",
    "key": None,
    "route": None,
    "workspace": None,
    "object_kind": None,
    "object": _OTHERS,
}
"""What stands for a fact that counted requests do not share."""

Client = tuple[str, str, str, str, int | None]
Key = tuple[Client, str | None]


@attrs.define(kw_only=True)
class _Window:
    begun: float
    single: int = 0
    more: int = 0
    common: NewAuditRow

    def count(self, row: NewAuditRow) -> None:
        """Counts a row; keeps the facts that all counted ones have."""
        if not self.more:
            self.common = row
        self.more += 1
        common = self.common
        facts: dict[str, Any] = {
            name: other for name, other in _VARIED.items() if getattr(row, name) != getattr(common, name)
        }
        if not facts:
            return
        if "address" in facts and (network := network_of(row.address or "")) == network_of(common.address or ""):
            facts["address"] = network
        self.common = attrs.evolve(common, **facts)


class RefusalCounts:
    """Passes on the first refusals of each client, verb, status and minute, and counts the others.

    Tries to sign in are counted for each account. A client of IPv6 is a network. `now` is in seconds.
    """

    def __init__(self) -> None:
        self._windows: dict[Key, _Window] = {}
        self._accounts: Counter[Client] = Counter()

    def add(self, row: NewAuditRow, now: float) -> NewAuditRow | None:
        """The row if it is to be recorded by itself, else None: then it is counted."""
        client: Client = (network_of(row.address or ""), row.actor, row.verb, row.outcome, row.status)
        key = self._place(client, row.object if row.verb == SIGN_IN else None)
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window(begun=now, common=row)
            if key[1] is not None:
                self._accounts[client] += 1
        if window.single < SINGLE_ROWS:
            window.single += 1
            return row
        window.count(row)
        return None

    def _place(self, client: Client, account: str | None) -> Key:
        """Where a row is counted: apart, as long as there is room."""
        if (client, account) in self._windows:
            return client, account
        if account is not None and self._accounts[client] >= MOST_ACCOUNTS:
            return self._place(client, None)
        if len(self._windows) >= MOST_CLIENTS:
            return (_OTHERS, _OTHERS, *client[2:]), None
        return client, account

    def due(self, now: float, *, is_end: bool = False) -> Iterable[NewAuditRow]:
        """Ends the windows that are over, or all at the end; yields a row for each that has counted."""
        for key, window in list(self._windows.items()):
            if is_end or now - window.begun >= WINDOW_SECS:
                del self._windows[key]
                self._accounts[key[0]] -= key[1] is not None
                if self._accounts[key[0]] <= 0:
                    del self._accounts[key[0]]
                if window.more:
                    yield _counted(window)


def _counted(window: _Window) -> NewAuditRow:
    """The row that stands for the counted requests, with the facts that all of them have."""
    return attrs.evolve(
        window.common,
        count=window.more,
        request_id=None,
        reason=f"{window.more} more such requests within a minute",
        before=None,
        after=None,
    )
