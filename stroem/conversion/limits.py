"""How small and how large a number may be."""

from collections.abc import Mapping

import attrs

from stroem.definitions.action import Action
from stroem.definitions.connection import McpServer
from stroem.definitions.retry import Retry
from stroem.definitions.task import Step, Task
from stroem.definitions.trigger import Trigger


@attrs.frozen(kw_only=True)
class Limit:
    """Bounds of a field, both inclusive. A `duration` is in seconds and may be written `1h30m`."""

    minimum: int
    maximum: int | None = None
    duration: bool = False


LIMITS: Mapping[tuple[type, str], Limit] = {
    (Step, "timeout"): Limit(minimum=1, maximum=24 * 3600, duration=True),
    (Task, "timeout"): Limit(minimum=1, maximum=7 * 24 * 3600, duration=True),
    (Retry, "delay"): Limit(minimum=1, maximum=3600, duration=True),
    (Retry, "max_attempts"): Limit(minimum=1, maximum=10),
    (Trigger, "timeout_secs"): Limit(minimum=1, maximum=300),
    (Trigger, "backoff_secs"): Limit(minimum=1),
    (Trigger, "max_in_flight"): Limit(minimum=1),
    (Action, "temperature"): Limit(minimum=0),
    (Action, "max_tokens"): Limit(minimum=1),
    (Action, "max_turns"): Limit(minimum=1, maximum=100),
    (McpServer, "timeout_secs"): Limit(minimum=1),
}
