"""Interface of kinds of steps that need no worker, such as an approval."""

import datetime
from collections.abc import Mapping
from typing import ClassVar, Protocol

import attrs

from stroem.definitions.values import Json


@attrs.frozen(kw_only=True)
class Completed:
    """The step is completed."""

    output: Json = None


@attrs.frozen(kw_only=True)
class Failed:
    """The step has failed. The error gives the reason, without secrets."""

    error: str


@attrs.frozen(kw_only=True)
class Wait:
    """The step is suspended: until its time is over after `secs` seconds or at `until`, or it is resumed.

    `waits_for` is `timer` (nothing resumes it), `approval` (an answer to this step does), or `signal:NAME` (a signal of
    the job with this name does). Without `secs` and `until` there is no limit. `until` has a time zone.

    `reminders` are increasing seconds after the start; at each, while the step waits, its people are reminded. With
    `reminds_hooks`, the hooks of a suspension run again then.
    """

    waits_for: str
    secs: float | None = None
    until: datetime.datetime | None = None
    reminders: tuple[float, ...] = ()
    reminds_hooks: bool = False


@attrs.frozen(kw_only=True)
class Undecided:
    """The answer does not decide: the step goes on waiting, with this input. `note` is for its history."""

    input: Mapping[str, Json]
    note: str | None = None


class StepKind(Protocol):
    """A kind of step that needs no worker.

    Its methods are pure: the same arguments give the same result, and nothing else happens. They may be called again
    for the same step. `input` is the rendered input of the step. An exception fails the step; its message is shown.
    """

    name: ClassVar[str]

    def begin(self, input: Mapping[str, Json]) -> Completed | Failed | Wait:
        """The consequence of the step's start."""
        ...

    def resume(self, input: Mapping[str, Json], answer: Json) -> Completed | Failed | Undecided:
        """The outcome after the payload of the signal, or after the answer."""
        ...

    def expire(self, input: Mapping[str, Json]) -> Completed | Failed:
        """The outcome when the step's time is over."""
        ...
