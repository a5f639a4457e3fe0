"""Builds the application."""

import asyncio
import sys
from pathlib import Path

import orjson
from aiohttp import web

from stroem.files.state_archive import PACKED_BYTES
from stroem.registry.push_hooks import PushHooks
from stroem.registry.registry import Registry
from stroem.server import lifespan
from stroem.server.api.rights.authorization import access_ends, authorize
from stroem.server.api.rights.live_rights import RIGHTS, LiveRights
from stroem.server.authentication import authentication, bears_token
from stroem.server.http import cors, request_id, version_header
from stroem.server.http.admission import ANONYMOUS_BODIES, WORKER_BODIES, AdmissionLimiter
from stroem.server.http.audit.middleware import audit_middleware
from stroem.server.http.browser_check import browser_check
from stroem.server.http.client_address import TRUSTED_PROXIES, proxy_networks
from stroem.server.http.cooldown import RefreshCooldown
from stroem.server.http.disconnect_shield import SHIELDED_TASKS
from stroem.server.http.errors import error_middleware
from stroem.server.http.limits import LIMITS
from stroem.server.http.openapi import OPENAPI, openapi_document
from stroem.server.http.route import ACCESS_ENDS, AUTHORIZE
from stroem.server.http.streaming import CLOSING
from stroem.server.keys import PUSH_HOOKS, REFRESH_COOLDOWN, REGISTRY, SETTINGS, SETTINGS_FILE
from stroem.server.routes import PAGES, ROUTES
from stroem.server.settings_check import check_available
from stroem.server.ui import built_files
from stroem.server.ui.ui_middleware import ui_middleware
from stroem.settings.loader import SettingsFile
from stroem.settings.server import LimitSettings, ServerSettings

_LARGEST_BODIES = 4
"""Number of bodies of the largest size that fit into memory together."""


def build_app(
    settings: ServerSettings, registry: Registry, file: SettingsFile | None = None, *, ui: Path = built_files.FOLDER
) -> web.Application:
    """The whole server but its port; it opens its resources at startup and closes them at cleanup.

    `file` is where the settings came from, if it is to be watched; `ui` is the folder of the built UI. Raises
    `SettingsError` for settings that this version cannot follow.
    """
    check_available(settings, registry)
    browser = browser_check(settings, bears_token)
    middlewares = [audit_middleware, error_middleware, browser, cors.preflight(settings), ui_middleware(ui)]
    if settings.sign_in is not None:
        middlewares.append(authentication)
    app = web.Application(middlewares=middlewares)
    app[SETTINGS] = settings
    app[REGISTRY] = registry
    if file is not None:
        app[SETTINGS_FILE] = file
    app[REFRESH_COOLDOWN] = RefreshCooldown()
    app[RIGHTS] = LiveRights(settings)
    app[AUTHORIZE] = authorize
    app[ACCESS_ENDS] = access_ends
    app[PUSH_HOOKS] = PushHooks(registry, settings.push_hooks)
    app[TRUSTED_PROXIES] = proxy_networks(settings.trusted_proxies)
    _set_limits(app, settings.limits)
    app[OPENAPI] = orjson.dumps(openapi_document(ROUTES))
    app[SHIELDED_TASKS] = set()
    app[CLOSING] = asyncio.Event()
    cors.install(app, settings)
    version_header.install(app)
    request_id.install(app)
    for route in (*ROUTES, *PAGES):
        route.register(app.router)
    app.cleanup_ctx.extend(
        [
            lifespan.store,
            lifespan.accounts,
            lifespan.machines,
            lifespan.loops,
            lifespan.workspaces,
            lifespan.settings_file,
        ]
    )
    app.on_shutdown.append(lifespan.end_long_polls)
    return app


def _set_limits(app: web.Application, limits: LimitSettings) -> None:
    app[LIMITS] = limits
    app[ANONYMOUS_BODIES] = AdmissionLimiter(
        _LARGEST_BODIES * max(limits.push_body_bytes, limits.hook_body_bytes, PACKED_BYTES)
    )
    worker_bytes = _LARGEST_BODIES * max(limits.log_body_bytes + limits.output, PACKED_BYTES)
    app[WORKER_BODIES] = AdmissionLimiter(worker_bytes, sys.maxsize, sys.maxsize)
