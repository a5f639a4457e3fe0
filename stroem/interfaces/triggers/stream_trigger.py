"""Triggers that a server reads from time to time."""

from collections.abc import Sequence
from typing import Protocol

import attrs

from stroem.definitions.values import Json
from stroem.interfaces.triggers.trigger_type import Fire, TriggerType


@attrs.frozen(kw_only=True)
class Batch:
    """The fires that were read, and the cursor after them, stored with them in one transaction.

    `pause_secs` is the time to the next read; None for that of the trigger, 0 if there is more. `problem` tells what
    could not be read, while the rest was; without secrets.
    """

    fires: Sequence[Fire]
    cursor: Json
    pause_secs: float | None = None
    problem: str | None = None


class Place(Protocol):
    """Where a trigger may read: what the settings of the server allow."""

    @property
    def folders(self) -> Sequence[str]:
        """Absolute paths of the folders of the server that triggers may read."""
        ...

    @property
    def endpoints(self) -> Sequence[str]:
        """Addresses of further object stores that triggers may read, beside those of the known clouds."""
        ...


@attrs.frozen(kw_only=True)
class StreamTrigger(TriggerType):
    """A type of triggers whose source a server reads.

    One server reads at a time, every `poll_secs` seconds.
    """

    @property
    def poll_secs(self) -> float:
        """Seconds between reads."""
        raise NotImplementedError

    async def read(self, cursor: Json, place: Place) -> Batch:
        """Read the fires after the cursor, which is None at first, and may be that of an earlier definition.

        Bounded: at most some hundreds of fires. Raises `StreamUnreadable`.
        """
        raise NotImplementedError


class StreamUnreadable(Exception):
    """The source cannot be read now. The message gives the reason and the remedy, without secrets."""
