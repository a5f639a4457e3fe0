"""Regular expressions that take time in proportion to the text: RE2, whose syntax is also that of Rust's regex."""

from functools import lru_cache

import re2  # type: ignore[import-untyped]

from stroem.templating.faults import Fault

MAX_PATTERN = 2_000
MAX_MEMORY = 4 * 1024 * 1024


def matches(pattern: str, text: str) -> bool:
    """True when the pattern is found anywhere in the text."""
    return _compiled(pattern).search(text) is not None


def substitute(pattern: str, replacement: str, text: str) -> str:
    """The text with every place where the pattern is found replaced."""
    result: str = _compiled(pattern).sub(replacement, text)
    return result


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> "re2._Regexp":
    if len(pattern) > MAX_PATTERN:
        raise Fault(f"the pattern is longer than {MAX_PATTERN:,} characters")
    options = re2.Options()
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error:
        raise Fault("the pattern is no valid regular expression") from None
