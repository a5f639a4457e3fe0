"""The header by which clients know that a Strøm server answers."""

import importlib.metadata

from aiohttp import web

VERSION_HEADER = "Stroem-Version"


def install(app: web.Application) -> None:
    """Adds the server's version to every answer, failures included."""
    version = importlib.metadata.version("stroem")

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        response.headers[VERSION_HEADER] = version

    app.on_response_prepare.append(add)
