"""Processes that others have started."""

from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether the process runs; the dead that nobody has reaped do not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
