"""The header of every answer, by which clients know that a Strøm server answers."""

import importlib.metadata

from aiohttp import web

from stroem.definitions.version_header import VERSION_HEADER


def install(app: web.Application) -> None:
    """Adds the server's version to every answer, failures included."""
    version = importlib.metadata.version("stroem")

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        response.headers[VERSION_HEADER] = version

    app.on_response_prepare.append(add)
