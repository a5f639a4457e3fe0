"""Options of webhooks: who may call, and what is hidden."""

from typing import Annotated, Literal

import attrs

from stroem.conversion.constraints import Length
from stroem.definitions.trigger_options import SECRET

Sender = Literal["github", "gitlab", "gitea", "bitbucket", "stripe", "slack", "shopify", "standard", "generic"]
JwtAlgorithm = Literal[
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]


@attrs.frozen(kw_only=True)
class Signature:
    """An HMAC of the body, as the sender named by `type` makes it.

    The keys are `secret` and `secrets`, several while keys are exchanged; without them, those of the webhook. The other
    fields are for `generic`: the name of the `header` with the signature behind `prefix`, and `signed`, the signed text
    with the parts `{timestamp}` and `{body}`. `standard` is the form of standardwebhooks.com.
    """

    type: Sender
    secret: str | None = attrs.field(default=None, repr=False, metadata=SECRET)
    secrets: tuple[str, ...] = attrs.field(default=(), repr=False, metadata=SECRET)
    header: str | None = None
    algorithm: Literal["sha1", "sha256", "sha384", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    timestamp_header: str | None = None
    timestamp_format: Literal["unix", "unix_ms", "iso8601"] = "unix"
    signed: str | None = None


@attrs.frozen(kw_only=True)
class Jwt:
    """A JSON Web Token in the header `Authorization`, or in `header`.

    It is signed with a key of the set at `jwks_url`, with the public `key` (PEM) or with the shared `secret`. The
    `algorithms` are those that fit the key. A token without an expiry is refused.
    """

    issuer: str | None = None
    audience: str | None = None
    jwks_url: str | None = None
    key: str | None = None
    secret: str | None = attrs.field(default=None, repr=False, metadata=SECRET)
    algorithms: tuple[JwtAlgorithm, ...] = ()
    header: str = "authorization"


@attrs.frozen(kw_only=True)
class Basic:
    """A user and a password in the header `Authorization`."""

    user: str
    password: str = attrs.field(repr=False, metadata=SECRET)


@attrs.frozen(kw_only=True)
class MtlsHeader:
    """A client certificate that a trusted proxy has checked and describes in `header`.

    The header must be the `subject`, or the `fingerprint` in hexadecimal digits, with or without colons.
    """

    header: str
    subject: str | None = None
    fingerprint: str | None = None


@attrs.frozen(kw_only=True)
class Redact:
    """Further parts of requests that are never stored: names of headers and query keys, paths like `user.email` into
    the body, with `*` for any key or item.
    """

    headers: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    body: tuple[Annotated[str, Length(at_least=1)], ...] = ()
