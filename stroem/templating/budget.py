"""What one rendering may use, so that no template stops a server."""

from collections.abc import Mapping

import attrs

from stroem.templating.faults import Fault, Missing, MissingUsed, kind

MAX_TEXT = 1024 * 1024
MAX_ITEMS = 100_000
MAX_WORK = 250_000
CHARACTERS_A_UNIT = 64
ITEMS_A_UNIT = 16


@attrs.define(kw_only=True)
class Budget:
    """The work that is left, in units of about a microsecond, for all templates of one call."""

    work: int = MAX_WORK

    def spend(self, units: int) -> None:
        """Take work from the budget; a Fault when it is used up."""
        self.work -= units
        if self.work < 0:
            raise Fault("the template does more work than one rendering may (loops, long texts or lists)")

    def handle(self, value: object) -> None:
        """Pay for an operation that walks over this value once, without what lies inside it."""
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
    """The value itself, whose inside is not looked at; a Fault when it is no JSON value."""
    if value is not None and not isinstance(value, (str, int, float, list, tuple, Mapping)):
        refuse(value)
    return value


def refuse(value: object) -> None:
    """Raise the Fault for what is no JSON value."""
    if isinstance(value, Missing):
        raise MissingUsed(value)
    raise Fault(f"the result is {kind(value)}; only texts, numbers, true/false, null, lists and maps can be used")
