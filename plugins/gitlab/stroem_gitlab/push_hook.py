"""Webhooks of GitLab."""

import time
from collections.abc import Sequence
from typing import ClassVar

import attrs

from stroem.forges.push_body import PushBody, bounded, payload_of, read_payload
from stroem.forges.webhook_signature import (
    check_standard_webhook,
    check_standard_webhook_head,
    check_token,
    standard_webhook_key,
)
from stroem.interfaces.options import check_secret, option_error
from stroem.interfaces.push_hook import PushHook, PushRequest, PushUnreadable
from stroem.records.push import Push

_EVENTS = ("Push Hook", "Tag Push Hook", "System Hook")
_URLS = (
    *(("project", key) for key in ("git_http_url", "git_ssh_url", "http_url", "ssh_url", "web_url")),
    *(("repository", key) for key in ("git_http_url", "git_ssh_url", "homepage")),
)
_KEY_BYTES = 16


def _check_signing_token(_: object, attribute: "attrs.Attribute[str | None]", value: str | None) -> None:
    if value is not None and len(standard_webhook_key(value) or b"") < _KEY_BYTES:
        raise option_error(attribute.name, "is not one that GitLab makes: `whsec_` and base64 of 32 bytes")


@attrs.frozen(kw_only=True)
class GitlabPushHook(PushHook):
    """Webhooks of projects and groups, and system hooks. `secret` is GitLab's secret token, `signing_token` its
    signing token. At least one is required; each that is set is checked.
    """

    name: ClassVar[str] = "gitlab"

    secret: str | None = attrs.field(default=None, repr=False, validator=check_secret)
    signing_token: str | None = attrs.field(default=None, repr=False, validator=_check_signing_token)

    def __attrs_post_init__(self) -> None:
        if self.secret is None and self.signing_token is None:
            raise option_error("secret", "is required, unless signing_token is set")

    def read(self, request: PushRequest) -> Sequence[Push]:
        """The pushed refs; nothing for other events."""
        self._check(request)
        event = request.headers.get("x-gitlab-event")
        if event is None:
            raise PushUnreadable("the header X-Gitlab-Event is missing: GitLab sends it")
        if event not in _EVENTS:
            return ()
        body = read_payload(payload_of(request))
        kind = body.text("event_name") or body.needed("object_kind")
        if kind == "repository_update":
            return bounded([_push(body, change, "after") for change in body.items("changes")])
        if kind not in ("push", "tag_push"):
            return ()
        # `after` may be the id of an annotated tag
        moved_to = "checkout_sha" if kind == "tag_push" and body.commit("checkout_sha") else "after"
        return (_push(body, body, moved_to),)

    def check_head(self, request: PushRequest) -> None:
        """Refuses a wrong token, and a request without a signature."""
        if self.secret is not None:
            check_token(request.headers.get("x-gitlab-token"), self.secret, "X-Gitlab-Token")
        if self.signing_token is not None:
            check_standard_webhook_head(request, time.time())

    def _check(self, request: PushRequest) -> None:
        if self.secret is not None:
            check_token(request.headers.get("x-gitlab-token"), self.secret, "X-Gitlab-Token")
        if self.signing_token is not None:
            check_standard_webhook(request, standard_webhook_key(self.signing_token) or b"", time.time())


def _push(body: PushBody, change: PushBody, moved_to: str) -> Push:
    by = body.name(("user_username",), ("user_name",))
    return Push(urls=body.urls(*_URLS), ref=change.needed("ref"), commit=change.commit(moved_to), by=by)
