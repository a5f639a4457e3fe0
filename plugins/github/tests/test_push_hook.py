"""Pushes from GitHub: the published suite, and what GitHub does in its own way."""

import hashlib
import hmac
import urllib.parse

import attrs
import orjson
import pytest

from stroem.interfaces.push_hook import PushRefused, PushRequest, PushUnreadable
from stroem.records.push import Push
from stroem.registry.registry import load_plugins
from stroem.testing.push_hook_conformance import COMMIT, PUSHED, SECRET, PushHookConformance, hmac_sha256
from stroem_github.push_hook import GithubPushHook

ZEROS = "0" * 40
TAG_OBJECT = "ad" * 20


def sign(body: bytes, secret: str = SECRET, event: str = "push", kind: str = "application/json") -> PushRequest:
    signature = hmac_sha256(body, secret)
    return PushRequest(
        headers={
            "content-type": kind,
            "x-github-event": event,
            "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            "x-hub-signature": "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest(),
            "x-hub-signature-256": f"sha256={signature}",
        },
        query={},
        body=body,
    )


def payload(pushed: Push = PUSHED) -> dict[str, object]:
    return {
        "ref": pushed.ref,
        "before": "11" * 20,
        "after": pushed.commit or ZEROS,
        "created": False,
        "deleted": pushed.commit is None,
        "forced": False,
        "base_ref": None,
        "head_commit": None if pushed.commit is None else {"id": pushed.commit, "message": "Faster", "added": ["a"]},
        "commits": [{"id": COMMIT, "message": "Faster"}],
        "repository": {
            "id": 186853002,
            "full_name": "acme/flows",
            "private": True,
            "html_url": pushed.urls[0].removesuffix(".git"),
            "git_url": "git://git.example.com/acme/flows.git",
            "ssh_url": "git@git.example.com:acme/flows.git",
            "clone_url": pushed.urls[0],
        },
        "pusher": {"name": pushed.by, "email": "ada@example.com"},
        "sender": {"login": pushed.by, "id": 21031067},
    }


class TestGithubPushHook(PushHookConformance):
    hook = GithubPushHook

    def body(self, pushed: Push) -> bytes:
        return orjson.dumps(payload(pushed))

    def sign(self, body: bytes, secret: str) -> PushRequest:
        return sign(body, secret)

    def ping(self, secret: str) -> PushRequest:
        return sign(b'{"zen": "Keep it logically awesome.", "hook_id": 1}', secret, event="ping")


def read(request: PushRequest) -> list[Push]:
    return list(GithubPushHook(secret=SECRET).read(request))


def test_all_addresses_are_told() -> None:
    (push,) = read(sign(orjson.dumps(payload())))
    assert push.urls == (
        "https://git.example.com/acme/flows.git",
        "git@git.example.com:acme/flows.git",
        "git://git.example.com/acme/flows.git",
        "https://git.example.com/acme/flows",
    )


def test_a_form_is_read_as_well() -> None:
    body = urllib.parse.urlencode({"payload": orjson.dumps(payload()).decode()}).encode()
    (push,) = read(sign(body, kind="application/x-www-form-urlencoded"))
    assert (push.ref, push.commit) == (PUSHED.ref, COMMIT)


@pytest.mark.parametrize("body", [b"", b"other=1", b"payload=1&payload=2", b"a=1&" * 1000, b"payload=%ff"])
def test_a_form_without_a_payload_is_unreadable(body: bytes) -> None:
    with pytest.raises(PushUnreadable):
        read(sign(body, kind="application/x-www-form-urlencoded; charset=utf-8"))


def test_the_commit_of_a_tag_with_a_message_is_the_one_that_it_points_to() -> None:
    body = {**payload(attrs.evolve(PUSHED, ref="refs/tags/v1")), "after": TAG_OBJECT}
    (push,) = read(sign(orjson.dumps(body)))
    assert push.commit == COMMIT


@pytest.mark.parametrize("event", ["create", "delete", "pull_request", "check_run", "brand_new"])
def test_other_events_say_nothing(event: str) -> None:
    assert read(sign(b'{"ref": "main", "ref_type": "branch"}', event=event)) == []


def test_a_signature_of_the_old_kind_does_not_do() -> None:
    request = sign(orjson.dumps(payload()))
    headers = {key: value for key, value in request.headers.items() if key != "x-hub-signature-256"}
    with pytest.raises(PushRefused, match="SHA-1 only"):
        read(attrs.evolve(request, headers=headers))


def test_a_missing_signature_says_what_to_set() -> None:
    with pytest.raises(PushRefused, match="X-Hub-Signature-256 is missing: set the secret"):
        read(PushRequest(headers={"x-github-event": "push"}, query={}, body=b"{}"))


def test_a_login_in_an_address_is_left_out() -> None:
    body = payload(attrs.evolve(PUSHED, urls=("https://ada:hunter2@git.example.com/acme/flows.git",)))
    (push,) = read(sign(orjson.dumps(body)))
    assert push.urls[0] == PUSHED.urls[0]
    assert not any("hunter2" in url for url in push.urls)


def test_a_repository_with_sha256_commits() -> None:
    body = {**payload(), "after": "AB" * 32}
    (push,) = read(sign(orjson.dumps(body)))
    assert push.commit == "ab" * 32


def test_the_plugin_brings_both() -> None:
    registry = load_plugins()
    assert registry.push_hook("github") is GithubPushHook
    assert registry.event_sink("github").name == "github"
