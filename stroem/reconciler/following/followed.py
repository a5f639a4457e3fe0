"""A source that is followed, and what is followed of a kind."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

import attrs

from stroem.interfaces.source import Snapshot, Source
from stroem.store.statement import Connection
from stroem.store.workspaces.followed import FollowedRow, Key, Kind


class StateRow(Protocol):
    """A row of the database about a followed source."""

    @property
    def schedule(self) -> FollowedRow: ...


@attrs.define(kw_only=True, eq=False)
class Followed:
    """A source that is followed: its schedule and what is remembered between two polls.

    `key` is unique among those of a kind. `interval` is the time between two polls in seconds, `entered` the interval
    that this process last wrote into the database. `row` is the row last read or written, `kept_at` the time (on the
    monotonic clock, in seconds) at which this process last stored the contents of `snapshot` in the blob store.
    `removed` is set when the settings no longer have the source; `lock` is held during a poll.
    """

    key: str
    source: Source
    interval: float
    entered: float | None = None
    row: Any = None
    snapshot: Snapshot | None = None
    kept_at: float | None = None
    removed: bool = False
    lock: asyncio.Lock = attrs.Factory(asyncio.Lock)

    @property
    def is_due_soon(self) -> bool:
        """Whether the next poll is due before the loop wakes by itself."""
        return self.row is None or self.row.schedule.due_in_secs < POLL_SECS


POLL_SECS = 5.0
"""Seconds after which loops over the database wake by themselves."""

F = TypeVar("F", bound=Followed)
R = TypeVar("R", bound=StateRow)


class FollowedKind(Protocol, Generic[F, R]):
    """All sources of one kind, and the work of a poll."""

    kind: Kind

    def __iter__(self) -> Iterator[F]:
        """The sources that are followed now."""
        ...

    def get_followed(self, key: str) -> F | None:
        """A source by its key."""
        ...

    def prune(self) -> None:
        """Forgets the sources that are not used any more."""
        ...

    async def enter(self, connection: Connection, some: Sequence[F]) -> None:
        """Writes the intervals of sources; those without a row get one and are due now."""
        ...

    async def read(self, connection: Connection, rows: Sequence[FollowedRow]) -> Sequence[R]:
        """The state of claimed sources, in the transaction of the claim."""
        ...

    async def poll(self, followed: F, row: R | None) -> bool:
        """Polls a source that is claimed and locked; False when the result could not be stored.

        `row` is None when the database could not be asked.
        """
        ...

    async def refuse(self, key: str, error: Exception) -> None:
        """Reports that the database refuses the row of a source."""
        ...


Kinds = Mapping[Kind, FollowedKind[Any, Any]]


def keys_of(kinds: Kinds) -> list[Key]:
    """The keys of all sources."""
    return [(kind, followed.key) for kind, one in kinds.items() for followed in one]
