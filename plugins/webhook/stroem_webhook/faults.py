"""Faults in the options of webhooks."""

import urllib.parse
from collections.abc import Iterator, Sequence

from stroem.interfaces.triggers.http_trigger import Respond
from stroem.interfaces.triggers.trigger_type import OptionFault
from stroem_webhook.json_web_tokens import PUBLIC, SHARED
from stroem_webhook.networks import network_of
from stroem_webhook.options import Jwt, MtlsHeader, Signature

_OF_GENERIC = ("header", "prefix", "timestamp_header", "signed")


def of_networks(networks: Sequence[str]) -> Iterator[OptionFault]:
    """Texts that are no network."""
    for index, text in enumerate(networks):
        if network_of(text) is None:
            message = f"{text!r} is no address and no network"
            yield OptionFault(path=("allow_from", index), message=message, hint="write one like 192.0.2.0/24")


def of_authorization(*, has_token: bool, has_password: bool) -> Iterator[OptionFault]:
    """Two checks that need the one header Authorization."""
    if has_token and has_password:
        message = "`jwt` and `basic` both need the header Authorization"
        yield OptionFault(path=("jwt",), message=message, hint="name another header in `jwt.header`")


def of_signature(signature: Signature, *, has_secret: bool) -> Iterator[OptionFault]:
    """Faults of a signature."""
    if not (has_secret or signature.secret is not None or signature.secrets):
        yield OptionFault(
            path=("signature",), message="a signature needs a key", hint="add `secret`, like {{ secret.hook }}"
        )
    if signature.type != "generic":
        for name in _OF_GENERIC:
            if getattr(signature, name):
                message = f"{name!r} is not for signatures of type {signature.type}"
                yield OptionFault(path=("signature", name), message=message, hint="write `type: generic`")
        return
    if not signature.header:
        message = "a generic signature needs the name of its header"
        yield OptionFault(path=("signature",), message=message, hint="add `header`")
    if signature.signed is not None and signature.signed.count("{body}") != 1:
        message = "the signed text must have {body} once"
        yield OptionFault(path=("signature", "signed"), message=message, hint="write one like `{timestamp}.{body}`")
    if signature.signed is not None and ("{timestamp}" in signature.signed) != (signature.timestamp_header is not None):
        message = "`timestamp_header` and {timestamp} in `signed` belong together"
        yield OptionFault(path=("signature", "signed"), message=message, hint="write both or none")


def of_jwt(jwt: Jwt) -> Iterator[OptionFault]:
    """Faults of a JSON Web Token."""
    if sum(one is not None for one in (jwt.jwks_url, jwt.key, jwt.secret)) != 1:
        message = "`jwt` needs exactly one of `jwks_url`, `key` and `secret`"
        yield OptionFault(path=("jwt",), message=message)
    if jwt.jwks_url is not None and not _is_https(jwt.jwks_url):
        message = "`jwks_url` is not an address that begins with https://"
        yield OptionFault(path=("jwt", "jwks_url"), message=message)
    if jwt.issuer is None and jwt.audience is None and jwt.jwks_url is not None:
        message = "anyone with a token of this issuer could call: `jwt` needs `audience` or `issuer`"
        yield OptionFault(path=("jwt",), message=message)
    fitting = SHARED if jwt.secret is not None else PUBLIC
    for index, name in enumerate(jwt.algorithms):
        if name not in fitting:
            message = f"{name} does not fit this kind of key"
            hint = f"write one of {', '.join(fitting)}"
            yield OptionFault(path=("jwt", "algorithms", index), message=message, hint=hint)


def of_certificate(wanted: MtlsHeader) -> Iterator[OptionFault]:
    """Faults of a client certificate."""
    if wanted.subject is None and wanted.fingerprint is None:
        message = "`mtls_header` needs `subject` or `fingerprint`"
        yield OptionFault(path=("mtls_header",), message=message)


def of_respond(respond: Respond, *, is_sync: bool) -> Iterator[OptionFault]:
    """Faults of an answer."""
    if not is_sync:
        message = "`respond` is for webhooks whose answer comes at the end of the job"
        yield OptionFault(path=("respond",), message=message, hint="add `mode: sync`")
    if isinstance(respond.status, int) and not 200 <= respond.status <= 599:
        message = f"{respond.status} is no status of an answer"
        yield OptionFault(path=("respond", "status"), message=message, hint="write one of 200 to 599")


def _is_https(url: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
