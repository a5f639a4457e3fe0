"""Which part of a list is asked for."""

import attrs

_FARTHEST = 1_000_000_000


@attrs.frozen(kw_only=True)
class Paging:
    """A page: `limit` items after `offset`. What lies outside the allowed range is brought into it."""

    limit: int = 50
    offset: int = 0

    def within(self, most: int) -> tuple[int, int]:
        """Limit and offset, the limit between 0 and `most`."""
        return clamp(self.limit, 0, most), clamp(self.offset, 0, _FARTHEST)


def clamp(value: int, least: int, most: int) -> int:
    """The value, or the bound that it oversteps."""
    return max(least, min(value, most))
