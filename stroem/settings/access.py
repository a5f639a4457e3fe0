"""Settings of sign-in, MCP and metrics."""

from typing import Annotated, Literal

import attrs

from stroem.conversion.constraints import Length, Secret


@attrs.frozen(kw_only=True)
class ProviderSettings:
    """A sign-in provider: passwords (`internal`) or OpenID Connect."""

    provider_type: Literal["internal", "oidc"]
    display_name: str | None = None
    issuer_url: str | None = None
    client_id: str | None = None
    client_secret: str | None = attrs.field(default=None, repr=False)
    default_groups: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class InitialUserSettings:
    """The administrator that the first start creates."""

    email: str
    password: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class AuthSettings:
    """Sign-in. Without this section everything is open. `base_url` is the address that browsers use."""

    jwt_secret: Secret = attrs.field(repr=False)
    refresh_secret: Secret | None = attrs.field(default=None, repr=False)
    base_url: str | None = None
    providers: dict[str, ProviderSettings] = attrs.Factory(dict)
    initial_user: InitialUserSettings | None = None


@attrs.frozen(kw_only=True)
class McpSettings:
    """The MCP server under `/mcp`."""

    enabled: bool = False
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class MetricsSettings:
    """Access to `/metrics`: open when `public`, else with `token` or the worker token."""

    public: bool = False
    token: Annotated[str, Length(at_least=1)] | None = attrs.field(default=None, repr=False)
