"""ID tokens of a provider that are not what they should be."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stroem.authenticators.oidc.oidc import Oidc
from tests.authenticators.conftest import finish, refused
from tests.support.oidc.fake_provider import CLIENT_ID, CLIENT_SECRET, FakeProvider, Key


def _set(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.update(values)


def _at(**secs: int) -> Callable[[dict[str, Any]], None]:
    """Sets times, in seconds from now."""
    return lambda claims: claims.update({name: int(time.time()) + away for name, away in secs.items()})


def _without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.pop(name)


def _unsigned(claims: dict[str, Any]) -> str:
    return ".".join([_part({"alg": "none", "typ": "JWT"}), _part(claims), ""])


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_set(nonce="another"), "another nonce"),
        (_set(nonce=None), "another nonce"),
        (_set(aud="another"), "Audience"),
        (_set(aud=["another"]), "Audience"),
        (_set(aud=[CLIENT_ID, "another"]), "another party"),
        (_set(azp="another"), "another party"),
        (_set(iss="https://evil.example"), "ssuer"),
        (_at(exp=-120), "expired"),
        (_at(iat=600), "not yet valid"),
        (_at(iat=-3600), "long ago"),
        (_at(nbf=600), "not yet valid"),
        (_set(sub=""), "names nobody"),
        (_set(sub="x" * 300), "names nobody"),
        (_set(sub="a\0b"), "names nobody"),
        (_set(sub=7), "ub"),
        (_set(iat=float("inf")), "is not valid"),
        (_set(exp="soon"), "is not valid"),
        *((lambda claims, name=name: claims.pop(name), f'"{name}"') for name in ("exp", "iat", "aud", "iss", "sub")),
    ],
)
async def test_a_wrong_claim_is_refused(oidc: Oidc, provider: FakeProvider, spoil: Any, told: str) -> None:
    provider.spoil = spoil
    assert told in await refused(oidc, provider)


@pytest.mark.parametrize("spoil", [_at(exp=-20), _set(aud=[CLIENT_ID])])
async def test_what_is_allowed(oidc: Oidc, provider: FakeProvider, spoil: Any) -> None:
    provider.spoil = spoil
    await finish(oidc, provider)


async def test_clocks_may_differ_by_half_a_minute(oidc: Oidc, provider: FakeProvider) -> None:
    def spoil(claims: dict[str, Any]) -> None:
        claims["iat"] += 30

    provider.spoil = spoil
    await finish(oidc, provider)


async def test_one_without_a_signature_is_refused(oidc: Oidc, provider: FakeProvider) -> None:
    provider.sign = _unsigned
    assert "'none', which is not accepted" in await refused(oidc, provider)


@pytest.mark.parametrize("of", ["client secret", "public key", "jwk"])
async def test_one_signed_with_what_others_know_is_refused(oidc: Oidc, provider: FakeProvider, of: str) -> None:
    """HS256 with the public key as the secret, by hand: the library refuses to make it."""
    pem = provider.key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secrets = {
        "client secret": CLIENT_SECRET.encode(),
        "public key": pem,
        "jwk": json.dumps(provider.key.public).encode(),
    }

    def sign(claims: dict[str, Any]) -> str:
        head = f"{_part({'alg': 'HS256', 'kid': 'first'})}.{_part(claims)}"
        digest = hmac.digest(secrets[of], head.encode(), hashlib.sha256)
        return f"{head}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"

    provider.sign = sign
    assert "'HS256', which is not accepted" in await refused(oidc, provider)


async def test_a_key_of_another_is_refused_also_when_the_token_brings_it(oidc: Oidc, provider: FakeProvider) -> None:
    evil = Key.of_another("first")
    headers = {"kid": "first", "jwk": evil.public, "jku": "https://evil.example/keys"}
    provider.sign = lambda claims: jwt.encode(claims, evil.private, "RS256", headers=headers)
    assert "Signature verification failed" in await refused(oidc, provider)


@pytest.mark.parametrize("kid", ["unknown", "../../etc/passwd", "' OR 1=1", "x" * 5000])
async def test_an_unknown_key_is_asked_for_once_and_refused(oidc: Oidc, provider: FakeProvider, kid: str) -> None:
    assert oidc._keys is not None
    oidc._keys._clock = lambda: 100.0  # no time passes
    provider.published = [provider.key.public]
    provider.key.kid = kid
    for _ in range(3):
        assert "no key" in await refused(oidc, provider)
    assert provider.requests.count("/keys") == 1  # others are within ten seconds of it


async def test_critical_headers_are_refused(oidc: Oidc, provider: FakeProvider) -> None:
    headers = {"kid": "first", "crit": ["exp"]}
    provider.sign = lambda claims: jwt.encode(claims, provider.key.private, "RS256", headers=headers)
    assert "crit" in await refused(oidc, provider)


async def test_other_algorithms_of_the_provider(oidc: Oidc, provider: FakeProvider) -> None:
    provider.key = Key.of_curve("curved")
    await finish(oidc, provider)


@pytest.mark.parametrize("token", [None, 7, "", "a.b", "a.b.c", "x" * 300_000])
async def test_what_is_no_token_is_refused(oidc: Oidc, provider: FakeProvider, token: Any) -> None:
    provider.sign = lambda claims: token
    assert "id token" in await refused(oidc, provider)


async def test_sign_ins_at_once_wait_for_one_request_for_keys(oidc: Oidc, provider: FakeProvider) -> None:
    people = await asyncio.gather(*(finish(oidc, provider) for _ in range(5)))
    assert {person.subject for person in people} == {"ada-1"}
    assert provider.requests.count("/keys") == 1
