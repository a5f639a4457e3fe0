"""Sentence that suggests the nearest known name."""

from collections.abc import Sequence


def suggestion(name: str, known: Sequence[str]) -> str:
    """` Did you mean …?`, or nothing when no known name is similar."""
    from stroem.conversion.suggestions import nearest  # slow to import, needed after a mistake only

    near = nearest(name, known)
    return f" Did you mean '{near}'?" if near else ""
