"""Secrets of workspaces that the server keeps: set, list, remove; a change of their key. Values are never answered."""

import attrs
from aiohttp import web

from stroem.orchestrator.secrets.sealed_secrets import Rewrapped
from stroem.server.api.auth.common import Done
from stroem.server.api.lookup import current_workspace
from stroem.server.http.actor import actor_of
from stroem.server.http.audit.recording import note
from stroem.server.http.paging import Paging
from stroem.server.keys import SERVICES
from stroem.store.secrets.sealed_secrets import SecretItem


@attrs.frozen(kw_only=True)
class NewSecret:
    """A value to keep."""

    value: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class SetSecret:
    """A secret that was set. `version` counts its values."""

    name: str
    version: int


@attrs.frozen(kw_only=True)
class SecretsPage:
    """A page of secrets by name, and their total number."""

    items: tuple[SecretItem, ...]
    total: int


async def list_secrets(request: web.Request, workspace: str, query: Paging) -> SecretsPage:
    """The secrets that the server keeps for a workspace, by name, without their values."""
    current_workspace(request.app, workspace)
    items, total = await request.app[SERVICES].secrets.sealed.list(workspace, *query.clamped(request))
    return SecretsPage(items=items, total=total)


async def set_secret(request: web.Request, workspace: str, secret: str, body: NewSecret) -> SetSecret:
    """Encrypts and keeps a value, in the place of a former one. Steps that start get it within `max_age`."""
    current_workspace(request.app, workspace)
    note(request, object=("secret", secret))
    version = await request.app[SERVICES].secrets.sealed.set(workspace, secret, body.value, actor_of(request))
    return SetSecret(name=secret, version=version)


async def remove(request: web.Request, workspace: str, secret: str) -> Done:
    """Removes a secret; steps that need it fail from then on."""
    current_workspace(request.app, workspace)
    await request.app[SERVICES].secrets.sealed.remove(workspace, secret)
    return Done()


async def rotate(request: web.Request) -> Rewrapped:
    """Encrypts the data keys of all secrets with the current key of the server, after its file got a new one."""
    return await request.app[SERVICES].secrets.sealed.rewrap()
