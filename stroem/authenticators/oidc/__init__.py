"""Sign-in by OpenID Connect: discovery, the code flow with PKCE, keys and tokens."""
