"""Triggers that fire at times."""

import datetime
from typing import Annotated, Literal, Protocol

import attrs

from stroem.conversion.constraints import Range, Seconds
from stroem.errors import StroemError
from stroem.interfaces.triggers.trigger_type import TriggerType

_WINDOW = Seconds(3600)


class TimesUnreadable(StroemError):
    """{message}"""

    status = 400


@attrs.frozen(kw_only=True)
class Instant:
    """An instant of a schedule, in UTC: its nominal time, and the time to fire, later by a jitter."""

    at: datetime.datetime
    due: datetime.datetime


class ReadFile(Protocol):
    """Reads a file of the trigger's workspace; None without such a file."""

    def __call__(self, path: str) -> bytes | None: ...


@attrs.frozen(kw_only=True)
class Schedule:
    """The facts that a schedule may depend on beside its options.

    `seed` is a text of its own for each trigger, `since` the time from which its definition is in effect. `read_file`
    reads files of its workspace.
    """

    seed: str
    since: datetime.datetime
    read_file: ReadFile


@attrs.frozen(kw_only=True)
class TimeTrigger(TriggerType):
    """A type of triggers that say when they are next due.

    `catch_up` says which instants that were missed, while no server ran, fire afterwards: none, the last or all of
    those at most `catch_up_window` seconds old.
    """

    catch_up: Literal["none", "last", "all"] = "last"
    catch_up_window: Annotated[Seconds, Range(at_least=1, at_most=366 * 24 * 3600)] = _WINDOW

    def next_due(self, after: datetime.datetime, schedule: Schedule) -> Instant | None:
        """The first instant whose nominal time is later than `after`; None without one. Pure and quick.

        Raises `TimesUnreadable`.
        """
        raise NotImplementedError

    @property
    def files(self) -> tuple[str, ...]:
        """The files of the workspace that `next_due` reads."""
        return ()

    @property
    def words(self) -> str | None:
        """The schedule in words for people: `every 5 minutes`. None if there are none. Pure and quick."""
        return None
