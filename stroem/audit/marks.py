"""Marks: places in the audit log that a server has signed."""

import hashlib
import hmac
from typing import Literal

import attrs
import orjson

from stroem.audit.chain import START, Fault

MarkName = Literal["head", "anchor"]

_PURPOSE = b"stroem audit mark 1"


@attrs.frozen(kw_only=True)
class Mark:
    """A row with its hash, and the number of rows up to it; `fault` is the first mistake found when it was signed."""

    id: int
    hash: bytes
    count: int
    fault: Fault | None = None


@attrs.frozen(kw_only=True)
class SignedMark(Mark):
    """A mark as it is stored."""

    signature: bytes


BEGINNING = Mark(id=0, hash=START, count=0)
"""The mark before the first row."""


class MarkSigner:
    """Signs marks with a key that is derived from that of the server."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, _PURPOSE, hashlib.sha256)

    def sign(self, name: MarkName, mark: Mark) -> SignedMark:
        """The mark with its signature."""
        return SignedMark(
            id=mark.id, hash=mark.hash, count=mark.count, fault=mark.fault, signature=self._signature(name, mark)
        )

    def is_own(self, name: MarkName, mark: SignedMark) -> bool:
        """Whether this key has signed the mark under that name."""
        return hmac.compare_digest(mark.signature, self._signature(name, mark))

    def _signature(self, name: MarkName, mark: Mark) -> bytes:
        fault = None if mark.fault is None else [mark.fault.id, mark.fault.what]
        content = orjson.dumps([name, mark.id, mark.hash.hex(), mark.count, fault])
        return hmac.digest(self._key, content, hashlib.sha256)
