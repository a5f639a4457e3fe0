"""Limits of requests and pages, taken from the settings."""

from typing import Literal

from aiohttp import web

from stroem.files.state_archive import PACKED_BYTES
from stroem.protocol.events import EVENT_BYTES
from stroem.settings.server import LimitSettings

LIMITS = web.AppKey("limits", LimitSettings)

BodyKind = Literal["body", "hook", "log", "outcome", "push", "state", "event", "events"]


def max_body_bytes(limits: LimitSettings, kind: BodyKind) -> int:
    """The limit for a body of this kind, after decompression."""
    return {
        "body": limits.body_bytes,
        "hook": limits.hook_body_bytes,
        "log": limits.log_body_bytes,
        "outcome": limits.log_body_bytes + limits.output,
        "push": limits.push_body_bytes,
        "state": PACKED_BYTES,
        "event": EVENT_BYTES,
        "events": 4 * EVENT_BYTES,
    }[kind]
