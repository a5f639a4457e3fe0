"""What GitHub sends when somebody has pushed."""

from collections.abc import Sequence
from typing import ClassVar

import attrs

from stroem.forges.push_body import PushBody, payload_of, read_payload
from stroem.forges.webhook_signature import check_hmac, check_signed
from stroem.interfaces.options import check_secret
from stroem.interfaces.push_hook import PushHook, PushRefused, PushRequest, PushUnreadable
from stroem.records.push import Push

_URLS = tuple(("repository", key) for key in ("clone_url", "ssh_url", "git_url", "html_url"))


@attrs.frozen(kw_only=True)
class GithubPushHook(PushHook):
    """Webhooks of repositories, organizations and apps on GitHub and GitHub Enterprise. `secret` is the one that is
    set there.
    """

    name: ClassVar[str] = "github"

    secret: str = attrs.field(repr=False, validator=check_secret)

    def read(self, request: PushRequest) -> Sequence[Push]:
        """What was pushed; nothing for all events but `push`, which tells of new and deleted refs as well."""
        self._check(request)
        event = request.headers.get("x-github-event")
        if event is None:
            raise PushUnreadable("the header X-GitHub-Event is missing: GitHub sends it")
        if event != "push":
            return ()
        return (_push(read_payload(payload_of(request))),)

    def check_head(self, request: PushRequest) -> None:
        """Refuses a request without a signature."""
        given = request.headers.get("x-hub-signature-256")
        if not given and request.headers.get("x-hub-signature"):
            raise PushRefused("signed with SHA-1 only: this GitHub is too old to send the header X-Hub-Signature-256")
        check_signed(given, "X-Hub-Signature-256")

    def _check(self, request: PushRequest) -> None:
        self.check_head(request)
        check_hmac(request.headers.get("x-hub-signature-256"), self.secret, request.body, "X-Hub-Signature-256")


def _push(body: PushBody) -> Push:
    ref = body.needed("ref")
    commit = body.commit("after")
    if commit and ref.startswith("refs/tags/"):  # `after` is the tag's own object when the tag has a message
        commit = body.commit("head_commit", "id") or commit
    by = body.name(("pusher", "name"), ("sender", "login"))
    return Push(urls=body.urls(*_URLS), ref=ref, commit=commit, by=by)
