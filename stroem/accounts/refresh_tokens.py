"""Refresh tokens: the id of a session and a generation of its token, signed.

The database need not keep them, and each old one of a session is told from a forged one.
"""

import base64
import binascii
import hashlib
import hmac
import struct
import uuid

import attrs

_FORMAT = struct.Struct(">16sI32s")
_SIGNED_BYTES = 20


@attrs.frozen
class RefreshToken:
    """Claims of a refresh token: the session and the generation."""

    session_id: uuid.UUID
    generation: int


class RefreshTokens:
    """Makes and reads refresh tokens with one secret."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"stroem refresh token", hashlib.sha256)

    def make(self, token: RefreshToken) -> str:
        """The text of a token, which is always the same."""
        head = _FORMAT.pack(token.session_id.bytes, token.generation, b"")[:_SIGNED_BYTES]
        return base64.urlsafe_b64encode(head + self._signature(head)).decode().rstrip("=")

    def read(self, text: str) -> RefreshToken | None:
        """Verifies a token and returns its claims; None if it is forged."""
        try:
            data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            session_id, generation, signature = _FORMAT.unpack(data)
        except (ValueError, binascii.Error, struct.error):
            return None
        if not hmac.compare_digest(signature, self._signature(data[:_SIGNED_BYTES])):
            return None
        return RefreshToken(uuid.UUID(bytes=session_id), generation)

    def _signature(self, head: bytes) -> bytes:
        return hmac.digest(self._key, head, hashlib.sha256)
