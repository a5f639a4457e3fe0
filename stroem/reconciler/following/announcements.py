"""Announcements of pushes: the sources that they concern are due now."""

from collections.abc import Sequence

import attrs

from stroem.reconciler.following.followed import Kinds
from stroem.reconciler.following.requests import PollRequests
from stroem.records.push import Push
from stroem.store.database import Database
from stroem.store.workspaces import followed


@attrs.frozen(kw_only=True)
class Announced:
    """The workspaces and libraries that pushes concern, by name and by origin."""

    workspaces: tuple[str, ...]
    libraries: tuple[str, ...]


class Announcements:
    """Takes the pushes that git hosts announce, for all kinds of sources."""

    def __init__(self, database: Database, kinds: Kinds, requests: PollRequests) -> None:
        self._database = database
        self._kinds = kinds
        self._requests = requests

    async def announce(self, pushes: Sequence[Push], by: str | None = None, workspace: str | None = None) -> Announced:
        """Makes the sources due that pushes concern; with `workspace` only that one.

        The requests are stored: another server serves them when this one dies.
        """
        found = [
            (kind, one)
            for kind, sources in self._kinds.items()
            for one in sources
            if workspace is None or (kind, one.key) == ("workspace", workspace)
            if any(one.source.concerns(push) for push in pushes)
        ]
        if found:
            pusher = next((push.by for push in pushes if push.by), None) or by
            async with self._database.begin() as connection:
                await followed.ask(connection, [(kind, one.key) for kind, one in found], "push", pusher)
        self._requests.woken.set()
        return Announced(
            workspaces=tuple(one.key for kind, one in found if kind == "workspace"),
            libraries=tuple(one.source.origin for kind, one in found if kind == "library"),
        )
