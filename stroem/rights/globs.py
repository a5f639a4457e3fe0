"""Patterns of names."""

from collections.abc import Collection


def glob_matches(pattern: str, text: str) -> bool:
    """Whether a text matches a pattern, in which `*` stands for any characters, `/` too. Takes linear time."""
    first, *others = pattern.split("*")
    if not others:
        return text == pattern
    *between, last = others
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    for part in between:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def any_matches(patterns: Collection[str], text: str) -> bool:
    """Whether a text matches one of the patterns."""
    return "*" in patterns or any(glob_matches(pattern, text) for pattern in patterns)
