"""Requests with which senders verify an address, answered without a job."""

from collections.abc import Mapping

import orjson

from stroem.definitions.values import Json
from stroem.interfaces.triggers.http_trigger import HookReply, HookRequest

_MOST_CHARS = 1000


def handshake_reply(request: HookRequest, body: Json) -> HookReply | None:
    """The answer to a handshake of Slack, GitHub, Gitea, Bitbucket or Meta; None for other requests."""
    if isinstance(body, Mapping) and body.get("type") == "url_verification" and is_challenge(body.get("challenge")):
        return HookReply(
            status=200, body=orjson.dumps({"challenge": body["challenge"]}), reason="verification of the address"
        )
    if request.headers.get("x-github-event") == "ping" or request.headers.get("x-event-key") == "diagnostics:ping":
        return HookReply(status=200, body=orjson.dumps({"ok": True}), reason="ping")
    challenge = request.query.get("hub.challenge")
    if request.method == "GET" and request.query.get("hub.mode") == "subscribe" and is_challenge(challenge):
        text = str(challenge).encode(errors="replace")
        return HookReply(status=200, body=text, content_type="text/plain", reason="verification of the address")
    return None


def is_challenge(value: Json) -> bool:
    """Whether a value is a text to answer a verification with."""
    return isinstance(value, str) and 0 < len(value) <= _MOST_CHARS
