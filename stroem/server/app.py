"""The application, built in one place."""

import asyncio
import sys

import orjson
from aiohttp import web

from stroem.registry.push_hooks import PushHooks
from stroem.registry.registry import Registry
from stroem.server import lifespan
from stroem.server.http import cors, version_header
from stroem.server.http.admission import Strangers
from stroem.server.http.browser_check import browser_guard
from stroem.server.http.cooldown import RefreshTurns
from stroem.server.http.errors import failures
from stroem.server.http.openapi import openapi_document
from stroem.server.http.shielded import UNDER_WAY
from stroem.server.keys import (
    CLOSING,
    OPENAPI,
    PUSH_HOOKS,
    REFRESHES,
    REGISTRY,
    SETTINGS,
    SETTINGS_FILE,
    STRANGERS,
    WORKER_BODIES,
)
from stroem.server.routes import ROUTES
from stroem.server.settings_check import check_available
from stroem.settings.server import ServerSettings
from stroem.settings.settings_file import SettingsFile

_LARGEST_BODIES = 4
"""So many of the largest are in memory at once."""


def build_app(settings: ServerSettings, registry: Registry, file: SettingsFile | None = None) -> web.Application:
    """The whole server but its port; what it needs is opened when it starts and closed when it stops.

    `file` is where the settings came from, if it is to be watched. Raises `SettingsError` for settings that this
    version would not keep.
    """
    check_available(settings, registry)
    app = web.Application(middlewares=[failures, browser_guard(settings), cors.preflight(settings)])
    app[SETTINGS] = settings
    app[REGISTRY] = registry
    if file is not None:
        app[SETTINGS_FILE] = file
    app[REFRESHES] = RefreshTurns()
    app[PUSH_HOOKS] = PushHooks(registry, settings.push_hooks)
    limits = settings.limits
    app[STRANGERS] = Strangers(_LARGEST_BODIES * max(limits.push_body_bytes, limits.body_bytes))
    of_workers = _LARGEST_BODIES * (limits.log_body_bytes + limits.output)
    app[WORKER_BODIES] = Strangers(of_workers, sys.maxsize, sys.maxsize)
    app[OPENAPI] = orjson.dumps(openapi_document(ROUTES))
    app[UNDER_WAY] = set()
    app[CLOSING] = asyncio.Event()
    cors.install(app, settings)
    version_header.install(app)
    for route in ROUTES:
        route.enter(app.router)
    app.cleanup_ctx.extend([lifespan.store, lifespan.loops, lifespan.workspaces, lifespan.settings_file])
    app.on_shutdown.append(lifespan.release_waiting)
    return app
