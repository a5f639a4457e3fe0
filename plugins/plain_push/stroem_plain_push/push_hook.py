"""Requests of scripts that announce a push."""

from collections.abc import Sequence
from typing import ClassVar

import attrs

from stroem.forges.push_body import PushBody, read_payload, without_password
from stroem.forges.webhook_signature import check_hmac, check_token
from stroem.interfaces.options import check_secret
from stroem.interfaces.push_hook import PushHook, PushRefused, PushRequest, PushUnreadable
from stroem.records.push import Push

MAX_URLS = 100


@attrs.frozen(kw_only=True)
class PlainPushHook(PushHook):
    """Announcements by any HTTP client. `secret` is sent as a bearer token, or signs the body."""

    name: ClassVar[str] = "plain"

    secret: str = attrs.field(repr=False, validator=check_secret)

    def read(self, request: PushRequest) -> Sequence[Push]:
        """The pushed ref. A `ref` that does not begin with `refs/` is the name of a branch."""
        self._check(request)
        body = read_payload(request.body)  # curl sends JSON with the content type of a form
        ref = body.text("ref")
        if ref and not ref.startswith("refs/"):
            ref = f"refs/heads/{ref}"
        return (Push(urls=_urls(body), ref=ref, commit=body.commit("commit"), by=body.name(("by",))),)

    def _check(self, request: PushRequest) -> None:
        self.check_head(request)
        if signature := request.headers.get("x-signature-256"):
            check_hmac(signature, self.secret, request.body, "X-Signature-256")

    def check_head(self, request: PushRequest) -> None:
        """Refuses a wrong token, and a request without token and signature."""
        if request.headers.get("x-signature-256"):
            return
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            raise PushRefused("send the secret as `Authorization: Bearer SECRET`, or sign the body: X-Signature-256")
        check_token(token.strip(), self.secret, "Authorization")


def _urls(body: PushBody) -> tuple[str, ...]:
    listed = body.items("urls")
    if len(listed) > MAX_URLS:
        raise PushUnreadable(f"urls has {len(listed)} addresses; at most {MAX_URLS} are read")
    found = [body.text("url"), *(item.needed() for item in listed)]
    urls = tuple(dict.fromkeys(without_password(url) for url in found if url))
    if not urls:
        raise PushUnreadable("the address of the repository is missing: say `url` or `urls`")
    return urls
