"""Settings of sign-in, MCP and metrics."""

from typing import Annotated, Literal

import attrs

from stroem.conversion.constraints import Length, Secret
from stroem.errors import FieldError

_PASSWORD_LENGTH = 128


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
    """Sign-in. Without this section, or when it is `open`, whoever reaches the server may do everything.

    `base_url` is the address that browsers use. Secrets that are not set are derived from the server's key.
    """

    open: bool = False
    jwt_secret: Secret | None = attrs.field(default=None, repr=False)
    refresh_secret: Secret | None = attrs.field(default=None, repr=False)
    base_url: str | None = None
    providers: dict[str, ProviderSettings] = attrs.Factory(dict)
    initial_user: InitialUserSettings | None = None

    @property
    def has_passwords(self) -> bool:
        """Whether people sign in by passwords."""
        kinds = {one.provider_type for one in self.providers.values()}
        return not self.open and (not kinds or "internal" in kinds)

    def mistakes(self) -> tuple[FieldError, ...]:
        """Mistakes in the combination of values."""
        found = []
        if self.open and self != AuthSettings(open=True, base_url=self.base_url):
            message = "with `open: true` nobody signs in: remove the other keys of `auth`, or this one"
            found.append(FieldError(field="auth.open", message=message))
        if self.initial_user is not None and "@" not in self.initial_user.email:
            found.append(FieldError(field="auth.initial_user.email", message="expected an e-mail address"))
        if self.initial_user is not None and not 0 < len(self.initial_user.password) <= _PASSWORD_LENGTH:
            message = f"expected 1 to {_PASSWORD_LENGTH} characters"
            found.append(FieldError(field="auth.initial_user.password", message=message))
        return tuple(found)


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
