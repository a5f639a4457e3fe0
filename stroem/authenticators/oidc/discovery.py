"""The document in which a provider says where it is asked for what (OpenID Connect Discovery 1.0)."""

from collections.abc import Mapping
from typing import Any

import attrs

from stroem.authenticators.oidc.web_client import WebClient, is_safe_url
from stroem.interfaces.authenticator import SignInUnavailable

_PATH = "/.well-known/openid-configuration"
_REQUIRED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_OPTIONAL = ("userinfo_endpoint", "end_session_endpoint")


@attrs.frozen(kw_only=True)
class ProviderDocument:
    """Addresses and abilities of a provider."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    takes_basic: bool
    """Whether the client's secret goes into the header Authorization, else into the form."""
    names_itself: bool
    """Whether each callback has the parameter `iss` (RFC 9207)."""


async def discover(client: WebClient, issuer_url: str) -> ProviderDocument:
    """The document of the provider with this issuer. Raises `SignInUnavailable`."""
    answer = await client.get(issuer_url.rstrip("/") + _PATH)
    if answer.status != 200:
        raise SignInUnavailable(f"{issuer_url.rstrip('/')}{_PATH} answers with status {answer.status}")
    return read_document(answer.members, issuer_url)


def read_document(members: Mapping[str, Any], issuer_url: str) -> ProviderDocument:
    """Reads a document. Raises `SignInUnavailable` if it is that of another issuer, or names unsafe addresses."""
    issuer = members.get("issuer")
    if not isinstance(issuer, str) or issuer.rstrip("/") != issuer_url.rstrip("/"):
        raise SignInUnavailable(f"the provider says that its issuer is {issuer!r}, and `issuer_url` is {issuer_url!r}")
    loopback = is_safe_url(issuer, loopback=True) and not is_safe_url(issuer, loopback=False)
    urls = {name: members.get(name) for name in (*_REQUIRED, *_OPTIONAL)}
    for name, url in urls.items():
        if (url is not None or name in _REQUIRED) and not is_safe_url(url, loopback=loopback):
            raise SignInUnavailable(f"the provider's {name} is no address of https")
    responses = members.get("response_types_supported", ["code"])
    if not isinstance(responses, list) or "code" not in responses:
        raise SignInUnavailable("the provider does not have the code flow")
    methods = members.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return ProviderDocument(
        issuer=issuer,
        takes_basic="client_secret_basic" in methods or "client_secret_post" not in methods,
        names_itself=members.get("authorization_response_iss_parameter_supported") is True,
        **urls,  # type: ignore[arg-type]
    )
