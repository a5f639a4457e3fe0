"""Pushes from GitLab: the published suite with each of its two tokens, and what GitLab does in its own way."""

import base64
import hashlib
import hmac
import time

import attrs
import orjson
import pytest

from stroem.errors import SettingsError
from stroem.interfaces.push_hook import PushRefused, PushRequest
from stroem.records.push import Push
from stroem.registry.registry import load_plugins
from stroem.testing.push_hook_conformance import COMMIT, PUSHED, SECRET, PushHookConformance
from stroem_gitlab.push_hook import GitlabPushHook

ZEROS = "0" * 40
TAG_OBJECT = "ad" * 20


def signing_token(secret: str) -> str:
    return "whsec_" + base64.b64encode(secret.encode()).decode()


def with_token(body: bytes, secret: str = SECRET, event: str = "Push Hook") -> PushRequest:
    headers = {"content-type": "application/json", "x-gitlab-event": event, "x-gitlab-token": secret}
    return PushRequest(headers=headers, query={}, body=body)


def signed(body: bytes, secret: str = SECRET, sent_secs_ago: float = 0) -> PushRequest:
    sent_at = str(int(time.time() - sent_secs_ago))
    content = b"msg_1." + sent_at.encode() + b"." + body
    signature = base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()
    headers = {
        "content-type": "application/json",
        "x-gitlab-event": "Push Hook",
        "webhook-id": "msg_1",
        "webhook-timestamp": sent_at,
        "webhook-signature": f"v1,{signature}",
    }
    return PushRequest(headers=headers, query={}, body=body)


def payload(pushed: Push = PUSHED) -> dict[str, object]:
    kind = "tag_push" if (pushed.ref or "").startswith("refs/tags/") else "push"
    urls = {
        "git_ssh_url": "git@git.example.com:acme/flows.git",
        "git_http_url": pushed.urls[0],
    }
    return {
        "object_kind": kind,
        "event_name": kind,
        "before": "11" * 20,
        "after": pushed.commit or ZEROS,
        "ref": pushed.ref,
        "checkout_sha": pushed.commit,
        "user_name": "Ada Lovelace",
        "user_username": pushed.by,
        "project_id": 15,
        "project": {"id": 15, "web_url": "https://git.example.com/acme/flows", "path_with_namespace": "a/f", **urls},
        "repository": {"name": "flows", "homepage": "https://git.example.com/acme/flows", **urls},
        "commits": [{"id": COMMIT, "message": "Faster"}],
        "total_commits_count": 1,
    }


class TestGitlabPushHookWithSecretToken(PushHookConformance):
    signs_body = False

    hook = GitlabPushHook

    def body(self, pushed: Push) -> bytes:
        return orjson.dumps(payload(pushed))

    def sign(self, body: bytes, secret: str) -> PushRequest:
        return with_token(body, secret)


class TestGitlabPushHookWithSigningToken(PushHookConformance):
    def make_hook(self, secret: str) -> GitlabPushHook:
        return GitlabPushHook(signing_token=signing_token(secret))

    def body(self, pushed: Push) -> bytes:
        return orjson.dumps(payload(pushed))

    def sign(self, body: bytes, secret: str) -> PushRequest:
        return signed(body, secret)


def read(request: PushRequest) -> list[Push]:
    return list(GitlabPushHook(secret=SECRET).read(request))


def test_all_addresses_are_told() -> None:
    (push,) = read(with_token(orjson.dumps(payload())))
    assert push.urls == (
        "https://git.example.com/acme/flows.git",
        "git@git.example.com:acme/flows.git",
        "https://git.example.com/acme/flows",
    )


def test_the_commit_of_a_tag_with_a_message_is_the_one_that_it_points_to() -> None:
    body = {**payload(attrs.evolve(PUSHED, ref="refs/tags/v1")), "after": TAG_OBJECT}
    (push,) = read(with_token(orjson.dumps(body), event="Tag Push Hook"))
    assert push.commit == COMMIT


