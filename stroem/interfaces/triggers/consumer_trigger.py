"""Triggers whose events are read by a task that runs for ever."""

from typing import ClassVar

import attrs

from stroem.interfaces.triggers.trigger_type import TriggerType


@attrs.frozen(kw_only=True)
class ConsumerEnd:
    """The end of a job of a consumer. `failures` counts the ends in a row that were failures, this one included."""

    status: str
    failures: int


class ConsumerTrigger(TriggerType):
    """A type of triggers whose task is a consumer: while the trigger is live, one job of it runs.

    Each event that it writes starts a job of the target task.
    """

    consumes: ClassVar[bool] = True

    @property
    def environment(self) -> dict[str, str]:
        """Further variables of the consumer's steps."""
        return {}

    @property
    def most_in_flight(self) -> int | None:
        """Most live jobs of its events; None without a limit."""
        return None

    def restart_secs(self, end: ConsumerEnd) -> float | None:
        """Seconds until the consumer starts again; None if it stays ended."""
        raise NotImplementedError
