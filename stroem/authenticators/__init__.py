"""The authenticators that every server has: passwords of its own, OpenID Connect, an authenticating proxy."""
