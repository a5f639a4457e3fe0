"""Tokens of workers, and the messages by which they get and replace them.

Workers make their tokens themselves and tell the server the SHA-256: a request that is repeated after a crash or a lost
answer gives them nothing twice.
"""

import hashlib
import secrets
import uuid
from typing import Annotated

import attrs

from stroem.conversion.constraints import Line

WORKER_TOKEN = "strw_"  # noqa: S105 (how such tokens begin)
JOIN_TOKEN = "strj_"  # noqa: S105
_BYTES = 24
_PREFIX_LENGTH = 12


@attrs.frozen(kw_only=True)
class Join:
    """A worker that asks for an identity.

    `token_hash` is the SHA-256, in hexadecimal digits, of the token that it will bear.
    """

    name: Annotated[str, Line()]
    join_token: str = attrs.field(repr=False)
    token_hash: str


@attrs.frozen(kw_only=True)
class Rotation:
    """The SHA-256, in hexadecimal digits, of the token that a worker will bear next."""

    token_hash: str


@attrs.frozen(kw_only=True)
class IssuedToken:
    """The identity of a worker, and after how many seconds its token is to be replaced, and is no longer good.

    `installation` is the name by which workers mark what they make in other systems.
    """

    identity_id: uuid.UUID
    installation: str
    rotate_after_secs: float
    expires_after_secs: float


def new_worker_token() -> str:
    """A token of an identity: `strw_` and 48 hexadecimal digits."""
    return WORKER_TOKEN + secrets.token_hex(_BYTES)


def new_join_token() -> str:
    """A join token: `strj_` and 48 hexadecimal digits."""
    return JOIN_TOKEN + secrets.token_hex(_BYTES)


def prefix_of(join_token: str) -> str:
    """The beginning of a join token, which names it."""
    return join_token[:_PREFIX_LENGTH]


def hash_of(token: str) -> bytes:
    """The SHA-256 of a token."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
