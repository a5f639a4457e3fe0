"""Which plugins are loaded."""

from aiohttp import web

from stroem.registry.plugin import PluginInfo
from stroem.server.keys import REGISTRY


async def list_plugins(request: web.Request) -> tuple[PluginInfo, ...]:
    """The plugins of this server: what each brings, and why it failed to load."""
    return request.app[REGISTRY].plugins
