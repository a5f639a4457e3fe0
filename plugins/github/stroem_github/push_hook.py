"""Webhooks of GitHub."""

from collections.abc import Sequence
from typing import ClassVar

import attrs

from stroem.forges.push_body import payload_of, push_of, read_payload
from stroem.forges.webhook_signature import check_hmac, check_signed
from stroem.interfaces.options import check_secret
from stroem.interfaces.push_hook import PushHook, PushRefused, PushRequest, PushUnreadable
from stroem.records.push import Push

_URLS = tuple(("repository", key) for key in ("clone_url", "ssh_url", "git_url", "html_url"))


@attrs.frozen(kw_only=True)
class GithubPushHook(PushHook):
    """Webhooks of repositories, organizations and apps, with their `secret`, on GitHub and GitHub Enterprise."""

    name: ClassVar[str] = "github"

    secret: str = attrs.field(repr=False, validator=check_secret)

    def read(self, request: PushRequest) -> Sequence[Push]:
        """The pushed, created or deleted ref; nothing for events other than `push`."""
        self._check(request)
        event = request.headers.get("x-github-event")
        if event is None:
            raise PushUnreadable("the header X-GitHub-Event is missing: GitHub sends it")
        if event != "push":
            return ()
        body = read_payload(payload_of(request))
        by = body.name(("pusher", "name"), ("sender", "login"))
        return (push_of(body, body.urls(*_URLS), by),)

    def check_head(self, request: PushRequest) -> None:
        """Refuses a request without a signature."""
        given = request.headers.get("x-hub-signature-256")
        if not given and request.headers.get("x-hub-signature"):
            raise PushRefused("signed with SHA-1 only: this GitHub is too old to send the header X-Hub-Signature-256")
        check_signed(given, "X-Hub-Signature-256")

    def _check(self, request: PushRequest) -> None:
        self.check_head(request)
        check_hmac(request.headers.get("x-hub-signature-256"), self.secret, request.body, "X-Hub-Signature-256")
