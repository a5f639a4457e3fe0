"""Settings of sign-in, MCP and metrics."""

import re
from collections.abc import Iterator
from typing import Annotated

import attrs

from stroem.conversion.constraints import Length, Secret
from stroem.definitions.values import Json
from stroem.errors import FieldError

GROUP_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PROVIDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_RESERVED = "password"
_PASSWORD_LENGTH = 128


@attrs.frozen(kw_only=True)
class ProviderSettings:
    """A way to sign in: its type, its own options, and what becomes of the people who come by it.

    `group_map` gives the groups here by those of the provider; without it they keep their names. `admin_groups` are
    groups of the provider whose people are administrators. With `link_accounts`, a verified address is enough for an
    account with other ways to sign in. With `first_user_admin`, the first person on a server without any is one.
    """

    provider_type: str
    display_name: str | None = None
    default_groups: tuple[str, ...] = ()
    group_map: dict[str, str] = attrs.Factory(dict)
    admin_groups: tuple[str, ...] = ()
    create_users: bool = True
    link_accounts: bool = False
    first_user_admin: bool = False
    options: dict[str, Json] = attrs.field(factory=dict, repr=False)

    @property
    def type(self) -> str:
        """The name of the authenticator."""
        return self.provider_type

    @property
    def makes_admins(self) -> bool:
        """Whether people may come to be administrators by it."""
        return bool(self.admin_groups) or self.first_user_admin

    def mistakes(self) -> Iterator[FieldError]:
        """Mistakes of values, with their places below the provider."""
        named = {f"default_groups[{index}]": name for index, name in enumerate(self.default_groups)}
        named |= {f"group_map.{name}": group for name, group in self.group_map.items()}
        for place, name in named.items():
            if not GROUP_NAME.fullmatch(name):
                yield FieldError(field=place, message="expected 1 to 64 letters, digits, `_` and `-`")


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
        for name, provider in self.providers.items():
            if not _PROVIDER_NAME.fullmatch(name) or name == _RESERVED:
                message = "is not a name of a provider: letters, digits and _-, and not `password`"
                found.append(FieldError(field=f"auth.providers.{name}", message=message))
            found += [
                FieldError(field=f"auth.providers.{name}.{one.field}", message=one.message)
                for one in provider.mistakes()
            ]
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
