"""How the settings stand that a running server follows."""

import attrs
from aiohttp import web

from stroem.reconciler.configured.set_follower import SetStatus
from stroem.server.keys import CONFIGURED, SETTINGS_WATCH
from stroem.server.settings_watch import SettingsStatus


@attrs.frozen(kw_only=True)
class FollowedSettings:
    """The settings file, and the set of workspaces that `workspaces_from` names; None where there is none."""

    file: SettingsStatus | None
    workspaces_from: SetStatus | None


async def get(request: web.Request) -> FollowedSettings:
    """Whether the settings file and the set of workspaces are in effect, or what is wrong with them."""
    watch = request.app.get(SETTINGS_WATCH)
    return FollowedSettings(
        file=watch.status if watch is not None else None, workspaces_from=request.app[CONFIGURED].set_status
    )
