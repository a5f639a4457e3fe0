"""`strftime` of Rust's chrono, always in English."""

import re
from collections.abc import Callable
from datetime import datetime

from stroem.templating.errors import Fault

MAX_FORMAT = 500

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_ITEM = re.compile(r"%(?:(\.[369]?f|[369]f|:{1,3}z|#z)|([-_0])?([A-Za-z%+]))")
_SHORTHANDS = {
    "D": "%m/%d/%y", "x": "%m/%d/%y", "F": "%Y-%m-%d", "v": "%e-%b-%Y", "R": "%H:%M", "T": "%H:%M:%S",
    "X": "%H:%M:%S", "r": "%I:%M:%S %p", "c": "%a %b %e %H:%M:%S %Y", "+": "%Y-%m-%dT%H:%M:%S%.f%:z",
}  # fmt: skip
_TEXTS: dict[str, Callable[[datetime], str]] = {
    "B": lambda moment: _MONTHS[moment.month - 1],
    "b": lambda moment: _MONTHS[moment.month - 1][:3],
    "h": lambda moment: _MONTHS[moment.month - 1][:3],
    "A": lambda moment: _DAYS[moment.weekday()],
    "a": lambda moment: _DAYS[moment.weekday()][:3],
    "p": lambda moment: "AM" if moment.hour < 12 else "PM",
    "P": lambda moment: "am" if moment.hour < 12 else "pm",
    "Z": lambda moment: _zone_name(moment),
    "z": lambda moment: _offset(moment, ""),
    "n": lambda moment: "\n",
    "t": lambda moment: "\t",
    "%": lambda moment: "%",
}
# What the number is, how wide it is, and what fills it up.
_NUMBERS: dict[str, tuple[Callable[[datetime], int], int, str]] = {
    "Y": (lambda moment: moment.year, 4, "0"),
    "C": (lambda moment: moment.year // 100, 2, "0"),
    "y": (lambda moment: moment.year % 100, 2, "0"),
    "q": (lambda moment: (moment.month + 2) // 3, 1, "0"),
    "m": (lambda moment: moment.month, 2, "0"),
    "d": (lambda moment: moment.day, 2, "0"),
    "e": (lambda moment: moment.day, 2, " "),
    "w": (lambda moment: moment.isoweekday() % 7, 1, "0"),
    "u": (lambda moment: moment.isoweekday(), 1, "0"),
    "U": (lambda moment: (moment.timetuple().tm_yday + 6 - moment.isoweekday() % 7) // 7, 2, "0"),
    "W": (lambda moment: (moment.timetuple().tm_yday + 6 - moment.weekday()) // 7, 2, "0"),
    "G": (lambda moment: moment.isocalendar().year, 4, "0"),
    "g": (lambda moment: moment.isocalendar().year % 100, 2, "0"),
    "V": (lambda moment: moment.isocalendar().week, 2, "0"),
    "j": (lambda moment: moment.timetuple().tm_yday, 3, "0"),
    "H": (lambda moment: moment.hour, 2, "0"),
    "k": (lambda moment: moment.hour, 2, " "),
    "I": (lambda moment: moment.hour % 12 or 12, 2, "0"),
    "l": (lambda moment: moment.hour % 12 or 12, 2, " "),
    "M": (lambda moment: moment.minute, 2, "0"),
    "S": (lambda moment: moment.second, 2, "0"),
    "f": (lambda moment: moment.microsecond * 1000, 9, "0"),
    "s": (lambda moment: int(moment.timestamp()), 1, "0"),
}
_FILLS = {"-": "", "_": " ", "0": "0"}


def timestamp_text(moment: datetime, pattern: str) -> str:
    """The moment in the pattern of chrono's `strftime`; a Fault names the first item that does not exist."""
    if len(pattern) > MAX_FORMAT:
        raise Fault(f"`format` is longer than {MAX_FORMAT} characters")
    parts = []
    position = 0
    while (percent := pattern.find("%", position)) >= 0:
        item = _ITEM.match(pattern, percent)
        written = _item_text(moment, item) if item else None
        if item is None or written is None:
            raise Fault("`format` has an item that does not exist; a single percent sign is written %%")
        parts += [pattern[position:percent], written]
        position = item.end()
    return "".join([*parts, pattern[position:]])


def _item_text(moment: datetime, item: re.Match[str]) -> str | None:
    special, fill, letter = item.groups()
    if special is not None:
        return _special(moment, special)
    if letter in _SHORTHANDS:
        return timestamp_text(moment, _SHORTHANDS[letter])
    if letter in _TEXTS:
        return _TEXTS[letter](moment)
    if letter not in _NUMBERS:
        return None
    number, width, padding = _NUMBERS[letter]
    padding = _FILLS[fill] if fill else padding
    return str(number(moment)).rjust(width, padding) if padding else str(number(moment))


def _special(moment: datetime, special: str) -> str:
    if special.endswith("z"):
        return _offset(moment, special[:-1])
    digits = f"{moment.microsecond * 1000:09}"
    if special == ".f":
        return "" if moment.microsecond == 0 else "." + (digits[:3] if digits.endswith("000000") else digits[:6])
    width = int(special.strip(".f"))
    return ("." if special.startswith(".") else "") + digits[:width]


def _offset(moment: datetime, style: str) -> str:
    offset = moment.utcoffset()
    seconds = int(offset.total_seconds()) if offset is not None else 0
    sign = "-" if seconds < 0 else "+"
    hours, minutes, rest = abs(seconds) // 3600, abs(seconds) // 60 % 60, abs(seconds) % 60
    match style:
        case ":":
            return f"{sign}{hours:02}:{minutes:02}"
        case "::":
            return f"{sign}{hours:02}:{minutes:02}:{rest:02}"
        case ":::" | "#":
            return f"{sign}{hours:02}"
    return f"{sign}{hours:02}{minutes:02}"


def _zone_name(moment: datetime) -> str:
    name = moment.tzname() or "UTC"
    return name if not name.startswith("UTC") or name == "UTC" else _offset(moment, ":")
