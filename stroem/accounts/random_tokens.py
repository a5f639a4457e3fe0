"""Random tokens, of which the database keeps the SHA-256."""

import hashlib
import secrets

API_KEY = "strm_"
"""Beginning of API keys."""
_KEY_BYTES = 16
_PREFIX_LENGTH = 12
_TOKEN_BYTES = 32


def new_api_key() -> str:
    """An API key: `strm_` and 32 hexadecimal digits."""
    return API_KEY + secrets.token_hex(_KEY_BYTES)


def prefix_of(api_key: str) -> str:
    """The beginning of an API key, which names it."""
    return api_key[:_PREFIX_LENGTH]


def new_token() -> str:
    """A token of 256 random bits, for addresses."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def hash_of(token: str) -> bytes:
    """The SHA-256 of a token."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
