"""Webhooks of Gitea and Forgejo."""

from collections.abc import Sequence
from typing import ClassVar

import attrs

from stroem.forges.push_body import PushBody, branch_or_tag, payload_of, push_of, read_payload
from stroem.forges.webhook_signature import check_hmac, check_signed
from stroem.interfaces.options import check_secret
from stroem.interfaces.push_hook import PushHook, PushRequest, PushUnreadable
from stroem.records.push import Push

_SIGNATURES = ("X-Forgejo-Signature", "X-Gitea-Signature", "X-Hub-Signature-256")
_URLS = tuple(("repository", key) for key in ("clone_url", "ssh_url", "html_url"))


@attrs.frozen(kw_only=True)
class GiteaPushHook(PushHook):
    """Webhooks of repositories, organizations and whole servers, with their `secret`."""

    name: ClassVar[str] = "gitea"

    secret: str = attrs.field(repr=False, validator=check_secret)

    def read(self, request: PushRequest) -> Sequence[Push]:
        """The pushed or deleted ref; nothing for other events."""
        payload = payload_of(request)  # the signature of a form covers the payload alone
        header = _signature_of(request)
        check_hmac(request.headers.get(header.lower()), self.secret, payload, header)
        event = request.headers.get("x-forgejo-event") or request.headers.get("x-gitea-event")
        if event is None:
            raise PushUnreadable("the header X-Gitea-Event is missing: choose a webhook of the type Gitea or Forgejo")
        if event not in ("push", "delete"):
            return ()
        body = read_payload(payload)
        return (push_of(body, body.urls(*_URLS), _by(body)) if event == "push" else _deletion(body),)

    def check_head(self, request: PushRequest) -> None:
        """Refuses a request without a signature."""
        header = _signature_of(request)
        check_signed(request.headers.get(header.lower()), header)


def _signature_of(request: PushRequest) -> str:
    """The name of the header with the signature."""
    return next((name for name in _SIGNATURES if request.headers.get(name.lower())), "X-Gitea-Signature")


def _deletion(body: PushBody) -> Push:
    """The push of an event `delete`: a deleted branch has no event `push`."""
    ref = branch_or_tag(body.text("ref_type"), body.needed("ref"))
    return Push(urls=body.urls(*_URLS), ref=ref, by=_by(body))


def _by(body: PushBody) -> str | None:
    return body.name(("pusher", "login"), ("pusher", "username"), ("sender", "login"))
