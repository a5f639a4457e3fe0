"""Who may do what."""

from typing import Annotated, Literal

import attrs

from stroem.conversion.constraints import Length, Secret

Permission = Literal["deny", "view", "run"]


@attrs.frozen(kw_only=True)
class ProviderSettings:
    """One way to sign in: by password (`internal`) or through an OpenID Connect provider."""

    provider_type: Literal["internal", "oidc"]
    display_name: str | None = None
    issuer_url: str | None = None
    client_id: str | None = None
    client_secret: str | None = attrs.field(default=None, repr=False)
    default_groups: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class InitialUserSettings:
    """The administrator who exists from the first start on."""

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
class AclRule:
    """What some people may do with some tasks; `workspace` and `tasks` are patterns with `*`."""

    workspace: str
    action: Permission
    tasks: tuple[str, ...] = ("*",)
    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class AclSettings:
    """Rules by workspace and task; the highest permission that a rule gives counts, else `default`."""

    default: Permission = "deny"
    rules: tuple[AclRule, ...] = ()


@attrs.frozen(kw_only=True)
class McpSettings:
    """The MCP server under `/mcp`."""

    enabled: bool = False
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class MetricsSettings:
    """Who may read `/metrics`: everybody when `public`, else who has the token (or the worker token)."""

    public: bool = False
    token: Annotated[str, Length(at_least=1)] | None = attrs.field(default=None, repr=False)
