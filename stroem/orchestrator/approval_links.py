"""Signed links to approvals."""

import base64
import binascii
import datetime
import hashlib
import hmac
import struct
import urllib.parse
import uuid

import attrs

LINK_SECS = 7 * 24 * 3600
"""The life of a link that sets none, unless the approval ends before."""
MOST_SECS = 30 * 24 * 3600
_PURPOSE = b"stroem approval link 1"
_LAYOUT = struct.Struct(">4s16sIq")
_SIGNATURE_BYTES = 32


class InvalidLink(ValueError):
    """A token that this server has not signed. The message is the reason."""


@attrs.frozen(kw_only=True)
class Link:
    """A link to a step that waits for an approval: valid until `expires_at`, in whole seconds."""

    job_id: uuid.UUID
    step: int
    expires_at: datetime.datetime


class ApprovalLinks:
    """Signs tokens with the key of the server, and reads them.

    A token names a job, a step and its end. It needs no row: of the answers to a step only the first counts.
    """

    def __init__(self, key: bytes, public_url: str | None = None) -> None:
        self._key = hmac.digest(key, _PURPOSE, hashlib.sha256)
        self._key_id = hashlib.sha256(self._key).digest()[:4]
        self.public_url = None if public_url is None else public_url.rstrip("/")

    def token(self, link: Link) -> str:
        """The signed token of a link."""
        expires = int(link.expires_at.timestamp())
        content = _LAYOUT.pack(self._key_id, link.job_id.bytes, link.step, expires)
        return base64.urlsafe_b64encode(content + self._signature(content)).rstrip(b"=").decode()

    def url(self, link: Link, base: str | None = None) -> str | None:
        """The address of a link; None if the server does not know its own. `base` stands for a public address."""
        address = self.public_url or base
        return None if address is None else f"{address}/approvals/{self.token(link)}"

    def page_url(self, job_id: uuid.UUID, step: str) -> str | None:
        """The page of the job in the web UI, at the step; None if the server does not know its address."""
        if self.public_url is None:
            return None
        return f"{self.public_url}/jobs/{job_id}?step={urllib.parse.quote(step, safe='')}"

    def read(self, token: str) -> Link:
        """The link of a token, which may have expired. Raises InvalidLink for one that this server has not signed."""
        try:
            data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            data = b""
        content, signature = data[: _LAYOUT.size], data[_LAYOUT.size :]
        if len(content) != _LAYOUT.size or len(signature) != _SIGNATURE_BYTES:
            raise InvalidLink("It is not complete.")
        key_id, job, step, expires = _LAYOUT.unpack(content)
        if not hmac.compare_digest(signature, self._signature(content)):
            raise InvalidLink(
                "Its signature is wrong." if key_id == self._key_id else "It was signed with another key."
            )
        expires_at = datetime.datetime.fromtimestamp(expires, datetime.UTC)
        return Link(job_id=uuid.UUID(bytes=job), step=step, expires_at=expires_at)

    def link(
        self,
        job_id: uuid.UUID,
        step: int,
        now: datetime.datetime,
        step_ends_at: datetime.datetime | None,
        secs: int = LINK_SECS,
    ) -> Link:
        """A link for so many seconds, at most until the end of the step's wait."""
        ends = now + datetime.timedelta(seconds=secs)
        ends = ends if step_ends_at is None else min(ends, step_ends_at)
        return Link(job_id=job_id, step=step, expires_at=ends.replace(microsecond=0))

    def _signature(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, hashlib.sha256)
