"""Configuration for clients, and the state of the settings."""

import importlib.metadata

import attrs
from aiohttp import web

from stroem.accounts.providers import Providers
from stroem.reconciler.configured.set_follower import SetStatus
from stroem.rights.workspace_rules import WorkspaceRules
from stroem.server.api.rights.live_rights import RIGHTS
from stroem.server.keys import ACCOUNTS, CONFIGURED, SETTINGS, SETTINGS_WATCH
from stroem.server.settings_watch import SettingsStatus


@attrs.frozen(kw_only=True)
class OidcProvider:
    """A provider for sign-in. With `is_available` false, nobody can sign in by it now."""

    id: str
    display_name: str
    is_available: bool


@attrs.frozen(kw_only=True)
class ClientConfig:
    """Ways to sign in, and the version of the server. `acl_enabled`: rules, or an `acl`, say who may do what."""

    auth_required: bool
    acl_enabled: bool
    oidc_providers: tuple[OidcProvider, ...]
    has_internal_auth: bool
    version: str


@attrs.frozen(kw_only=True)
class RulesStatus:
    """The workspace that gives rights, its current release, and the number of its rules that are in effect.

    `error` is the reason why none are.
    """

    workspace: str
    release: int | None
    rules: int
    error: str | None


@attrs.frozen(kw_only=True)
class FollowedSettings:
    """State of the settings file, of the set of workspaces that `workspaces_from` names, and of the rules of the
    workspace that `rules_from` names; null where unused.
    """

    file: SettingsStatus | None
    workspaces_from: SetStatus | None
    rules_from: RulesStatus | None


async def get(request: web.Request) -> ClientConfig:
    """Ways to sign in, and the version of the server."""
    settings = request.app[SETTINGS]
    sign_in = settings.sign_in
    providers = request.app[ACCOUNTS].providers if ACCOUNTS in request.app else Providers({})
    return ClientConfig(
        auth_required=sign_in is not None,
        acl_enabled=request.app[RIGHTS].rights.has_rules,
        oidc_providers=tuple(
            OidcProvider(id=one.id, display_name=one.display_name, is_available=one.authenticator.problem is None)
            for one in providers.of_browsers
        ),
        has_internal_auth=sign_in is not None and (sign_in.has_passwords or bool(providers.of_passwords)),
        version=importlib.metadata.version("stroem"),
    )


async def get_settings(request: web.Request) -> FollowedSettings:
    """State of the settings file, of the set of workspaces, and of the rules of a workspace, with their errors."""
    watch = request.app.get(SETTINGS_WATCH)
    return FollowedSettings(
        file=watch.status if watch is not None else None,
        workspaces_from=request.app[CONFIGURED].set_status,
        rules_from=_rules_status(request.app[RIGHTS].of_workspace),
    )


def _rules_status(rules: WorkspaceRules | None) -> RulesStatus | None:
    if rules is None:
        return None
    count = len(rules.content.rules)
    return RulesStatus(workspace=rules.workspace, release=rules.release, rules=count, error=rules.error)
