"""Dates and times as people write them: with an offset, or as a clock of a time zone shows them."""

import datetime
import functools
import re
import zoneinfo

from stroem.schedules.clock import first_instant

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_YEARS = range(1970, 2200)
_DAY = datetime.timedelta(days=1)


@functools.lru_cache(maxsize=65_536)
def read_moment(text: str, timezone: str, *, end_of_day: bool = False) -> datetime.datetime | None:
    """An instant in UTC; None for a text that is neither a date nor a time.

    A date is its first moment, with `end_of_day` its last second.
    """
    if not (_DATE.fullmatch(text) or _TIME.fullmatch(text)):
        return None
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.year not in _YEARS:
        return None
    if moment.tzinfo is not None:
        return moment.astimezone(datetime.UTC)
    zone = zoneinfo.ZoneInfo(timezone)
    if end_of_day and _DATE.fullmatch(text):
        return first_instant(moment + _DAY, zone) - datetime.timedelta(seconds=1)
    return first_instant(moment, zone)


def read_date(text: str) -> datetime.date | None:
    """A date like 2026-12-24; None for another text."""
    try:
        return datetime.date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None
