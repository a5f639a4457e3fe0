"""Signatures are checked as their senders make them."""

import base64
import hashlib
import hmac

import pytest

from stroem.forges.webhook_signature import check_hmac, check_standard_webhook, check_token, standard_webhook_key
from stroem.interfaces.push_hook import PushRefused, PushRequest

BODY = b'{"a": 1}'
KEY = b"0123456789abcdef0123456789abcdef"
NOW = 1_700_000_000


def test_the_example_that_github_publishes() -> None:
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    check_hmac(signature, "It's a Secret to Everybody", b"Hello, World!", "X-Hub-Signature-256")


@pytest.mark.parametrize("given", [None, "", "sha256="])
def test_a_missing_signature_says_what_to_do(given: str | None) -> None:
    with pytest.raises(PushRefused, match="X-Signature is missing: set the secret"):
        check_hmac(given, "s", BODY, "X-Signature")


def test_capitals_spaces_and_other_alphabets_do_not_fit() -> None:
    right = hmac.new(b"s", BODY, hashlib.sha256).hexdigest()
    check_hmac(right, "s", BODY, "X")
    for wrong in (right.upper(), f" {right}", right[:-1], f"sha1={right}", "é" * 64, "\udcff"):
        with pytest.raises(PushRefused):
            check_hmac(wrong, "s", BODY, "X")


def test_a_token_is_compared_whole() -> None:
    check_token("żółć-token", "żółć-token", "X")
    for wrong in (None, "", "żółć", "żółć-token ", "\udcff"):
        with pytest.raises(PushRefused):
            check_token(wrong, "żółć-token", "X")


def standard(sent_at: str, identity: str = "msg_1") -> PushRequest:
    signature = hmac.new(KEY, f"{identity}.{sent_at}.".encode() + BODY, hashlib.sha256).digest()
    headers = {
        "webhook-id": identity,
        "webhook-timestamp": sent_at,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }
    return PushRequest(headers=headers, query={}, body=BODY)


@pytest.mark.parametrize("off", [-300, 0, 300])
def test_a_time_that_is_near_will_do(off: int) -> None:
    check_standard_webhook(standard(str(NOW + off)), KEY, NOW)


@pytest.mark.parametrize(
    "sent_at", [str(NOW - 301), str(NOW + 301), "", "x", "-5", "١٢٣", "1" * 5000, f"{NOW}.5", "nan"]
)
def test_another_time_will_not(sent_at: str) -> None:
    with pytest.raises(PushRefused, match="webhook-timestamp"):
        check_standard_webhook(standard(sent_at), KEY, NOW)


def test_the_id_is_signed_as_well() -> None:
    request = standard(str(NOW))
    changed = PushRequest(headers={**request.headers, "webhook-id": "msg_2"}, query={}, body=BODY)
    with pytest.raises(PushRefused, match="does not fit"):
        check_standard_webhook(changed, KEY, NOW)


def test_a_key_is_base64_behind_its_prefix() -> None:
    encoded = base64.b64encode(KEY).decode()
    assert standard_webhook_key(f"whsec_{encoded}") == KEY
    for other in (encoded, f"x{encoded}", "whsec_%%%", f" whsec_{encoded}", "whsec_é"):
        assert standard_webhook_key(other) is None
