"""JSON Web Tokens: keys, sets of keys, pinned algorithms, claims."""

import base64
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from stroem.interfaces.triggers.http_trigger import Delivery, HookRefused, HookRequest
from stroem.testing.http_trigger_conformance import SECRET, HttpTriggerConformance, hook_request
from stroem_webhook.json_web_tokens import check_token
from stroem_webhook.jwks import KeySets, KeysUnavailable, fetch_keys
from stroem_webhook.options import Jwt
from stroem_webhook.webhook import WebhookTrigger
from tests.support.listening import listening

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
URL = "https://issuer.example.org/keys"


def pem(key: Any) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return str(key.public_key().public_bytes(serialization.Encoding.PEM, form).decode())


def token(key: Any = SECRET, algorithm: str = "HS256", headers: dict[str, str] | None = None, **claims: Any) -> str:
    given = {"exp": time.time() + 60, "aud": "stroem", "iss": "ci", **claims}
    payload = {name: value for name, value in given.items() if value is not None}
    return jwt.encode(payload, key, algorithm=algorithm, headers=headers)


def bearing(text: str) -> HookRequest:
    return hook_request(headers={"authorization": f"Bearer {text}"})


SHARED = Jwt(secret=SECRET, audience="stroem", issuer="ci")


class TestJwtConformance(HttpTriggerConformance):
    def trigger(self) -> WebhookTrigger:
        return WebhookTrigger(name_="w", jwt=SHARED)

    def request(self, body: bytes = b'{"a": 1}', method: str = "POST") -> HookRequest:
        headers = {"content-type": "application/json", "authorization": f"Bearer {token()}"}
        return hook_request(headers=headers, body=body)


@pytest.mark.parametrize(
    "claims",
    [{"exp": time.time() - 120}, {"exp": None}, {"aud": "other"}, {"aud": None}, {"iss": "other"}, {"iss": None}],
)
async def test_claims(claims: dict[str, Any]) -> None:
    with pytest.raises(HookRefused):
        await check_token(SHARED, bearing(token(**claims)))


async def test_keys_and_their_algorithms() -> None:
    public = Jwt(key=pem(RSA_KEY), audience="stroem")
    await check_token(public, bearing(token(RSA_KEY, "RS256")))
    await check_token(Jwt(key=pem(EC_KEY), audience="stroem"), bearing(token(EC_KEY, "ES256")))
    with pytest.raises(HookRefused):
        await check_token(public, bearing(token(EC_KEY, "ES256")))
    narrow = Jwt(key=pem(RSA_KEY), audience="stroem", algorithms=("RS512",))
    with pytest.raises(HookRefused, match="algorithm"):
        await check_token(narrow, bearing(token(RSA_KEY, "RS256")))


async def test_a_public_key_is_no_shared_secret() -> None:
    """Neither an HMAC with the public key nor a token without a signature counts."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    unsigned = f"{part({'alg': 'none'})}.{part({'exp': time.time() + 60})}."
    confused = f"{part({'alg': 'HS256'})}.{part({'exp': time.time() + 60})}.AAAA"
    for text in (unsigned, confused):
        with pytest.raises(HookRefused, match="algorithm"):
            await check_token(Jwt(key=pem(RSA_KEY)), bearing(text))


async def test_an_empty_secret_fits_nothing() -> None:
    with pytest.raises(HookRefused, match="empty"):
        await check_token(Jwt(secret=""), bearing(token()))


async def test_a_token_in_a_header_of_its_own_is_not_stored() -> None:
    trigger = WebhookTrigger(name_="w", jwt=Jwt(secret=SECRET, audience="stroem", header="X-Token"))
    found = await trigger.read(hook_request(headers={"x-token": token()}))
    assert isinstance(found, Delivery)
    assert found.headers["x-token"] == "••••••"


class Issuer:
    """An address with keys that counts its fetches, and a clock."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.fetches = 0
        self.is_down = False
        self.kids = ["a"]
        self.sets = KeySets(self.fetch, lambda: self.now)

    async def fetch(self, url: str) -> bytes:
        self.fetches += 1
        if self.is_down:
            raise OSError
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(RSA_KEY.public_key()))
        return json.dumps({"keys": [{**key, "kid": kid, "use": "sig"} for kid in self.kids]}).encode()

    async def check(self, kid: str | None) -> None:
        headers = None if kid is None else {"kid": kid}
        wanted = Jwt(jwks_url=URL, audience="stroem")
        await check_token(wanted, bearing(token(RSA_KEY, "RS256", headers)), self.sets)


async def test_a_set_of_keys_is_fetched_once_and_for_an_unknown_key() -> None:
    issuer = Issuer()
    for kid in ("a", "a", None):
        await issuer.check(kid)
    assert issuer.fetches == 1
    issuer.kids = ["a", "b"]
    with pytest.raises(HookRefused, match="not in the set"):
        await issuer.check("b")
    assert issuer.fetches == 1, "unknown keys make no more than two fetches a minute"
    issuer.now += 31
    await issuer.check("b")
    assert issuer.fetches == 2
    with pytest.raises(HookRefused):
        await issuer.check(None)


async def test_an_earlier_set_counts_while_its_address_is_down() -> None:
    issuer = Issuer()
    await issuer.check("a")
    issuer.is_down = True
    issuer.now += 3600
    await issuer.check("a")
    assert issuer.fetches == 2


async def test_without_keys_requests_are_refused() -> None:
    issuer = Issuer()
    issuer.is_down = True
    for _ in range(3):
        with pytest.raises(HookRefused, match="fetched"):
            await issuer.check("a")
    assert issuer.fetches == 1


@pytest.fixture
async def keys_url() -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.Response:
        if request.match_info["kind"] == "moved":
            raise web.HTTPFound("/ok")
        return web.Response(body=b"x" * (300_000 if request.match_info["kind"] == "large" else 10))

    app = web.Application()
    app.router.add_get("/{kind}", answer)
    async with listening(web.AppRunner(app)) as url:
        yield url


async def test_fetches_are_bounded_and_follow_no_redirects(keys_url: str) -> None:
    assert await fetch_keys(f"{keys_url}/ok") == b"x" * 10
    for kind in ("large", "moved"):
        with pytest.raises(KeysUnavailable):
            await fetch_keys(f"{keys_url}/{kind}")
