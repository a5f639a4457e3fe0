"""The version header of every response."""

import importlib.metadata

from aiohttp import web

from stroem.definitions.version_header import VERSION_HEADER


def install(app: web.Application) -> None:
    """Adds the server's version to every response, errors included."""
    version = importlib.metadata.version("stroem")

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        response.headers[VERSION_HEADER] = version

    app.on_response_prepare.append(add)
