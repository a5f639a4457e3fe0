"""Tokens that carry JSON and its signature."""

import base64
import binascii
import hashlib
import hmac
from typing import Any

import orjson


def sign_fields(prefix: str, fields: list[Any], secret: bytes) -> str:
    """The token of fields: a prefix, the fields in base64url, and their MAC. It does not tell the secret."""
    payload = _text(orjson.dumps(fields))
    return f"{prefix}{payload}.{_text(_mac(payload, secret))}"


def signed_fields(prefix: str, token: str, secret: bytes) -> list[Any] | None:
    """The fields in a token; None if it is not signed with this secret."""
    payload, _, mac = token.removeprefix(prefix).partition(".")
    if not token.startswith(prefix) or not token.isascii():
        return None
    if not hmac.compare_digest(mac.encode(), _text(_mac(payload, secret)).encode()):
        return None
    try:
        found = orjson.loads(base64.urlsafe_b64decode(payload + "=="))
    except (ValueError, binascii.Error):
        return None
    return found if isinstance(found, list) else None


def _mac(payload: str, secret: bytes) -> bytes:
    key = hmac.digest(secret, b"stroem-step-token", hashlib.sha256)
    return hmac.digest(key, payload.encode(), hashlib.sha256)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
