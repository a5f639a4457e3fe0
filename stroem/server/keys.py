"""Typed application keys of the parts that handlers share."""

import asyncio

from aiohttp import web

from stroem.accounts.services import Accounts
from stroem.machines.services import Machines
from stroem.orchestrator.services import Services
from stroem.reconciler.configured.configured_workspaces import ConfiguredWorkspaces
from stroem.reconciler.following.announcements import Announcements
from stroem.reconciler.services import Reconciler
from stroem.reconciler.tarballs.tarballs import Tarballs
from stroem.reconciler.workspaces.catalog import Catalog
from stroem.reconciler.workspaces.operations import WorkspaceOperations
from stroem.registry.push_hooks import PushHooks
from stroem.registry.registry import Registry
from stroem.server.http.cooldown import RefreshCooldown
from stroem.server.settings_watch import SettingsWatch
from stroem.settings.loader import SettingsFile
from stroem.settings.server import ServerSettings

SETTINGS = web.AppKey("settings", ServerSettings)
REGISTRY = web.AppKey("registry", Registry)
SERVICES = web.AppKey("services", Services)
ACCOUNTS = web.AppKey("accounts", Accounts)
"""Set only when people sign in."""

MACHINES = web.AppKey("machines", Machines)
GRANT_SECRET = web.AppKey("grant_secret", bytes)
"""The secret with which grants of steps are signed."""

RECONCILER = web.AppKey("reconciler", Reconciler)
OPERATIONS = web.AppKey("operations", WorkspaceOperations)
ANNOUNCEMENTS = web.AppKey("announcements", Announcements)
CONFIGURED = web.AppKey("configured", ConfiguredWorkspaces)
SETTINGS_WATCH = web.AppKey("settings_watch", SettingsWatch)
CATALOG = web.AppKey("catalog", Catalog)
TARBALLS = web.AppKey("tarballs", Tarballs)
STARTED = web.AppKey("started", float)
"""Start of the reconciler, in seconds of the event loop's clock."""

LOOPS = web.AppKey("loops", asyncio.Task[None])
REFRESH_COOLDOWN = web.AppKey("refresh_cooldown", RefreshCooldown)
PUSH_HOOKS = web.AppKey("push_hooks", PushHooks)
SETTINGS_FILE = web.AppKey("settings_file", SettingsFile)
"""Set only when the settings came from a file."""
