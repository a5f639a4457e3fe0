"""Pushes from Gitea and Forgejo: the published suite, and what they do in their own way."""

import urllib.parse

import attrs
import orjson
import pytest

from stroem.interfaces.push_hook import PushRefused, PushRequest
from stroem.records.push import Push
from stroem.registry.registry import load_plugins
from stroem.testing.push_hook_conformance import COMMIT, PUSHED, SECRET, PushHookConformance, hmac_sha256
from stroem_gitea.push_hook import GiteaPushHook

ZEROS = "0" * 40


def sign(body: bytes, secret: str = SECRET, event: str = "push") -> PushRequest:
    """What Gitea sends."""
    signature = hmac_sha256(body, secret)
    headers = {
        "content-type": "application/json",
        "x-gitea-event": event,
        "x-gitea-signature": signature,
        "x-gogs-event": event,
        "x-gogs-signature": signature,
        "x-github-event": event,
        "x-hub-signature-256": f"sha256={signature}",
    }
    return PushRequest(headers=headers, query={}, body=body)


def of_forgejo(request: PushRequest) -> PushRequest:
    """The same request as a Forgejo sends it that knows no Gitea."""
    headers = {key.replace("gitea", "forgejo"): value for key, value in request.headers.items() if "gitea" in key}
    return attrs.evolve(request, headers=headers)


def payload(pushed: Push = PUSHED) -> dict[str, object]:
    return {
        "ref": pushed.ref,
        "before": "11" * 20,
        "after": pushed.commit or ZEROS,
        "compare_url": "https://git.example.com/acme/flows/compare/a...b",
        "commits": [{"id": COMMIT, "message": "Faster"}],
        "total_commits": 1,
        "head_commit": None if pushed.commit is None else {"id": pushed.commit},
        "repository": repository(pushed.urls[0]),
        "pusher": {"id": 1, "login": pushed.by, "full_name": "Ada Lovelace", "username": pushed.by},
        "sender": {"id": 1, "login": pushed.by},
    }


def repository(url: str = PUSHED.urls[0]) -> dict[str, object]:
    return {
        "id": 140,
        "full_name": "acme/flows",
        "html_url": url.removesuffix(".git"),
        "ssh_url": "ssh://git@git.example.com:2222/acme/flows.git",
        "clone_url": url,
    }


class TestGiteaPushHook(PushHookConformance):
    hook = GiteaPushHook

    def body(self, pushed: Push) -> bytes:
        return orjson.dumps(payload(pushed))

    def sign(self, body: bytes, secret: str) -> PushRequest:
        return sign(body, secret)


class TestForgejoPushHook(TestGiteaPushHook):
    def sign(self, body: bytes, secret: str) -> PushRequest:
        return of_forgejo(sign(body, secret))


def read(request: PushRequest) -> list[Push]:
    return list(GiteaPushHook(secret=SECRET).read(request))


def test_all_addresses_are_told() -> None:
    (push,) = read(sign(orjson.dumps(payload())))
    assert push.urls == (
        "https://git.example.com/acme/flows.git",
        "ssh://git@git.example.com:2222/acme/flows.git",
        "https://git.example.com/acme/flows",
    )


def test_of_a_form_the_payload_is_signed() -> None:
    signed = sign(orjson.dumps(payload()))
    form = urllib.parse.urlencode({"payload": signed.body.decode()}).encode()
    headers = {**signed.headers, "content-type": "application/x-www-form-urlencoded"}
    (push,) = read(PushRequest(headers=headers, query={}, body=form))
    assert push.commit == COMMIT


@pytest.mark.parametrize(("kind", "ref"), [("branch", "refs/heads/feature/x"), ("tag", "refs/tags/feature/x")])
def test_a_deletion_is_an_event_of_its_own(kind: str, ref: str) -> None:
    body = {"ref": "feature/x", "ref_type": kind, "repository": repository(), "sender": {"login": "ada"}}
    assert [(push.ref, push.commit, push.by) for push in read(sign(orjson.dumps(body), event="delete"))] == [
        (ref, None, "ada")
    ]


@pytest.mark.parametrize("event", ["create", "issues", "pull_request", "brand_new"])
def test_other_events_say_nothing(event: str) -> None:
    assert read(sign(b'{"ref": "main"}', event=event)) == []


def test_the_header_that_is_looked_at_first_decides() -> None:
    request = sign(orjson.dumps(payload()))
    with pytest.raises(PushRefused, match="X-Forgejo-Signature does not fit"):
        read(attrs.evolve(request, headers={**request.headers, "x-forgejo-signature": "0" * 64}))


def test_a_webhook_without_a_secret_has_empty_signatures() -> None:
    request = sign(orjson.dumps(payload()))
    headers = {**request.headers, "x-gitea-signature": "", "x-hub-signature-256": "sha256="}
    with pytest.raises(PushRefused, match="missing: set the secret"):
        read(attrs.evolve(request, headers=headers))


def test_the_plugin_brings_both() -> None:
    registry = load_plugins()
    assert registry.push_hook("gitea") is GiteaPushHook
    assert registry.event_sink("gitea").name == "gitea"
