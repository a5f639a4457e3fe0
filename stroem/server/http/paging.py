"""Pages of lists."""

import attrs
from aiohttp import web

from stroem.server.http.limits import LIMITS

_MAX_OFFSET = 1_000_000_000


@attrs.frozen(kw_only=True)
class Paging:
    """A page: `limit` items after `offset`. Values out of range are clamped."""

    limit: int = 50
    offset: int = 0

    def clamped(self, request: web.Request) -> tuple[int, int]:
        """Limit and offset, the limit between 0 and the setting `limits.page_items`."""
        return clamp(self.limit, 0, page_items(request)), clamp(self.offset, 0, _MAX_OFFSET)


def page_items(request: web.Request) -> int:
    """The largest page, from the setting `limits.page_items`."""
    return request.app[LIMITS].page_items


def clamp(value: int, least: int, most: int) -> int:
    """The value, or the bound that it exceeds."""
    return max(least, min(value, most))
