"""Calendars: days on which a schedule does not fire."""

import datetime
from typing import Literal

import attrs

from stroem.interfaces.triggers.time_trigger import ReadFile, TimesUnreadable
from stroem_cron.days import Days, days_in, days_of, united

_LONGEST_RUN = 400
_DAY = datetime.timedelta(days=1)


@attrs.frozen(kw_only=True)
class Calendar:
    """Days to skip: dates (`2026-12-24`), days of each year (`--12-25`) and weekdays (`SUN`), and those in a file.

    `file` is a file of the workspace with a day per line. An instant on such a day is left out, or shifted to the
    same time of the next day that is not skipped.
    """

    skip: tuple[str, ...] = ()
    file: str | None = None
    then: Literal["leave_out", "shift"] = "leave_out"

    def days(self, read_file: ReadFile) -> Days:
        """The days to skip. Raises TimesUnreadable if the file cannot be understood."""
        named = days_of(self.skip)
        content = read_file(self.file) if self.file is not None else None
        if content is None:
            return named
        try:
            return united((named, days_in(content)))
        except ValueError as error:
            raise TimesUnreadable(message=f"{self.file}, {error}") from None


def next_open(days: Days, date: datetime.date) -> datetime.date | None:
    """The first day from a date on that is not skipped; None without one in more than a year."""
    for _ in range(_LONGEST_RUN):
        if date not in days:
            return date
        date += _DAY
    return None


def first_of_run(days: Days, date: datetime.date) -> datetime.date:
    """The first of the skipped days in a row that end before a date; the date itself if there are none."""
    for _ in range(_LONGEST_RUN):
        if date - _DAY not in days:
            break
        date -= _DAY
    return date
