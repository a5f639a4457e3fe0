"""Interface of authenticators, the ways in which people prove who they are."""

from collections.abc import Mapping
from typing import ClassVar

import attrs


@attrs.frozen(kw_only=True)
class ExternalIdentity:
    """A person, as an authenticator knows them.

    `issuer` and `subject` name them for good: the account that they have once is found by these. Where nobody issues
    the names but this entry of the settings, `issuer` is empty. `email` counts only if it `is_email_verified`. `groups`
    are all of their groups, None if the authenticator does not know any.
    `logout_hint` is given to `logout_url` at the end of the session.
    """

    issuer: str
    subject: str
    email: str | None = None
    is_email_verified: bool = False
    name: str | None = None
    groups: tuple[str, ...] | None = None
    logout_hint: str | None = attrs.field(default=None, repr=False)


class Authenticator:
    """A way to sign in, of one of the forms below.

    A class of attrs; its fields are the options beside `provider_type:` under `auth.providers` in the server's
    settings.
    """

    name: ClassVar[str]

    async def run(self) -> None:
        """Works in the background while the server runs, such as to find out the addresses of a provider."""

    @property
    def problem(self) -> str | None:
        """Why nobody can sign in this way now, for administrators; None if people can."""
        return None

    async def close(self) -> None:
        """Closes connections; called when the server stops."""


@attrs.frozen(kw_only=True)
class Redirect:
    """An address for the browser of who signs in.

    `memory` is kept in a signed cookie of that browser, which can read it, and comes back with the callback.
    """

    url: str
    memory: Mapping[str, str] = attrs.field(factory=dict, repr=False)


@attrs.frozen(kw_only=True)
class Callback:
    """A request to the redirect URI by the browser that has begun the sign-in; the server has checked its `state`."""

    query: Mapping[str, str] = attrs.field(repr=False)
    redirect_uri: str
    memory: Mapping[str, str] = attrs.field(repr=False)


class RedirectAuthenticator(Authenticator):
    """An authenticator that sends the browser to a page of a provider, which sends it back."""

    async def begin(self, redirect_uri: str, state: str) -> Redirect:
        """The address of the provider's page. The provider must give `state` back. Raises `SignInUnavailable`."""
        raise NotImplementedError

    async def finish(self, callback: Callback) -> ExternalIdentity:
        """The person who comes back. Raises `SignInRefused`, `SignInUnavailable`."""
        raise NotImplementedError

    def logout_url(self, back: str, hint: str | None) -> str | None:
        """The address at which the browser ends the session at the provider, which leads `back`; None without one."""
        return None


@attrs.frozen(kw_only=True)
class SignInRequest:
    """A request by somebody who signs in.

    Names of `headers` are in lower case; the values of one that stands several times have `, ` between them.
    `peer` is the address of the connection: that of a proxy, if there is one.
    """

    headers: Mapping[str, str] = attrs.field(repr=False)
    peer: str


class RequestAuthenticator(Authenticator):
    """An authenticator that finds out by a request itself who makes it, such as by headers of a proxy."""

    async def identify(self, request: SignInRequest) -> ExternalIdentity | None:
        """The person who makes the request; None if it names nobody. Raises `SignInRefused`, `SignInUnavailable`."""
        raise NotImplementedError


class PasswordAuthenticator(Authenticator):
    """An authenticator that checks a name and a password, such as by LDAP."""

    async def check(self, name: str, password: str) -> ExternalIdentity | None:
        """The person of a name and a password; None if they are wrong. Raises `SignInUnavailable`."""
        raise NotImplementedError


FORMS = (RedirectAuthenticator, RequestAuthenticator, PasswordAuthenticator)
"""The forms of authenticators."""


class SignInRefused(Exception):
    """The person may not sign in. The message gives the reason to administrators, without secrets."""


class SignInUnavailable(Exception):
    """Nobody can sign in now, as when the provider is away. The message gives the reason, without secrets."""