@pytest.mark.parametrize("ref", ["refs/heads/main", "refs/tags/v1"])
def test_a_system_hook_tells_pushes(ref: str) -> None:
    body = payload(attrs.evolve(PUSHED, ref=ref))
    (push,) = read(with_token(orjson.dumps(body), event="System Hook"))
    assert (push.ref, push.commit) == (ref, COMMIT)


def update(changes: list[dict[str, str]]) -> PushRequest:
    body = {
        "event_name": "repository_update",
        "user_name": "Ada Lovelace",
        "project_id": 15,
        "project": {"git_http_url": "https://git.example.com/acme/flows.git"},
        "changes": changes,
        "refs": [change["ref"] for change in changes],
    }
    return with_token(orjson.dumps(body), event="System Hook")


def test_a_system_hook_tells_updates_of_several_refs() -> None:
    main = {"before": "11" * 20, "after": COMMIT, "ref": "refs/heads/main"}
    gone = {"before": "11" * 20, "after": ZEROS, "ref": "refs/heads/old"}
    assert [(push.ref, push.commit, push.by) for push in read(update([main, gone]))] == [
        ("refs/heads/main", COMMIT, "Ada Lovelace"),
        ("refs/heads/old", None, "Ada Lovelace"),
    ]


def test_an_update_of_very_many_refs_says_only_that_something_moved() -> None:
    changes = [{"before": ZEROS, "after": COMMIT, "ref": f"refs/heads/b{number}"} for number in range(1001)]
    (push,) = read(update(changes))
    assert (push.ref, push.commit) == (None, None)
    assert push.urls == ("https://git.example.com/acme/flows.git",)


@pytest.mark.parametrize(
    ("event", "name"),
    [("Merge Request Hook", "push"), ("System Hook", "project_create"), ("System Hook", "user_add_to_team")],
)
def test_other_events_say_nothing(event: str, name: str) -> None:
    assert read(with_token(orjson.dumps({"event_name": name}), event=event)) == []


@pytest.mark.parametrize("sent_secs_ago", [3600, -3600])
def test_a_signed_request_of_another_time_is_refused(sent_secs_ago: float) -> None:
    hook = GitlabPushHook(signing_token=signing_token(SECRET))
    with pytest.raises(PushRefused, match="300 seconds away"):
        hook.read(signed(orjson.dumps(payload()), sent_secs_ago=sent_secs_ago))


def test_a_signed_request_with_a_changed_time_is_refused() -> None:
    request = signed(orjson.dumps(payload()), sent_secs_ago=3600)
    headers = {**request.headers, "webhook-timestamp": str(int(time.time()))}
    with pytest.raises(PushRefused, match="does not fit"):
        GitlabPushHook(signing_token=signing_token(SECRET)).read(attrs.evolve(request, headers=headers))


def test_one_of_several_signatures_is_enough() -> None:
    request = signed(orjson.dumps(payload()))
    several = f"v1,AAAA {request.headers['webhook-signature']} v2,zzz"
    request = attrs.evolve(request, headers={**request.headers, "webhook-signature": several})
    assert GitlabPushHook(signing_token=signing_token(SECRET)).read(request)


def test_when_both_tokens_are_set_both_are_checked() -> None:
    hook = GitlabPushHook(secret="s" * 32, signing_token=signing_token(SECRET))
    request = signed(orjson.dumps(payload()))
    with pytest.raises(PushRefused, match="X-Gitlab-Token is missing"):
        hook.read(request)
    with pytest.raises(PushRefused, match="webhook-id is missing"):
        hook.read(with_token(request.body, "s" * 32))
    assert hook.read(attrs.evolve(request, headers={**request.headers, "x-gitlab-token": "s" * 32}))


@pytest.mark.parametrize("token", ["", "whsec_", "whsec_!!!", "whsec_c2hvcnQ=", SECRET, "x" + signing_token(SECRET)])
def test_a_signing_token_of_another_form_is_refused(token: str) -> None:
    with pytest.raises(SettingsError, match="signing_token: is not one that GitLab makes"):
        GitlabPushHook(signing_token=token)


def test_the_plugin_brings_both() -> None:
    registry = load_plugins()
    assert registry.push_hook("gitlab") is GitlabPushHook
    assert registry.event_sink("gitlab").name == "gitlab"
