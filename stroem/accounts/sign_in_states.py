"""What the browser of who signs in by a provider keeps until they come back: signed, good for ten minutes and once."""

import hashlib
import hmac
import re
import time
from collections.abc import Mapping

import attrs
import jwt

STATE_SECS = 600
_ALGORITHM = "HS256"
_AUDIENCE = "stroem-sign-in-state"
_NEEDED = ["aud", "exp", "provider", "state", "next", "memory"]
_LONGEST_NEXT = 1000
_SEGMENT = r"(?!\.)[^/?#\\\x00-\x20\x7f]+"
_LOCAL = re.compile(rf"/(?:{_SEGMENT}(?:/{_SEGMENT})*/?)?(?:[?#][^\\\x00-\x20\x7f]*)?")


@attrs.frozen(kw_only=True)
class SignInState:
    """A sign-in that has begun: by which provider, where it goes on, and what the authenticator wants back."""

    provider: str
    state: str = attrs.field(repr=False)
    next: str = "/"
    memory: Mapping[str, str] = attrs.field(factory=dict, repr=False)


class SignInStates:
    """Signs and verifies the states of sign-ins with one secret."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"stroem sign-in state", hashlib.sha256)

    def make(self, state: SignInState) -> str:
        """The text for the cookie. The browser can read it."""
        claims = {**attrs.asdict(state), "aud": _AUDIENCE, "exp": int(time.time()) + STATE_SECS}
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def read(self, text: str, provider: str, state: str) -> SignInState | None:
        """The state in a cookie; None unless it is signed here, of this provider, with this state, and not too old."""
        try:
            claims = jwt.decode(
                text, self._key, algorithms=[_ALGORITHM], audience=_AUDIENCE, options={"require": _NEEDED}
            )
            found = SignInState(**{field.name: claims[field.name] for field in attrs.fields(SignInState)})
        except (jwt.InvalidTokenError, ValueError, TypeError):
            return None
        is_same = hmac.compare_digest(found.state.encode(), state.encode(errors="surrogatepass"))
        return found if is_same and found.provider == provider else None


def local_path(text: str) -> str:
    """Where to go on: a path of this server, else the first page. What a browser may take for another host is none."""
    return text if len(text) <= _LONGEST_NEXT and _LOCAL.fullmatch(text) else "/"
