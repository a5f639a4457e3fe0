"""Signatures of requests: what each sender signs, and where it puts the signature."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Literal

import attrs

from stroem.forges.webhook_signature import (
    HmacForm,
    check_standard_webhook,
    check_token,
    hmac_fits,
    is_near,
    standard_webhook_key,
)
from stroem.interfaces.push_hook import PushRefused, PushRequest
from stroem.interfaces.triggers.http_trigger import HookRefused, HookRequest
from stroem_webhook.options import Signature

TimestampFormat = Literal["unix", "unix_ms", "iso8601"]

WRONG_SIGNATURE = "Invalid or missing signature"
_MOST_SIGNATURES = 16


@attrs.frozen(kw_only=True)
class Scheme:
    """How a sender signs.

    `header` has the signature, behind `prefix`. `signed` is the signed text, with the parts `{timestamp}` and `{body}`.
    If `is_listed`, the header holds `t=TIMESTAMP` and signatures, separated by commas.
    """

    header: str
    prefix: str = ""
    form: HmacForm = attrs.Factory(HmacForm)
    timestamp_header: str | None = None
    timestamp_format: TimestampFormat = "unix"
    signed: str = "{body}"
    is_listed: bool = False

    @property
    def is_timed(self) -> bool:
        """Whether a timestamp is signed."""
        return self.is_listed or self.timestamp_header is not None


SCHEMES: Mapping[str, Scheme] = {
    "github": Scheme(header="x-hub-signature-256", prefix="sha256="),
    "gitea": Scheme(header="x-gitea-signature"),
    "bitbucket": Scheme(header="x-hub-signature", prefix="sha256="),
    "stripe": Scheme(header="stripe-signature", prefix="v1=", signed="{timestamp}.{body}", is_listed=True),
    "slack": Scheme(
        header="x-slack-signature",
        prefix="v0=",
        timestamp_header="x-slack-request-timestamp",
        signed="v0:{timestamp}:{body}",
    ),
    "shopify": Scheme(header="x-shopify-hmac-sha256", form=HmacForm(encoding="base64")),
}
"""By sender. GitLab and standardwebhooks.com have forms of their own."""

TOKEN_HEADERS = frozenset(
    {"x-gitlab-token", "webhook-signature", "x-gogs-signature", *(scheme.header for scheme in SCHEMES.values())}
)
"""Headers with signatures and tokens of well-known senders."""


def scheme_of(signature: Signature) -> Scheme | None:
    """How the sender signs; None for the forms of GitLab and standardwebhooks.com."""
    if signature.type != "generic":
        return SCHEMES.get(signature.type)
    timed = signature.timestamp_header
    return Scheme(
        header=(signature.header or "").lower(),
        prefix=signature.prefix,
        form=HmacForm(algorithm=signature.algorithm, encoding=signature.encoding),
        timestamp_header=timed.lower() if timed else None,
        timestamp_format=signature.timestamp_format,
        signed=signature.signed or ("{timestamp}.{body}" if timed else "{body}"),
    )


def check_signature_head(signature: Signature, request: HookRequest) -> None:
    """Checks that there is a signature, and that its timestamp is near. Raises `HookRefused`."""
    scheme = scheme_of(signature)
    if scheme is None:
        names = ("x-gitlab-token", "webhook-signature") if signature.type == "gitlab" else ("webhook-signature",)
        if not any(request.headers.get(name) for name in names):
            raise _refused(f"the header {names[0]} is missing")
        return
    given = _given(scheme, request)
    if scheme.is_timed and not _is_recent(given.timestamp, scheme.timestamp_format, request.at.timestamp()):
        raise _refused("the signed timestamp is missing, or more than five minutes away from this server's clock")


def check_signature(signature: Signature, secrets: Sequence[str], request: HookRequest) -> None:
    """Checks the signature of a request with any of the secrets. Raises `HookRefused`."""
    check_signature_head(signature, request)
    scheme = scheme_of(signature)
    if scheme is None:
        _check_forge_form(signature.type, secrets, request)
        return
    given = _given(scheme, request)
    before, _, behind = scheme.signed.partition("{body}")
    signed = b"".join((_timed(before, given.timestamp), request.body, _timed(behind, given.timestamp)))
    fits = [hmac_fits(text, secret, signed, scheme.form) for text in given.signatures for secret in secrets]
    if not any(fits):
        raise _refused(f"the header {scheme.header} does not fit the body and the secret")


def has_signed_form(secrets: Sequence[str], request: HookRequest) -> bool:
    """Whether a request of GitLab is signed as on standardwebhooks.com, its id too."""
    return "webhook-signature" in request.headers and any(standard_webhook_key(secret) for secret in secrets)


@attrs.frozen
class _Given:
    """The timestamp of a request, empty without one, and its signatures."""

    timestamp: str
    signatures: Sequence[str]


def _given(scheme: Scheme, request: HookRequest) -> _Given:
    text = request.headers.get(scheme.header, "")
    entries = [entry.strip() for entry in text.split(",", _MOST_SIGNATURES)] if scheme.is_listed else [text.strip()]
    found = [entry.removeprefix(scheme.prefix) for entry in entries if entry.startswith(scheme.prefix)]
    if not any(found):
        raise _refused(f"the header {scheme.header} is missing, or is no signature")
    if scheme.is_listed:
        return _Given(next((entry[2:] for entry in entries if entry.startswith("t=")), ""), found)
    return _Given(request.headers.get(scheme.timestamp_header or "", ""), found)


def _timed(text: str, timestamp: str) -> bytes:
    return text.replace("{timestamp}", timestamp).encode(errors="surrogatepass")


def _is_recent(timestamp: str, form: TimestampFormat, now: float) -> bool:
    if form == "iso8601":
        try:
            at = datetime.datetime.fromisoformat(timestamp)
            timestamp = str(int(at.replace(tzinfo=at.tzinfo or datetime.UTC).timestamp()))
        except (ValueError, OverflowError):
            return False
    if form == "unix_ms":
        timestamp = timestamp[:-3]
    return is_near(timestamp, now)


def _check_forge_form(sender: str, secrets: Sequence[str], request: HookRequest) -> None:
    """GitLab's token, or a signature as on standardwebhooks.com."""
    push = PushRequest(headers=request.headers, query={}, body=request.body)
    reasons = []
    for secret in secrets:
        try:
            if (key := standard_webhook_key(secret)) is not None:
                check_standard_webhook(push, key, request.at.timestamp())
            elif sender == "gitlab":
                check_token(request.headers.get("x-gitlab-token"), secret, "X-Gitlab-Token")
            else:
                check_standard_webhook(push, secret.encode(), request.at.timestamp())
        except PushRefused as error:
            reasons.append(str(error))
        else:
            return
    raise _refused(reasons[0] if reasons else "there is no secret")


def _refused(reason: str) -> HookRefused:
    return HookRefused(reason, told=WRONG_SIGNATURE)
