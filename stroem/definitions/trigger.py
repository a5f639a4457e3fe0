"""Triggers: what starts jobs by itself."""

from typing import Any, Literal

import attrs

from stroem.definitions.trigger_options import target_of
from stroem.definitions.values import Json

Overlap = Literal["allow", "skip", "cancel_previous", "queue"]
"""A fire while a job of the trigger is live: it starts one too, is skipped, replaces that job, or waits for it."""


@attrs.frozen(kw_only=True)
class Debounce:
    """One job for many fires with the same `key`, a template over the fire.

    The job starts when no fire has come for `wait` seconds, at the latest `max_wait` seconds after the first.
    """

    key: str = ""
    wait: int
    max_wait: int | None = None


@attrs.frozen(kw_only=True)
class Trigger:
    """A trigger. `type` names its type; `options` are the keys of that, an object of the type's class.

    Fires start jobs of `task`, or of the task that an option names. `input` holds templates over the fire. With `if`,
    a fire starts a job only if that template is true.
    """

    type: str
    task: str
    input: dict[str, Json] = attrs.Factory(dict)
    enabled: bool = True
    force_refresh: bool = False
    concurrency: Overlap = "allow"
    if_: str | None = None
    debounce: Debounce | None = None
    options: Any = None

    @property
    def target(self) -> str:
        """The task that fires start."""
        return target_of(self.options) or self.task
