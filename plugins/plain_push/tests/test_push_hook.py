"""Pushes in the plain form: the published suite with a bearer token and with a signature, and the form itself."""

import orjson
import pytest

from stroem.interfaces.push_hook import PushRefused, PushRequest, PushUnreadable
from stroem.records.push import Push
from stroem.registry.registry import load_plugins
from stroem.testing.push_hook_conformance import COMMIT, PUSHED, SECRET, PushHookConformance, hmac_sha256
from stroem_plain_push.push_hook import PlainPushHook

URL = PUSHED.urls[0]


def bearer(body: bytes, secret: str = SECRET) -> PushRequest:
    return PushRequest(headers={"authorization": f"Bearer {secret}"}, query={}, body=body)


def signed(body: bytes, secret: str = SECRET) -> PushRequest:
    signature = hmac_sha256(body, secret)
    return PushRequest(headers={"x-signature-256": f"sha256={signature}"}, query={}, body=body)


class TestPlainPushHookWithToken(PushHookConformance):
    signs_body = False

    hook = PlainPushHook

    def body(self, pushed: Push) -> bytes:
        commit = pushed.commit or "0" * 40
        return orjson.dumps({"url": pushed.urls[0], "ref": pushed.ref, "commit": commit, "by": pushed.by})

    def sign(self, body: bytes, secret: str) -> PushRequest:
        return bearer(body, secret)


class TestPlainPushHookWithSignature(TestPlainPushHookWithToken):
    signs_body = True

    def sign(self, body: bytes, secret: str) -> PushRequest:
        return signed(body, secret)


def read(said: object) -> list[Push]:
    return list(PlainPushHook(secret=SECRET).read(bearer(orjson.dumps(said))))


def test_an_address_is_enough() -> None:
    assert read({"url": URL}) == [Push(urls=(URL,))]


def test_the_body_is_json_whatever_the_content_type_says() -> None:
    request = bearer(orjson.dumps({"url": URL}))
    headers = {**request.headers, "content-type": "application/x-www-form-urlencoded"}
    assert PlainPushHook(secret=SECRET).read(PushRequest(headers=headers, query={}, body=request.body))


def test_several_addresses() -> None:
    urls = [URL, "git@git.example.com:acme/flows.git", URL]
    assert read({"urls": urls}) == [Push(urls=tuple(urls[:2]))]


@pytest.mark.parametrize(
    ("said", "ref"),
    [("main", "refs/heads/main"), ("refs/tags/v1", "refs/tags/v1"), ("feature/x", "refs/heads/feature/x"), ("", None)],
)
def test_a_ref_is_a_branch_or_a_full_name(said: str, ref: str | None) -> None:
    assert read({"url": URL, "ref": said}) == [Push(urls=(URL,), ref=ref)]


def test_a_commit_in_capitals() -> None:
    assert read({"url": URL, "commit": COMMIT.upper()}) == [Push(urls=(URL,), commit=COMMIT)]


@pytest.mark.parametrize(
    "said", [{"url": URL, "commit": "3f78685"}, {"urls": [URL] * 101}, {"urls": [1]}, {"ref": "x"}]
)
def test_what_cannot_be_understood(said: object) -> None:
    with pytest.raises(PushUnreadable):
        read(said)


@pytest.mark.parametrize("authorization", ["", "Basic abc", SECRET, "Bearer", f"Basic {SECRET}"])
def test_another_way_to_log_in_is_refused(authorization: str) -> None:
    request = PushRequest(headers={"authorization": authorization}, query={"token": SECRET}, body=b"{}")
    with pytest.raises(PushRefused, match="Authorization"):
        PlainPushHook(secret=SECRET).read(request)


def test_a_wrong_signature_is_not_saved_by_a_right_token() -> None:
    request = PushRequest(
        headers={"authorization": f"Bearer {SECRET}", "x-signature-256": "sha256=00"}, query={}, body=b"{}"
    )
    with pytest.raises(PushRefused, match="X-Signature-256"):
        PlainPushHook(secret=SECRET).read(request)


def test_the_plugin_brings_the_hook() -> None:
    assert load_plugins().push_hook("plain") is PlainPushHook
