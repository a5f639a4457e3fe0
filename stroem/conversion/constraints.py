"""Constraints on values, written beside its type: `Annotated[int, Range(at_least=1)]`."""

from collections.abc import Mapping
from typing import Annotated, Any, NewType

import attrs

from stroem.definitions.action import Action
from stroem.definitions.artifacts import Artifacts
from stroem.definitions.cache import Cache
from stroem.definitions.connection import McpServer
from stroem.definitions.field import InputField, OptionsFrom
from stroem.definitions.limit import MOST_SLOTS, Concurrency, Limit
from stroem.definitions.retry import Retry
from stroem.definitions.task import Step, Task
from stroem.definitions.trigger import Debounce
from stroem.definitions.volume import Volume
from stroem.definitions.zone import is_zone
from stroem.schedules.cron import cron_fault


@attrs.frozen(kw_only=True)
class Range:
    """A number between two others, both allowed themselves. `above` must be exceeded."""

    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None

    def mistake(self, value: float) -> str | None:
        if self.at_least is not None and value < self.at_least:
            return f"must be at least {self.at_least:.15g}"
        if self.above is not None and value <= self.above:
            return f"must be greater than {self.above:.15g}"
        if self.at_most is not None and value > self.at_most:
            return f"must be at most {self.at_most:.15g}"
        return None


@attrs.frozen(kw_only=True)
class Length:
    """A text or a list with at least so many characters or items."""

    at_least: int

    def mistake(self, value: str | tuple[object, ...]) -> str | None:
        if len(value) >= self.at_least:
            return None
        what = "characters" if isinstance(value, str) else "items"
        return f"must have at least {self.at_least} {what}, has {len(value)}"


@attrs.frozen(kw_only=True)
class Line:
    """A text for a name: one line, not empty, at most 255 characters."""

    def mistake(self, value: str) -> str | None:
        fits = 0 < len(value) <= 255 and value.isprintable()
        return None if fits else "must be one line of 1 to 255 printable characters"


@attrs.frozen(kw_only=True)
class CronExpression:
    """A cron expression."""

    def mistake(self, value: str) -> str | None:
        fault = cron_fault(value)
        return f"{fault.message}; {fault.hint}" if fault else None


@attrs.frozen(kw_only=True)
class ZoneName:
    """The name of a time zone."""

    def mistake(self, value: str) -> str | None:
        return None if is_zone(value) else f"there is no time zone {value!r}; write a name like Europe/Oslo"


RULES = (Range, Length, Line, CronExpression, ZoneName)
"""Every kind of rule."""

Seconds = NewType("Seconds", int)
"""A length of time; in settings also written as `1h30m`."""

Utf8 = NewType("Utf8", bytes)
"""Text that is kept as the bytes of its UTF-8; JSON has it as a text."""

Secret = Annotated[str, Length(at_least=32)]
"""A secret text, too long to guess."""

Int32 = Annotated[int, Range(at_least=-(2**31), at_most=2**31 - 1)]
"""A number as `integer` columns hold it."""

Count32 = Annotated[int, Range(at_least=0, at_most=2**31 - 1)]
"""A number of things, or the index of one."""

Priority = Annotated[int, Range(at_least=-100, at_most=100)]
"""A priority of jobs: the greater goes first."""

Positive = Annotated[float, Range(above=0)]
"""A number greater than zero."""

_Count = Annotated[int, Range(at_least=0)]
LONGEST_KEEP_SECS = 3650 * 24 * 3600

FIELD_TYPES: Mapping[tuple[type, str], Any] = {
    **{(InputField, name): _Count for name in ("min_length", "max_length", "min_items", "max_items")},
    (OptionsFrom, "cache"): Annotated[Seconds, Range(at_least=0, at_most=24 * 3600)],
    (OptionsFrom, "timeout"): Annotated[Seconds, Range(at_least=1, at_most=300)],
    (Step, "timeout"): Annotated[Seconds, Range(at_least=1, at_most=24 * 3600)],
    (Step, "max_concurrency"): Annotated[int, Range(at_least=1)],
    (Step, "max_rounds"): Annotated[int, Range(at_least=1, at_most=10_000)],
    (Task, "timeout"): Annotated[Seconds, Range(at_least=1, at_most=7 * 24 * 3600)],
    (Artifacts, "keep"): Annotated[Seconds, Range(at_least=60, at_most=LONGEST_KEEP_SECS)],
    (Volume, "keep"): Annotated[Seconds, Range(at_least=0, at_most=7 * 24 * 3600)],
    (Cache, "ttl"): Annotated[Seconds, Range(at_least=1, at_most=LONGEST_KEEP_SECS)],
    (Task, "priority"): Priority,
    (Concurrency, "limit"): Annotated[int, Range(at_least=1, at_most=MOST_SLOTS)],
    (Concurrency, "max_queue"): Annotated[int, Range(at_least=0, at_most=MOST_SLOTS)],
    (Limit, "max"): Annotated[int, Range(at_least=1, at_most=MOST_SLOTS)],
    (Retry, "delay"): Annotated[Seconds, Range(at_least=1, at_most=3600)],
    (Retry, "max_delay"): Annotated[Seconds, Range(at_least=1, at_most=24 * 3600)],
    (Retry, "max_attempts"): Annotated[int, Range(at_least=1, at_most=10)],
    (Debounce, "wait"): Annotated[Seconds, Range(at_least=1, at_most=24 * 3600)],
    (Debounce, "max_wait"): Annotated[Seconds, Range(at_least=1, at_most=7 * 24 * 3600)],
    (Action, "temperature"): Annotated[float, Range(at_least=0)],
    (Action, "max_tokens"): Annotated[int, Range(at_least=1)],
    (Action, "max_turns"): Annotated[int, Range(at_least=1, at_most=100)],
    (McpServer, "timeout_secs"): Annotated[int, Range(at_least=1)],
}
"""Types with bounds for fields of definitions, which declare none."""
