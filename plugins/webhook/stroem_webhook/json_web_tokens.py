"""JSON Web Tokens of requests."""

from collections.abc import Sequence
from typing import Any, cast

import jwt

from stroem.interfaces.triggers.http_trigger import HookRefused, HookRequest
from stroem_webhook.jwks import KEY_SETS, KeySets, KeysUnavailable
from stroem_webhook.options import Jwt
from stroem_webhook.secrets import bearer_of

SHARED = ("HS256", "HS384", "HS512")
"""Algorithms of a shared secret."""

PUBLIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Algorithms of a public key."""

_LEEWAY_SECS = 30
_MOST_CHARS = 16 * 1024
_TOLD = "Invalid or missing token"


def algorithms_of(wanted: Jwt) -> Sequence[str]:
    """The allowed algorithms: those of `algorithms` that fit the key; without any, HS256 for a secret, else all."""
    fitting = SHARED if wanted.secret is not None else PUBLIC
    return [name for name in wanted.algorithms if name in fitting] or (fitting[:1] if fitting is SHARED else fitting)


def check_token_head(wanted: Jwt, request: HookRequest) -> str:
    """The token of a request. Raises `HookRefused` without one."""
    token = bearer_of(request, wanted.header.lower())
    if token is None or len(token) > _MOST_CHARS:
        raise HookRefused(f"there is no token in the header {wanted.header}", told=_TOLD)
    return token


async def check_token(wanted: Jwt, request: HookRequest, keys: KeySets = KEY_SETS) -> None:
    """Checks signature, expiry, issuer and audience of a token. Raises `HookRefused`."""
    token = check_token_head(wanted, request)
    algorithms = algorithms_of(wanted)
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in algorithms:
            raise HookRefused("the algorithm of the token is not allowed", told=_TOLD)
        key = await _key(wanted, header.get("kid"), keys)
        jwt.decode(
            token,
            key,
            algorithms=list(algorithms),
            audience=wanted.audience,
            issuer=wanted.issuer,
            leeway=_LEEWAY_SECS,
            options=cast("Any", {"require": ["exp"], "verify_aud": wanted.audience is not None}),
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise HookRefused(f"the token is refused: {error}", told=_TOLD) from None


async def _key(wanted: Jwt, kid: object, keys: KeySets) -> Any:
    if wanted.jwks_url is None:
        found = wanted.secret if wanted.secret is not None else wanted.key
        if not found:
            raise HookRefused("the secret of `jwt` is empty", told=_TOLD)
        return found
    try:
        key = await keys.key(wanted.jwks_url, kid if isinstance(kid, str) else None)
    except KeysUnavailable as error:
        raise HookRefused(str(error), told=_TOLD) from None
    if key is None:
        raise HookRefused("the key of the token is not in the set", told=_TOLD)
    return key
