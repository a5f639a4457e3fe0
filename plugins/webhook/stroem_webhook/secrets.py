"""Secrets that requests carry: in the query, as a bearer token, as a password, in a header of a proxy."""

import base64
import binascii
from collections.abc import Sequence

from stroem.forges.webhook_signature import same_text
from stroem.interfaces.triggers.http_trigger import HookRefused, HookRequest
from stroem_webhook.options import Basic, MtlsHeader


def bearer_of(request: HookRequest, header: str = "authorization") -> str | None:
    """The bearer token of a request; of another header than `Authorization`, its whole text. None without one."""
    text = request.headers.get(header, "").strip()
    scheme, _, token = text.partition(" ")
    if scheme.lower() == "bearer":
        return token.strip() or None
    return None if header == "authorization" else text or None


def check_shared_secret(secrets: Sequence[str], request: HookRequest) -> None:
    """Checks the query key `secret`, else the bearer token. Raises `HookRefused`."""
    given = request.query.get("secret") or bearer_of(request)
    if given is None:
        raise HookRefused("there is neither a query key `secret` nor a bearer token")
    if not any(same_text(given, secret) for secret in secrets):
        raise HookRefused("the secret is another one")


def check_basic(basic: Basic, request: HookRequest) -> None:
    """Checks user and password; an empty password fits nothing. Raises `HookRefused`."""
    scheme, _, encoded = request.headers.get("authorization", "").strip().partition(" ")
    told = "Invalid or missing user and password"
    if scheme.lower() != "basic":
        raise HookRefused("there is no user and password in the header Authorization", told=told)
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise HookRefused("the header Authorization cannot be read", told=told) from None
    if not all([same_text(user, basic.user), same_text(password, basic.password), basic.password]):
        raise HookRefused("user or password is another one", told=told)


def check_client_certificate(wanted: MtlsHeader, request: HookRequest) -> None:
    """Checks the description of a client certificate by a trusted proxy. Raises `HookRefused`."""
    told = "Invalid or missing client certificate"
    if not request.is_proxied:
        raise HookRefused("the request did not come through one of `trusted_proxies`", told=told)
    given = request.headers.get(wanted.header.lower(), "").strip()
    fits = [
        *([same_text(given, wanted.subject)] if wanted.subject is not None else []),
        *([same_text(_digits(given), _digits(wanted.fingerprint))] if wanted.fingerprint is not None else []),
    ]
    if not _digits(given) or not any(fits):
        raise HookRefused(f"the header {wanted.header} is missing, or names another certificate", told=told)


def _digits(fingerprint: str) -> str:
    return fingerprint.replace(":", "").strip().lower()
