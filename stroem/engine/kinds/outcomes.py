"""Outcomes of the methods of kinds of steps, which may come from plugins."""

import datetime
from collections.abc import Callable
from typing import TypeVar

from stroem.engine.values.state import APPROVAL, SIGNAL, TIMER
from stroem.interfaces.step_kind import Completed, Failed, Undecided, Wait

T = TypeVar("T")

_YEARS = (1970, 2999)
_LONGEST_WAIT_SECS = 100 * 366 * 24 * 3600


def unknown(kind: str) -> Failed:
    return Failed(error=f"No installed plugin has the kind of step {kind!r}")


def safely(method: Callable[[], T]) -> T | Failed:
    """The result of a method of a kind of step. Kinds may come from plugins: their mistakes fail the step."""
    try:
        found = method()
    except Exception as error:
        return Failed(error=f"{type(error).__name__}: {error}")
    if not isinstance(found, Completed | Failed | Undecided | Wait):
        return Failed(error=f"The kind of step returned {found!r:.80}, not an outcome")
    return found


def _time_problem(until: datetime.datetime) -> str | None:
    if until.tzinfo is None:
        return "The step waits until a time without a time zone"
    try:
        year = until.astimezone(datetime.UTC).year
    except OverflowError:
        year = 0
    first, last = _YEARS
    return None if first <= year <= last else f"The step waits until a time outside of the years {first} to {last}"


def problem_of(wait: Wait) -> str | None:
    """The mistake in a wait, if any."""
    if wait.waits_for not in (TIMER, APPROVAL) and not wait.waits_for.removeprefix(SIGNAL):
        return "The step waits for a signal without a name"
    if wait.waits_for not in (TIMER, APPROVAL) and not wait.waits_for.startswith(SIGNAL):
        return f"The step waits for {wait.waits_for!r}, which nothing ends"
    times = wait.reminders
    if any(not 0 < secs <= _LONGEST_WAIT_SECS for secs in times) or list(times) != sorted(set(times)):
        return f"The reminders of the step are not increasing seconds between 0 and {_LONGEST_WAIT_SECS}"
    if wait.until is not None:
        return _time_problem(wait.until)
    if wait.secs is None:
        return "The step waits for a time without end" if wait.waits_for == TIMER else None
    if not 0 <= wait.secs <= _LONGEST_WAIT_SECS:
        return f"The step waits for {wait.secs} seconds; expected 0 to {_LONGEST_WAIT_SECS}"
    return None
