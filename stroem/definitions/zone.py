"""Time zones by name."""

import functools
import zoneinfo


@functools.lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    """Whether there is such a time zone."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
