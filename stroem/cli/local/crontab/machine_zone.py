"""Time zone of this machine."""

import os
from pathlib import Path

from stroem.definitions.zone import is_zone

_ZONES = "zoneinfo/"


def machine_zone() -> str:
    """The name of the zone in which cron runs here; UTC if it has no name."""
    link = Path("/etc/localtime")
    linked = str(link.readlink()).rpartition(_ZONES)[2] if link.is_symlink() else ""
    for name in (os.environ.get("TZ", "").removeprefix(":"), linked):
        if name and is_zone(name):
            return name
    return "UTC"
