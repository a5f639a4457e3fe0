"""All items of a list, page by page."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

_PAGE = 100


async def all_items(client: "Client", *path: str) -> list[dict[str, Any]]:
    """The items of all pages at a path below `/api`."""
    items: list[dict[str, Any]] = []
    while True:
        page = await client.get(*path, limit=_PAGE, offset=len(items))
        items += page["items"]
        if not page["items"] or len(items) >= page["total"]:
            return items
