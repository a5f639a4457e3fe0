"""What handlers share, by typed keys of the application."""

import asyncio

from aiohttp import web

from stroem.orchestrator.services import Services
from stroem.reconciler.tarballs.tarballs import Tarballs
from stroem.reconciler.workspaces.catalog import Catalog
from stroem.reconciler.workspaces.loop import Reconciler
from stroem.reconciler.workspaces.operations import Steering
from stroem.registry.push_hooks import PushHooks
from stroem.registry.registry import Registry
from stroem.server.fleet import Fleet
from stroem.server.http.admission import Strangers
from stroem.server.http.cooldown import RefreshTurns
from stroem.server.settings_watch import SettingsWatch
from stroem.settings.server import ServerSettings
from stroem.settings.settings_file import SettingsFile

SETTINGS = web.AppKey("settings", ServerSettings)
REGISTRY = web.AppKey("registry", Registry)
SERVICES = web.AppKey("services", Services)
RECONCILER = web.AppKey("reconciler", Reconciler)
STEERING = web.AppKey("steering", Steering)
FLEET = web.AppKey("fleet", Fleet)
SETTINGS_WATCH = web.AppKey("settings_watch", SettingsWatch)
CATALOG = web.AppKey("catalog", Catalog)
TARBALLS = web.AppKey("tarballs", Tarballs)
STARTED = web.AppKey("started", float)
"""When the server began to look at its workspaces, in seconds of the event loop's clock."""

LOOPS = web.AppKey("loops", asyncio.Task[None])
REFRESHES = web.AppKey("refreshes", RefreshTurns)
PUSH_HOOKS = web.AppKey("push_hooks", PushHooks)
SETTINGS_FILE = web.AppKey("settings_file", SettingsFile)
"""There when the settings came from a file."""

STRANGERS = web.AppKey("strangers", Strangers)
WORKER_BODIES = web.AppKey("worker_bodies", Strangers)
OPENAPI = web.AppKey("openapi", bytes)
CLOSING = web.AppKey("closing", asyncio.Event)
"""Set when the server is about to stop: requests that wait are answered at once."""
