"""Triggers whose events a task finds."""

from typing import Annotated, ClassVar, Literal

import attrs

from stroem.conversion.constraints import Range
from stroem.definitions.trigger_options import TARGET, TEMPLATE
from stroem.interfaces.triggers.consumer_trigger import ConsumerEnd, ConsumerTrigger

LONGEST_SECS = 300.0
CLEAN_SECS = 1.0
_MOST_DOUBLINGS = 20


@attrs.frozen(kw_only=True)
class EventSource(ConsumerTrigger):
    """An event source: `task` is the consumer, and each of its events starts a job of `target_task`.

    The consumer starts again by the `restart_policy`: a second after an end without failure, `backoff_secs` after a
    failure, doubled with each further one in a row up to five minutes. Its steps have the variables of `env`. At most
    `max_in_flight` jobs of its events are live.
    """

    name: ClassVar[str] = "event_source"
    facts: ClassVar[frozenset[str]] = frozenset({"event_id"})
    source_type: ClassVar[str] = "event_source"
    roots: ClassVar[frozenset[str]] = frozenset({"trigger", "event"})

    target_task: str = attrs.field(metadata=TARGET)
    env: dict[str, str] = attrs.field(factory=dict, metadata=TEMPLATE)
    restart_policy: Literal["always", "on_failure", "never"] = "always"
    backoff_secs: Annotated[int, Range(at_least=1)] = 5
    max_in_flight: Annotated[int, Range(at_least=1)] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Further variables of the consumer's steps."""
        return self.env

    @property
    def most_in_flight(self) -> int | None:
        """Most live jobs of its events."""
        return self.max_in_flight

    def restart_secs(self, end: ConsumerEnd) -> float | None:
        """Seconds until the consumer starts again; None if it stays ended."""
        if self.restart_policy == "never" or (self.restart_policy == "on_failure" and end.status == "completed"):
            return None
        if end.status == "completed":
            return CLEAN_SECS
        doublings = min(max(0, end.failures - 1), _MOST_DOUBLINGS)
        return min(self.backoff_secs * 2.0**doublings, LONGEST_SECS)
