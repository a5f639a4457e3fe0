"""Access tokens: JSON Web Tokens (RFC 7519) signed with HMAC-SHA256, good for fifteen minutes."""

import time
import uuid

import attrs
import jwt

ACCESS_SECS = 900
_ALGORITHM = "HS256"
_LEEWAY_SECS = 5
_NEEDED = ["sub", "sid", "iat", "exp"]


@attrs.frozen(kw_only=True)
class AccessToken:
    """Claims of an access token: the account and the session."""

    account_id: uuid.UUID
    session_id: uuid.UUID


class AccessTokens:
    """Makes and reads access tokens with one secret."""

    def __init__(self, secret: str, secs: int = ACCESS_SECS) -> None:
        self._secret = secret
        self._secs = secs

    def make(self, token: AccessToken, *, email: str, is_admin: bool) -> str:
        """A new token. `email` and `is_admin` are for clients to show; the server asks its database."""
        now = int(time.time())
        claims = {
            "sub": str(token.account_id),
            "sid": str(token.session_id),
            "email": email,
            "is_admin": is_admin,
            "iat": now,
            "exp": now + self._secs,
        }
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def read(self, text: str) -> AccessToken | None:
        """Verifies a token and returns its claims; None if it is forged, expired, or has an audience."""
        try:
            claims = jwt.decode(
                text, self._secret, algorithms=[_ALGORITHM], leeway=_LEEWAY_SECS, options={"require": _NEEDED}
            )
            if "aud" in claims:
                return None
            return AccessToken(account_id=uuid.UUID(claims["sub"]), session_id=uuid.UUID(claims["sid"]))
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError):
            return None
