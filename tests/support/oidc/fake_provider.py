"""A provider of OpenID Connect that does as a test wants, right or wrong."""

import base64
import functools
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import attrs
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.support.listening import listening, plain_runner

CLIENT_ID = "stroem"
CLIENT_SECRET = "the-secret-of-stroem-at-the-provider:/%"
ADA: Mapping[str, Any] = {"sub": "ada-1", "email": "ada@corp.example", "email_verified": True, "name": "Ada Berg"}


@functools.cache
def _rsa_key(_: int) -> rsa.RSAPrivateKey:
    """A key of the session; they take long to make."""
    return rsa.generate_private_key(65537, 2048)


@attrs.define
class Key:
    """A private key, and its public part as a JWK."""

    kid: str = "first"
    algorithm: str = "RS256"
    private: Any = attrs.Factory(lambda: _rsa_key(0))

    @classmethod
    def of_another(cls, kid: str) -> "Key":
        """Another key of RS256."""
        return cls(kid=kid, private=_rsa_key(1))

    @classmethod
    def of_curve(cls, kid: str) -> "Key":
        """A key of ES256."""
        return cls(kid=kid, algorithm="ES256", private=ec.generate_private_key(ec.SECP256R1()))

    @property
    def public(self) -> dict[str, Any]:
        """The JWK."""
        algorithm = jwt.get_algorithm_by_name(self.algorithm)
        found = json.loads(algorithm.to_jwk(self.private.public_key()))
        return {key: value for key, value in found.items() if key != "key_ops"} | {"kid": self.kid, "use": "sig"}


@attrs.define
class FakeProvider:
    """Answers at `issuer`. What it gives out is changed by setting its attributes.

    `claims` are those of the person; `spoil` changes the claims of each ID token; `sign` makes the ID token of claims.
    """

    issuer: str = ""
    key: Key = attrs.Factory(Key)
    published: list[dict[str, Any]] = attrs.Factory(list)
    claims: dict[str, Any] = attrs.Factory(lambda: dict(ADA))
    userinfo: dict[str, Any] | None = None
    document: dict[str, Any] = attrs.Factory(dict)
    spoil: Callable[[dict[str, Any]], None] = lambda claims: None
    sign: Callable[[dict[str, Any]], str] | None = None
    is_down: bool = False
    requests: list[str] = attrs.Factory(list)
    codes: dict[str, dict[str, Any]] = attrs.Factory(dict)

    def authorize(self, url: str, **more: str) -> str:
        """What the person does at the address that a server leads to; the address that leads back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert {"openid", "email", "profile"} <= set(asked["scope"].split())
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        answer = {"code": code, "state": asked["state"], **more}
        return f"{asked['redirect_uri']}?" + "&".join(f"{name}={value}" for name, value in answer.items() if value)

    def id_token(self, nonce: str) -> str:
        """The ID token of a sign-in."""
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, **self.claims}
        self.spoil(claims)
        if self.sign is not None:
            return self.sign(claims)
        return jwt.encode(claims, self.key.private, self.key.algorithm, headers={"kid": self.key.kid})

    def app(self) -> web.Application:
        """The application."""
        app = web.Application(middlewares=[self._note])
        app.router.add_get("/.well-known/openid-configuration", self._discovery)
        app.router.add_get("/keys", self._keys)
        app.router.add_post("/token", self._token)
        app.router.add_get("/userinfo", self._userinfo)
        return app

    @web.middleware
    async def _note(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests.append(request.path)
        if self.is_down:
            raise web.HTTPBadGateway
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _discovery(self, _: web.Request) -> web.Response:
        at = self.issuer
        document = {
            "issuer": at,
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "jwks_uri": f"{at}/keys",
            "userinfo_endpoint": f"{at}/userinfo",
            "end_session_endpoint": f"{at}/logout",
            "response_types_supported": ["code"],
            **self.document,
        }
        return web.json_response(document)

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": self.published or [self.key.public]})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        asked = self.codes.pop(str(form.get("code")), None)
        digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        kind, _, both = request.headers.get("Authorization", "").partition(" ")
        given = [unquote(part) for part in base64.b64decode(both).decode().split(":")] if kind == "Basic" else []
        is_client = given == [CLIENT_ID, CLIENT_SECRET]
        if not is_client:
            return web.json_response({"error": "invalid_client"}, status=401)
        if asked is None or challenge != asked["code_challenge"] or form.get("redirect_uri") != asked["redirect_uri"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        tokens = {"access_token": "of-userinfo", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])}
        return web.json_response(tokens)

    async def _userinfo(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer of-userinfo"
        return web.json_response(self.userinfo or self.claims)


@asynccontextmanager
async def fake_provider() -> AsyncIterator[FakeProvider]:
    """A provider on a free port of loopback during the block."""
    provider = FakeProvider()
    async with listening(plain_runner(provider.app())) as provider.issuer:
        yield provider
