"""The plugins of the server."""

import attrs
from aiohttp import web

from stroem.registry.contributions import Contribution
from stroem.registry.plugin import PluginInfo
from stroem.server.keys import REGISTRY


@attrs.frozen(kw_only=True)
class PluginDetail(PluginInfo):
    """A plugin, with its `contributions` by hook and name."""

    contributions: tuple[Contribution, ...]


async def list_plugins(request: web.Request) -> tuple[PluginDetail, ...]:
    """The server's plugins: their contributions, and errors of those that failed to load."""
    registry = request.app[REGISTRY]
    found = registry.plugins
    return tuple(
        PluginDetail(**attrs.asdict(one, recurse=False), contributions=registry.contributions.get(one.name, ()))
        for one in found
    )
