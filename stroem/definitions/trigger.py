"""Triggers: schedules, webhooks and event sources that start tasks."""

from typing import Literal

import attrs

from stroem.definitions.values import Json


@attrs.frozen(kw_only=True)
class Trigger:
    """A schedule, a webhook or an event source. `type` decides which of the fields have a meaning."""

    type: Literal["scheduler", "webhook", "event_source"]
    task: str
    input: dict[str, Json] = attrs.Factory(dict)
    enabled: bool = True
    force_refresh: bool = False
    cron: str | None = None
    timezone: str | None = None
    concurrency: Literal["allow", "skip", "cancel_previous"] = "allow"
    name: str | None = None
    secret: str | None = None
    mode: Literal["async", "sync"] = "async"
    timeout_secs: int | None = None
    target_task: str | None = None
    env: dict[str, str] = attrs.Factory(dict)
    restart_policy: Literal["always", "on_failure", "never"] = "always"
    backoff_secs: int = 5
    max_in_flight: int | None = None
