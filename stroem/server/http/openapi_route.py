"""The description of the API."""

from aiohttp import web

from stroem.server.keys import OPENAPI


async def get(request: web.Request) -> web.Response:
    """The OpenAPI 3.1 document of this server."""
    return web.Response(body=request.app[OPENAPI], content_type="application/json")
