"""Budget of work and time for one rendering."""

import math
import time
from collections.abc import Callable, Mapping

import attrs

from stroem.templating.errors import Fault, Missing, MissingUsed, kind

MAX_TEXT = 1024 * 1024
MAX_ITEMS = 100_000
MAX_WORK = 250_000
QUICK_WORK = 5_000
RENDER_SECS = 5.0
CHARACTERS_A_UNIT = 64
ITEMS_A_UNIT = 16


class QuickBudgetSpent(Exception):
    """The rendering takes more than a quick budget; the same rendering may go on with a full one elsewhere."""


@attrs.define(kw_only=True)
class Budget:
    """Remaining work, in units of about a microsecond, and the deadline.

    All templates of a step share one. A `quick` budget raises QuickBudgetSpent when it is used up, others a Fault.
    `until` is a reading of `clock`, in seconds.
    """

    work: int = MAX_WORK
    until: float = math.inf
    is_quick: bool = False
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def quick(cls) -> "Budget":
        """A budget of about five milliseconds, for rendering on an event loop."""
        return cls(work=QUICK_WORK, is_quick=True)

    @classmethod
    def full(cls) -> "Budget":
        """The budget of all that a step may use: MAX_WORK, within RENDER_SECS from now."""
        return cls(until=time.monotonic() + RENDER_SECS)

    def spend(self, units: int) -> None:
        """Take work from the budget; a Fault when it or the time is used up."""
        self.work -= units
        if self.work < 0:
            if self.is_quick:
                raise QuickBudgetSpent
            raise Fault("the template does more work than one rendering may (loops, long texts or lists)")
        if self.until != math.inf and self.clock() > self.until:
            raise Fault(f"rendering takes longer than the {RENDER_SECS:g} s that all templates of a step have")

    def expect(self, units: int) -> None:
        """Raise QuickBudgetSpent when a quick budget does not cover so much; take nothing."""
        if self.is_quick and units > self.work:
            raise QuickBudgetSpent

    def handle(self, value: object) -> None:
        """Charge one pass over the value, without its nested values."""
        if isinstance(value, str):
            self.spend(1 + len(value) // CHARACTERS_A_UNIT)
        elif isinstance(value, (list, tuple, Mapping)):
            self.spend(1 + len(value) // ITEMS_A_UNIT)
        else:
            self.spend(1)

    def text(self, length: int) -> None:
        """Pay for a text of so many characters; a Fault when it is longer than a text may be."""
        if length > MAX_TEXT:
            raise Fault(f"the result is longer than {MAX_TEXT:,} characters")
        self.spend(length // CHARACTERS_A_UNIT)

    def items(self, count: int) -> None:
        """Pay for a list of so many items; a Fault when it is longer than a list may be."""
        if count > MAX_ITEMS:
            raise Fault(f"the list has more than {MAX_ITEMS:,} items")
        self.spend(count // ITEMS_A_UNIT)

    def weigh(self, value: object) -> None:
        """Pay for everything inside a value; a Fault when it is too large or holds what is not JSON."""
        total = 0
        stack = [value]
        while stack:
            item = stack.pop()
            if isinstance(item, str):
                total += len(item) + 2
            elif isinstance(item, Mapping):
                total += 2 + 4 * len(item)
                stack.extend(item.keys())
                stack.extend(item.values())
            elif isinstance(item, (list, tuple)):
                total += 2 + 2 * len(item)
                stack.extend(item)
            elif item is None or isinstance(item, (int, float)):
                total += 4
            else:
                refuse(item)
            if total > MAX_TEXT:
                raise Fault(f"the value is larger than {MAX_TEXT:,} characters of JSON")
        self.spend(total // CHARACTERS_A_UNIT)


def checked(value: object) -> object:
    """The value, unchecked inside. Raises Fault when it is no JSON value."""
    if value is not None and not isinstance(value, (str, int, float, list, tuple, Mapping)):
        refuse(value)
    return value


def refuse(value: object) -> None:
    """Raise the Fault for what is no JSON value."""
    if isinstance(value, Missing):
        raise MissingUsed(value)
    raise Fault(f"the result is {kind(value)}; only texts, numbers, true/false, null, lists and maps can be used")
