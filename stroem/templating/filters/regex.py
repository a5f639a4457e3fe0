"""Regular expressions by RE2, in the syntax of Rust's regex.

A search takes at most time in proportion to the text times the pattern's program (RE2's NFA, about a nanosecond for
each character and instruction), and releases the interpreter's lock meanwhile.
"""

from functools import lru_cache

import re2  # type: ignore[import-untyped]

from stroem.templating.budget import Budget
from stroem.templating.errors import Fault

STEPS_A_UNIT = 1_000
UNITS_A_MATCH = 7
MAX_PATTERN = 2_000
MAX_MEMORY = 4 * 1024 * 1024


class InvalidPattern(Fault):
    """A pattern that RE2 does not take. Its message has no part of the pattern, which may be a secret."""

    def __init__(self, reason: bytes = b"") -> None:
        self.reason = reason.decode(errors="replace")
        super().__init__("the pattern is no valid regular expression")


def matches(pattern: str, text: str, budget: Budget) -> bool:
    """True when the pattern is found anywhere in the text."""
    budget.spend(len(pattern))
    compiled = _compiled(pattern)
    budget.spend(len(text) * (compiled.programsize + compiled.reverseprogramsize) // STEPS_A_UNIT)
    return compiled.search(text) is not None


def matches_whole(pattern: str, text: str, budget: Budget) -> bool:
    """True when the whole text matches the pattern."""
    budget.spend(len(pattern))
    compiled = _compiled(pattern)
    budget.spend(len(text) * (compiled.programsize + compiled.reverseprogramsize) // STEPS_A_UNIT)
    return compiled.fullmatch(text) is not None


def pattern_problem(pattern: str) -> str | None:
    """The mistake in a pattern, which it may quote; None if there is none."""
    try:
        _compiled(pattern)
    except InvalidPattern as error:
        return f"{error}: {error.reason}"
    except Fault as error:
        return str(error)
    return None


def without(pattern: str, text: str, budget: Budget) -> str:
    """Removes the matches of a pattern from a text.

    Only for patterns whose search ends where the match does: others would scan the rest of the text for each match.
    """
    compiled = _compiled(pattern)
    budget.spend(2 * len(text) * compiled.programsize // STEPS_A_UNIT)
    parts = []
    end = 0
    for match in compiled.finditer(text):
        budget.spend(UNITS_A_MATCH)
        parts.append(text[end : match.start()])
        end = match.end()
    return "".join([*parts, text[end:]])


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> "re2._Regexp":
    if len(pattern) > MAX_PATTERN:
        raise Fault(f"the pattern is longer than {MAX_PATTERN:,} characters")
    options = re2.Options()
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise InvalidPattern(*error.args) from None
    except UnicodeEncodeError:
        raise InvalidPattern(b"half of a surrogate pair") from None
