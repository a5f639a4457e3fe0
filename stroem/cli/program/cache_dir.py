"""Where the program keeps what it can get again."""

import os
from pathlib import Path


def cache_dir() -> Path:
    """`stroem` in the user's folder for caches; perhaps not there yet."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 (pathlib's raises)
    return Path(base) / "stroem"
