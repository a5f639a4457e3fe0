"""Cron expressions: five fields, six with leading seconds, seven with a trailing year, and `@daily` and its like."""

import datetime
import functools
import re

import croniter

ALIASES = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@hourly")
_FIELDS = (
    ("second", "0 to 59"),
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    ("day of the month", "1 to 31, L for the last, 15W for the nearest weekday"),
    ("month", "1 to 12 or JAN to DEC"),
    ("day of the week", "0 to 7 or SUN to SAT, MON#2 for the second, 5L for the last"),
    ("year", "1970 to 2099"),
)
_RANDOM = re.compile(r"(^|,)[rh]($|[(/,])", re.IGNORECASE)
_NEAREST_WEEKDAY = re.compile(r"(\d+|L)W", re.IGNORECASE)
_LAST_WEEKDAY = re.compile(r"^(\d|SUN|MON|TUE|WED|THU|FRI|SAT)L$", re.IGNORECASE)
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_START = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)


@functools.lru_cache(maxsize=4096)
def cron_problem(text: str) -> tuple[str, str] | None:
    """The fault of an expression and the expected value; None for a valid expression."""
    if text.startswith("@"):
        return None if text in ALIASES else (f"there is no {text!r}", f"one of {', '.join(ALIASES)}")
    fields = text.split()
    if len(fields) not in (5, 6, 7):
        expected = "write minute, hour, day, month and day of the week; seconds may stand before them"
        return f"{text!r} has {len(fields)} fields instead of 5", expected
    padded = fields if len(fields) > 5 else ["0", *fields]
    plain = [_plain(index, field) for index, field in enumerate(padded)]
    if _is_valid(plain):
        return (
            None
            if len(plain) > 6 or _ever_fires(plain)
            else (f"{text!r} never comes", "check the day, the month and the year")
        )
    for index, field in enumerate(plain):
        alone = ["*"] * len(plain)
        alone[index] = field
        if not _is_valid(alone):
            name, expected = _FIELDS[index]
            return f"{padded[index]!r} cannot be the {name}", f"expected {expected}"
    return f"{text!r} is no cron expression", "check what its fields say together"


def computable(text: str) -> str | None:
    """A valid expression as croniter takes it, with leading seconds; None when croniter cannot compute its times."""
    if text.startswith("@"):
        return "0 0 1 1 *" if text == "@annually" else text
    fields = text.split()
    padded = fields if len(fields) > 5 else ["0", *fields]
    if "LW" in padded[3].upper():
        return None
    return " ".join(padded[index] if index == 3 else _plain(index, field) for index, field in enumerate(padded))


def _plain(index: int, field: str) -> str:
    if index == 3:
        return _NEAREST_WEEKDAY.sub(r"\1", field).replace("?", "*")
    if index == 5:
        return _LAST_WEEKDAY.sub(_last_weekday, field.removeprefix("+")).replace("?", "*")
    return field


def _last_weekday(match: re.Match[str]) -> str:
    day = match[1].upper()
    return f"L{_WEEKDAYS.index(day) if day in _WEEKDAYS else day}"


def _is_valid(fields: list[str]) -> bool:
    if any(_RANDOM.search(field) for field in fields):
        return False
    try:
        croniter.croniter(" ".join(fields), _START, second_at_beginning=True)
    except (croniter.CroniterError, ValueError, LookupError, TypeError):
        return False
    return True


def _ever_fires(fields: list[str]) -> bool:
    try:
        croniter.croniter(" ".join(fields), _START, second_at_beginning=True).get_next()
    except croniter.CroniterBadDateError:
        return False
    return True
