"""Webhooks of Bitbucket."""

from collections.abc import Sequence
from typing import ClassVar

import attrs

from stroem.forges.push_body import PushBody, bounded, branch_or_tag, payload_of, read_payload
from stroem.forges.webhook_signature import check_hmac, check_signed
from stroem.interfaces.options import check_secret
from stroem.interfaces.push_hook import PushHook, PushRequest, PushUnreadable
from stroem.records.push import Push
from stroem_bitbucket.addresses import addresses

_HEADER = "X-Hub-Signature"
_PING = "diagnostics:ping"


@attrs.frozen(kw_only=True)
class BitbucketPushHook(PushHook):
    """Webhooks of repositories, projects and workspaces, with their `secret`, in Bitbucket Cloud and Data Center."""

    name: ClassVar[str] = "bitbucket"

    secret: str = attrs.field(repr=False, validator=check_secret)

    def read(self, request: PushRequest) -> Sequence[Push]:
        """The pushed refs; nothing for other events."""
        event = request.headers.get("x-event-key")
        given = request.headers.get(_HEADER.lower())
        if event == _PING and not given:
            return ()  # Data Center does not sign its connection test
        check_hmac(given, self.secret, request.body, _HEADER)
        if event is None:
            raise PushUnreadable("the header X-Event-Key is missing: Bitbucket sends it")
        if event not in ("repo:push", "repo:refs_changed"):
            return ()
        body = read_payload(payload_of(request))
        return bounded(_of_cloud(body) if event == "repo:push" else _of_data_center(body))

    def check_head(self, request: PushRequest) -> None:
        """Refuses a request without a signature, except a connection test."""
        if request.headers.get("x-event-key") != _PING:
            check_signed(request.headers.get(_HEADER.lower()), _HEADER)


def _of_cloud(body: PushBody) -> list[Push]:
    urls, by = addresses(body), body.name(("actor", "nickname"), ("actor", "display_name"))
    return [_change_in_cloud(change, urls, by) for change in body.items("push", "changes")]


def _change_in_cloud(change: PushBody, urls: tuple[str, ...], by: str | None) -> Push:
    """A change of a ref; `new` is null for a deleted one."""
    ref = change.part("old" if change.part("new").value is None else "new")
    name = branch_or_tag(ref.text("type"), ref.needed("name"))
    return Push(urls=urls, ref=name, commit=change.commit("new", "target", "hash"), by=by)


def _of_data_center(body: PushBody) -> list[Push]:
    urls, by = addresses(body), body.name(("actor", "name"), ("actor", "displayName"))
    return [
        Push(urls=urls, ref=change.needed("ref", "id"), commit=change.commit("toHash"), by=by)
        for change in body.items("changes")
    ]
