"""The filter that writes points in time."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stroem.templating.errors import Fault, kind
from stroem.templating.filters.arguments import text
from stroem.templating.filters.strftime import timestamp_text


def date(value: object, format: object = "%Y-%m-%d", timezone: object = None) -> str:
    """Formats a time (seconds since 1970, `2026-01-31`, or RFC 3339) with `strftime`."""
    zone = None if timezone is None else _zone(text(timezone, "timezone"))
    return timestamp_text(_moment(value, zone), text(format, "format"))


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Fault("`timezone` must be a name such as Europe/Oslo") from None


def _moment(value: object, zone: tzinfo | None) -> datetime:
    """The point in time; texts without an offset stay as they are, as in Tera."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, zone or UTC)
        if isinstance(value, str):
            return _parsed(value, zone)
    except (ValueError, OverflowError, OSError):
        raise Fault("the text is no date such as 2026-01-31 or 2026-01-31T08:00:00Z") from None
    raise Fault(f"the value must be whole seconds since 1970 or a text, not {kind(value)}")


def _parsed(content: str, zone: tzinfo | None) -> datetime:
    if "T" not in content:
        return datetime.strptime(content, "%Y-%m-%d").replace(tzinfo=UTC)
    moment = datetime.fromisoformat(content)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(zone) if zone is not None else moment
