"""What a client must know before it signs in."""

import importlib.metadata

import attrs
from aiohttp import web

from stroem.server.keys import SETTINGS


@attrs.frozen(kw_only=True)
class OidcProvider:
    """One provider that people can sign in with."""

    id: str
    display_name: str


@attrs.frozen(kw_only=True)
class ClientConfig:
    """How to sign in, and the version of the server."""

    auth_required: bool
    acl_enabled: bool
    oidc_providers: tuple[OidcProvider, ...]
    has_internal_auth: bool
    version: str


async def get(request: web.Request) -> ClientConfig:
    """How to sign in, and the version of the server."""
    settings = request.app[SETTINGS]
    providers = settings.auth.providers if settings.auth else {}
    return ClientConfig(
        auth_required=settings.auth is not None,
        acl_enabled=settings.acl is not None,
        oidc_providers=tuple(
            OidcProvider(id=name, display_name=provider.display_name or name)
            for name, provider in providers.items()
            if provider.provider_type == "oidc"
        ),
        has_internal_auth=settings.auth is not None
        and (not providers or any(one.provider_type == "internal" for one in providers.values())),
        version=importlib.metadata.version("stroem"),
    )
