"""Signatures and tokens of webhooks, compared in constant time."""

import base64
import binascii
import hmac
from typing import Literal

import attrs

from stroem.interfaces.push_hook import PushRefused, PushRequest

TOLERANCE_SECS = 300
"""Greatest difference between a request's timestamp and the clock."""


@attrs.frozen(kw_only=True)
class HmacForm:
    """The hash function of an HMAC, and how its bytes are written."""

    algorithm: Literal["sha1", "sha256", "sha384", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"


def hmac_fits(given: str, secret: str, signed: bytes, form: HmacForm) -> bool:
    """Whether a text is the HMAC of these bytes. Hexadecimal digits are small letters."""
    digest = hmac.digest(secret.encode(), signed, form.algorithm)
    return same_text(given, base64.b64encode(digest).decode() if form.encoding == "base64" else digest.hex())


def check_token(given: str | None, secret: str, header: str) -> None:
    """Checks a header that contains the secret itself. Raises `PushRefused`."""
    if not given:
        raise PushRefused(f"the header {header} is missing: set the secret of this push hook at the git host too")
    if not same_text(given, secret):
        raise PushRefused(f"the header {header} does not hold the secret that is set for this push hook")


def check_signed(given: str | None, header: str) -> None:
    """Checks that a header contains a signature. Raises `PushRefused`."""
    if not given or given == "sha256=":
        raise PushRefused(f"the header {header} is missing: set the secret of this push hook at the git host too")


def check_hmac(given: str | None, secret: str, body: bytes, header: str) -> None:
    """Checks an HMAC-SHA256 in hex, with or without the prefix `sha256=`. Raises `PushRefused`."""
    check_signed(given, header)
    if not hmac_fits((given or "").removeprefix("sha256="), secret, body, HmacForm()):
        raise PushRefused(f"the header {header} does not fit: the body was not signed with the secret that is set")


def check_standard_webhook_head(request: PushRequest, now: float) -> None:
    """Checks headers as on standardwebhooks.com; `now` is a Unix time. Raises `PushRefused`."""
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    if missing := [name for name in names if not request.headers.get(name)]:
        raise PushRefused(f"the header {missing[0]} is missing: set the signing token at the git host too")
    if not is_near(request.headers["webhook-timestamp"], now):
        raise PushRefused(
            f"webhook-timestamp is more than {TOLERANCE_SECS} seconds away from this server's clock: "
            "the request was sent before, or a clock is wrong"
        )


def check_standard_webhook(request: PushRequest, key: bytes, now: float) -> None:
    """Checks a signature as on standardwebhooks.com; `now` is a Unix time. An empty key fits nothing.

    Raises `PushRefused`.
    """
    check_standard_webhook_head(request, now)
    if not key:
        raise PushRefused("the signing token is empty")
    identity, sent_at, signatures = (request.headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    signed = b".".join((_bytes(identity), _bytes(sent_at), request.body))
    wanted = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    if not any(same_text(signature, wanted) for signature in signatures.split(" ", 16)):
        raise PushRefused("webhook-signature does not fit: the body was not signed with the signing token that is set")


def standard_webhook_key(token: str) -> bytes | None:
    """Decodes a key of the form `whsec_` and base64; None for other forms."""
    prefix, found, encoded = token.partition("whsec_")
    try:
        return base64.b64decode(encoded, validate=True) if found and not prefix else None
    except (binascii.Error, ValueError):
        return None


def is_near(sent_at: str, now: float) -> bool:
    """Whether a timestamp in seconds is near a Unix time."""
    is_number = sent_at.isascii() and sent_at.isdigit() and len(sent_at) < 16
    return is_number and abs(int(sent_at) - now) <= TOLERANCE_SECS


def same_text(given: str, wanted: str) -> bool:
    """Whether texts are equal, in constant time."""
    return hmac.compare_digest(_bytes(given), _bytes(wanted))


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")  # headers that are not UTF-8 contain lone surrogates
