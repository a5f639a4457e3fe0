"""Shares of workspaces in the queue: workspaces take turns, and the jobs of a workspace share its turns."""

import asyncio

from stroem.store.jobs.summaries import live_counts
from stroem.store.statement import Connection

_FRESH_SECS = 2.0
_MOST_BUSY = 1 / 50
"""Most of the time that counting may take."""


class QueueShares:
    """Numbers of live jobs of workspaces, which decide the ranks of their steps.

    Counted at intervals; jobs that this server starts are added at once. Rough numbers do: they decide an order only.
    """

    def __init__(self) -> None:
        self._live: dict[str, int] = {}
        self._waiting: dict[str, int] = {}
        self._stale_at = 0.0

    async def refresh(self, connection: Connection) -> None:
        """Counts again if the last count is old."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        if begun >= self._stale_at:
            self._stale_at = begun + _FRESH_SECS
            counts = await live_counts.count_live_by_workspace(connection)
            self._live = {workspace: live for workspace, (live, _) in counts.items()}
            self._waiting = {workspace: waiting for workspace, (_, waiting) in counts.items()}
            self._stale_at = clock() + max(_FRESH_SECS, (clock() - begun) / _MOST_BUSY)

    def add(self, workspace: str) -> None:
        """Counts a job that is started now."""
        self._live[workspace] = self._live.get(workspace, 0) + 1
        self._waiting[workspace] = self._waiting.get(workspace, 0) + 1

    def of(self, workspace: str) -> int:
        """The distance of ranks between the steps of one job: the number of live jobs of its workspace, at least 1."""
        return max(1, self._live.get(workspace, 1))

    def ahead(self, workspace: str) -> int:
        """The number of jobs of a workspace whose first steps wait, before a new one."""
        return max(0, self._waiting.get(workspace, 1) - 1)
