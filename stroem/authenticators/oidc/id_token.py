"""Verification of ID tokens (OpenID Connect Core 1.0, section 3.1.3.7)."""

import hmac
import time
from collections.abc import Mapping
from typing import Any

import attrs
import jwt

from stroem.authenticators.oidc.signing_keys import ALGORITHMS, SigningKeys
from stroem.interfaces.authenticator import SignInRefused

_LEEWAY_SECS = 60
"""How far the clocks of the provider and of this server may differ."""
_OLDEST_SECS = 600
_LONGEST = 256 * 1024
_LONGEST_SUBJECT = 255
_NEEDED = ["iss", "sub", "aud", "exp", "iat"]


@attrs.frozen(kw_only=True)
class Expected:
    """What an ID token must say."""

    issuer: str
    client_id: str
    nonce: str = attrs.field(repr=False)


async def verify(token: object, keys: SigningKeys, expected: Expected) -> Mapping[str, Any]:
    """The claims of an ID token. Raises `SignInRefused` that says what is wrong, `SignInUnavailable`."""
    if not isinstance(token, str) or len(token) > _LONGEST:
        raise SignInRefused("the provider has given no id token")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError) as error:
        raise SignInRefused(f"the id token cannot be read: {error}") from None
    algorithm, key_id = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise SignInRefused(f"the id token is signed with {str(algorithm)[:20]!r}, which is not accepted")
    if "crit" in header:
        raise SignInRefused("the id token has the header crit, which is not understood")
    if key_id is not None and not isinstance(key_id, str):
        raise SignInRefused("the id token has a kid that is no text")
    key = await keys.find(key_id, algorithm)
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=expected.client_id,
            issuer=expected.issuer,
            leeway=_LEEWAY_SECS,
            options={"require": _NEEDED},
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
        raise SignInRefused(f"the id token is not valid: {error}") from None
    _check(claims, expected)
    return claims


def _check(claims: Mapping[str, Any], expected: Expected) -> None:
    """Checks what the library does not. Raises `SignInRefused`."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    party = claims.get("azp")
    if (party is None and several) or (party is not None and party != expected.client_id):
        raise SignInRefused(f"the id token is for another party: azp is {str(party)[:80]!r}")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise SignInRefused("the id token has another nonce: it is the answer to another sign-in")
    issued_at = claims["iat"]
    if not isinstance(issued_at, int | float) or time.time() - issued_at > _OLDEST_SECS + _LEEWAY_SECS:
        raise SignInRefused("the id token has been issued long ago")
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        raise SignInRefused("the id token names nobody: sub is no text of 1 to 255 characters")
