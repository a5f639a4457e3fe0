"""Access tokens: forged ones, and those made for something else."""

import base64
import json
import time
import uuid
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from stroem.accounts.access_tokens import AccessToken, AccessTokens

SECRET = "a-secret-of-more-than-64-characters-for-tests-of-access-tokens-0123456789"
TOKEN = AccessToken(account_id=uuid.uuid4(), session_id=uuid.uuid4())


def claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"sub": str(TOKEN.account_id), "sid": str(TOKEN.session_id), "iat": now, "exp": now + 900, **more}


def unsigned(head: dict[str, Any], body: dict[str, Any]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (head, body)]
    return ".".join([*parts, ""])


def test_a_token_says_whose_it_is() -> None:
    tokens = AccessTokens(SECRET)
    text = tokens.make(TOKEN, email="ada@example.com", is_admin=True)
    assert tokens.read(text) == TOKEN
    shown = jwt.decode(text, options={"verify_signature": False})
    assert shown["exp"] - shown["iat"] == 900
    assert (shown["email"], shown["is_admin"]) == ("ada@example.com", True)
    assert "aud" not in shown


def test_a_token_expires() -> None:
    tokens = AccessTokens(SECRET)
    assert tokens.read(jwt.encode(claims(exp=int(time.time()) - 60), SECRET, algorithm="HS256")) is None


@pytest.mark.parametrize("missing", ["sub", "sid", "iat", "exp"])
def test_every_claim_is_needed(missing: str) -> None:
    without = {key: value for key, value in claims().items() if key != missing}
    assert AccessTokens(SECRET).read(jwt.encode(without, SECRET, algorithm="HS256")) is None


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
def test_an_unsigned_token_is_none(algorithm: str) -> None:
    assert AccessTokens(SECRET).read(unsigned({"alg": algorithm, "typ": "JWT"}, claims())) is None


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_with_the_same_secret_is_refused(algorithm: str) -> None:
    assert AccessTokens(SECRET).read(jwt.encode(claims(), SECRET, algorithm=algorithm)) is None


def test_a_token_with_an_asymmetric_signature_is_refused() -> None:
    """Confusion of algorithms: a public key is no secret, and a signature by a private one is not ours."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    assert AccessTokens(SECRET).read(jwt.encode(claims(), pem, algorithm="RS256")) is None


@pytest.mark.parametrize(
    "head",
    [
        {"kid": "../../../../dev/null"},
        {"kid": "x' UNION SELECT 'secret"},
        {"jku": "https://evil.example/keys.json"},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"crit": ["exp"]},
    ],
)
def test_headers_choose_no_key(head: dict[str, Any]) -> None:
    forged = jwt.encode(claims(), "another-secret-of-more-than-32-characters", algorithm="HS256", headers=head)
    assert AccessTokens(SECRET).read(forged) is None


def test_a_token_for_an_audience_is_not_ours() -> None:
    assert AccessTokens(SECRET).read(jwt.encode(claims(aud="mcp"), SECRET, algorithm="HS256")) is None


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "....", "\0", "é.é.é", "strm_" + "0" * 32, "a" * 10_000])
def test_other_texts_are_no_tokens(text: str) -> None:
    assert AccessTokens(SECRET).read(text) is None


def test_ids_must_be_ids() -> None:
    assert AccessTokens(SECRET).read(jwt.encode(claims(sub="ada"), SECRET, algorithm="HS256")) is None
    assert AccessTokens(SECRET).read(jwt.encode(claims(sid=7), SECRET, algorithm="HS256")) is None
