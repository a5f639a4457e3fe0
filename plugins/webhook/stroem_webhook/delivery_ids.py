"""Ids that senders give to their deliveries."""

from collections.abc import Mapping

from stroem.definitions.values import Json

_HEADERS: Mapping[str, str] = {
    "x-github-delivery": "github",
    "x-gitlab-event-uuid": "gitlab",
    "x-gitea-delivery": "gitea",
    "x-gogs-delivery": "gogs",
    "x-shopify-webhook-id": "shopify",
    "x-request-uuid": "bitbucket",
    "webhook-id": "standard",
}
_MOST_CHARS = 200


def delivery_id(headers: Mapping[str, str], body: Json) -> str | None:
    """The id of a delivery, the same when it is sent again, behind the name of the sender; None without one."""
    if isinstance(body, Mapping):
        for sender, name, key in (("stripe", "stripe-signature", "id"), ("slack", "x-slack-signature", "event_id")):
            if name in headers and (found := body.get(key)) and isinstance(found, str):
                return _named(sender, found)
    found = next((name for name in _HEADERS if headers.get(name)), None)
    return None if found is None else _named(_HEADERS[found], headers[found])


def _named(sender: str, value: str) -> str | None:
    fits = len(value) <= _MOST_CHARS and value.isprintable()
    return f"{sender}:{value}" if fits else None
