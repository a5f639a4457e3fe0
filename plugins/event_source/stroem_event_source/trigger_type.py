"""Triggers whose events a task finds."""

from typing import Annotated, ClassVar, Literal

import attrs

from stroem.conversion.constraints import Range
from stroem.definitions.trigger_options import TARGET, TEMPLATE
from stroem.interfaces.triggers.consumer_trigger import ConsumerTrigger


@attrs.frozen(kw_only=True)
class EventSource(ConsumerTrigger):
    """An event source."""

    name: ClassVar[str] = "event_source"
    source_type: ClassVar[str] = "event_source"
    roots: ClassVar[frozenset[str]] = frozenset({"trigger", "event"})

    target_task: str = attrs.field(metadata=TARGET)
    env: dict[str, str] = attrs.field(factory=dict, metadata=TEMPLATE)
    restart_policy: Literal["always", "on_failure", "never"] = "always"
    backoff_secs: Annotated[int, Range(at_least=1)] = 5
    max_in_flight: Annotated[int, Range(at_least=1)] | None = None
