"""Sign-in by the headers of an authenticating proxy."""

import ipaddress
from typing import Annotated, Any, ClassVar

import attrs

from stroem.conversion.constraints import Length
from stroem.conversion.network import is_in
from stroem.interfaces.authenticator import ExternalIdentity, RequestAuthenticator, SignInRefused, SignInRequest
from stroem.interfaces.options import option_error

_LONGEST = 255


def _check_addresses(_: object, attribute: "attrs.Attribute[Any]", value: tuple[str, ...]) -> None:
    for text in value:
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError:
            message = f"expected addresses or networks such as 10.0.0.7 or 10.0.0.0/8, found {text!r}"
            raise option_error(attribute.name, message) from None


def _check_header(_: object, attribute: "attrs.Attribute[Any]", value: str | None) -> None:
    if value is not None and not (value and value.replace("-", "").isascii() and value.replace("-", "").isalnum()):
        raise option_error(attribute.name, "expected the name of a header, such as X-Forwarded-User")


@attrs.frozen(kw_only=True)
class Proxy(RequestAuthenticator):
    """A proxy in front of the server that has authenticated people, and names them in headers.

    The headers count in connections from `addresses` alone, whatever `X-Forwarded-For` says. The proxy must replace
    them in the requests of its clients. Groups stand between commas.
    """

    name: ClassVar[str] = "proxy"

    addresses: Annotated[tuple[str, ...], Length(at_least=1)] = attrs.field(validator=_check_addresses)
    user_header: str = attrs.field(default="X-Forwarded-User", validator=_check_header)
    email_header: str | None = attrs.field(default="X-Forwarded-Email", validator=_check_header)
    name_header: str | None = attrs.field(default=None, validator=_check_header)
    groups_header: str | None = attrs.field(default=None, validator=_check_header)

    async def identify(self, request: SignInRequest) -> ExternalIdentity | None:
        """The person whom the headers name; None without them. Raises `SignInRefused` for another peer."""
        if not is_in(request.peer, map(ipaddress.ip_network, self._networks)):
            raise SignInRefused(f"the request comes from {request.peer or 'nowhere'}, which is none of `addresses`")
        user = self._one(request, self.user_header)
        if user is None:
            return None
        groups = None if self.groups_header is None else request.headers.get(self.groups_header.lower(), "")
        return ExternalIdentity(
            issuer="",
            subject=user,
            email=self._one(request, self.email_header) or (user if "@" in user else None),
            is_email_verified=True,
            name=self._one(request, self.name_header),
            groups=None if groups is None else tuple(filter(None, (one.strip() for one in groups.split(",")))),
        )

    @property
    def _networks(self) -> tuple[str, ...]:
        return tuple(str(ipaddress.ip_network(text, strict=False)) for text in self.addresses)

    def _one(self, request: SignInRequest, header: str | None) -> str | None:
        """The value of a header that stands once. Raises `SignInRefused` for one that cannot be a name."""
        value = request.headers.get(header.lower(), "").strip() if header is not None else ""
        if "," in value or len(value) > _LONGEST or not value.isprintable():
            raise SignInRefused(f"the header {header} has no single value")
        return value or None
