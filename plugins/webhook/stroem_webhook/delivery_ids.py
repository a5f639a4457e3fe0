"""Ids that senders give to their deliveries."""

from collections.abc import Mapping

from stroem.conversion.json_value import NotJson, NotKept, read_json
from stroem.interfaces.triggers.http_trigger import HookRequest

_HEADERS: Mapping[str, str] = {
    "x-github-delivery": "github",
    "x-gitlab-event-uuid": "gitlab",
    "x-gitea-delivery": "gitea",
    "x-gogs-delivery": "gogs",
    "x-shopify-webhook-id": "shopify",
    "x-request-uuid": "bitbucket",
    "webhook-id": "standard",
}
_HEADER_OF: Mapping[str, str] = {sender: name for name, sender in _HEADERS.items()}
_IN_BODY: Mapping[str, tuple[str, str]] = {
    "stripe": ("stripe-signature", "id"),
    "slack": ("x-slack-signature", "event_id"),
}
"""By sender: the header with which it signs the body, and the key of the body with the id."""
_MOST_CHARS = 200


def signed_delivery_id(sender: str, request: HookRequest) -> str | None:
    """The id of a delivery that this sender has signed, behind its name; None without one.

    It is read from what is signed: `standard` signs the header, `stripe` and `slack` the body. Those that sign no id
    have one in a header of their own; the headers of other senders, which anyone can add, do not count.
    """
    if sender in _IN_BODY:
        return _id_in_body(sender, request)
    return _in_header(sender, request.headers)


def delivery_id(request: HookRequest) -> str | None:
    """The id of a delivery without a signature, the same when it is sent again, behind the name of the sender."""
    for sender, (header, _) in _IN_BODY.items():
        if header in request.headers and (found := _id_in_body(sender, request)):
            return found
    given = next((sender for name, sender in _HEADERS.items() if request.headers.get(name)), None)
    return None if given is None else _in_header(given, request.headers)


def _id_in_body(sender: str, request: HookRequest) -> str | None:
    try:
        body = read_json(request.body)
    except (NotJson, NotKept):
        return None
    found = body.get(_IN_BODY[sender][1]) if isinstance(body, Mapping) else None
    return _named(sender, found) if isinstance(found, str) else None


def _in_header(sender: str, headers: Mapping[str, str]) -> str | None:
    return _named(sender, headers.get(_HEADER_OF.get(sender, ""), ""))


def _named(sender: str, value: str) -> str | None:
    fits = 0 < len(value) <= _MOST_CHARS and value.isprintable()
    return f"{sender}:{value}" if fits else None
