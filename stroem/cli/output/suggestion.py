"""The name that was probably meant, as a sentence."""

from collections.abc import Sequence


def suggestion(name: str, known: Sequence[str]) -> str:
    """` Did you mean …?`, or nothing when no known name is near."""
    from difflib import get_close_matches  # needed after a mistake only

    near = get_close_matches(name, known, n=1)
    return f" Did you mean '{near[0]}'?" if near else ""
