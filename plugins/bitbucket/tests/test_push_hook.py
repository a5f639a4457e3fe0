"""Pushes from Bitbucket: the published suite for both of its kinds, and what they do in their own way."""

import attrs
import orjson
import pytest

from stroem.interfaces.push_hook import PushRefused, PushRequest, PushUnreadable
from stroem.records.push import Push
from stroem.registry.registry import load_plugins
from stroem.testing.push_hook_conformance import PUSHED, SECRET, PushHookConformance, hmac_sha256
from stroem_bitbucket.push_hook import BitbucketPushHook

ZEROS = "0" * 40
DATA_CENTER = "https://bitbucket.example.com/git"


def sign(body: bytes, secret: str = SECRET, event: str = "repo:push") -> PushRequest:
    signature = hmac_sha256(body, secret)
    headers = {"content-type": "application/json", "x-event-key": event, "x-hub-signature": f"sha256={signature}"}
    return PushRequest(headers=headers, query={}, body=body)


def short(ref: str | None) -> dict[str, str]:
    _, folder, name = (ref or "").split("/", 2)
    return {"type": {"heads": "branch", "tags": "tag"}[folder], "name": name}


def cloud(*pushed: Push) -> dict[str, object]:
    changes = []
    for push in pushed:
        before = {**short(push.ref), "target": {"type": "commit", "hash": "11" * 20}}
        after = None if push.commit is None else {**short(push.ref), "target": {"type": "commit", "hash": push.commit}}
        changes.append({"old": before, "new": after, "created": False, "closed": after is None, "forced": False})
    page = pushed[0].urls[0].removesuffix(".git")
    return {
        "push": {"changes": changes},
        "actor": {"type": "user", "nickname": pushed[0].by, "display_name": "Ada Lovelace"},
        "repository": {
            "type": "repository",
            "full_name": "acme/flows",
            "links": {"self": {"href": "https://api.bitbucket.org/2.0/repositories/x"}, "html": {"href": page}},
        },
    }


def data_center(*pushed: Push) -> dict[str, object]:
    return {
        "eventKey": "repo:refs_changed",
        "date": "2026-01-13T22:26:25+1100",
        "actor": {"name": pushed[0].by, "displayName": "Ada Lovelace", "active": True},
        "repository": {
            "slug": "flows",
            "project": {"key": "ACME"},
            "links": {
                "clone": [
                    {"href": "ssh://git@bitbucket.example.com:7999/acme/flows.git", "name": "ssh"},
                    {"href": pushed[0].urls[0], "name": "http"},
                ],
                "self": [{"href": f"{DATA_CENTER}/projects/ACME/repos/flows/browse"}],
            },
        },
        "changes": [
            {
                "ref": {"id": push.ref, "type": "BRANCH"},
                "refId": push.ref,
                "fromHash": "11" * 20,
                "toHash": push.commit or ZEROS,
                "type": "UPDATE" if push.commit else "DELETE",
            }
            for push in pushed
        ],
    }


class TestBitbucketCloudPushHook(PushHookConformance):
    hook = BitbucketPushHook

    def body(self, pushed: Push) -> bytes:
        return orjson.dumps(cloud(pushed))

    def sign(self, body: bytes, secret: str) -> PushRequest:
        return sign(body, secret)


class TestBitbucketDataCenterPushHook(TestBitbucketCloudPushHook):
    def body(self, pushed: Push) -> bytes:
        return orjson.dumps(data_center(pushed))

    def sign(self, body: bytes, secret: str) -> PushRequest:
        return sign(body, secret, "repo:refs_changed")

    def ping(self, secret: str) -> PushRequest:
        return PushRequest(headers={"x-event-key": "diagnostics:ping"}, query={}, body=b'{"test": true}')


def read(request: PushRequest) -> list[Push]:
    return list(BitbucketPushHook(secret=SECRET).read(request))


MOVED = (
    PUSHED,
    attrs.evolve(PUSHED, ref="refs/heads/old", commit=None),
    attrs.evolve(PUSHED, ref="refs/tags/v1"),
)


def test_several_refs_of_one_push_are_told() -> None:
    expected = [(push.ref, push.commit) for push in MOVED]
    assert [(push.ref, push.commit) for push in read(sign(orjson.dumps(cloud(*MOVED))))] == expected
    pushes = read(sign(orjson.dumps(data_center(*MOVED)), event="repo:refs_changed"))
    assert [(push.ref, push.commit) for push in pushes] == expected


def test_the_addresses_in_the_cloud_follow_from_the_page() -> None:
    (push,) = read(sign(orjson.dumps(cloud(attrs.evolve(PUSHED, urls=("https://bitbucket.org/acme/flows",))))))
    assert push.urls == (
        "https://bitbucket.org/acme/flows",
        "https://bitbucket.org/acme/flows.git",
        "git@bitbucket.org:acme/flows.git",
    )


def test_the_addresses_in_a_data_center() -> None:
    clone = f"{DATA_CENTER}/scm/acme/flows.git"
    (push,) = read(sign(orjson.dumps(data_center(attrs.evolve(PUSHED, urls=(clone,)))), event="repo:refs_changed"))
    assert push.urls == (
        "ssh://git@bitbucket.example.com:7999/acme/flows.git",
        clone,
        f"{DATA_CENTER}/projects/ACME/repos/flows/browse",
    )


@pytest.mark.parametrize("place", ["projects/ACME", "users/ada"])
def test_a_data_center_that_names_only_the_page(place: str) -> None:
    body = data_center(PUSHED)
    page = f"{DATA_CENTER}/{place}/repos/flows/browse"
    body["repository"] = {"slug": "flows", "links": {"self": [{"href": page}]}}
    (push,) = read(sign(orjson.dumps(body), event="repo:refs_changed"))
    owner = "acme" if "ACME" in place else "~ada"
    assert push.urls == (page, f"{DATA_CENTER}/scm/{owner}/flows.git")


def test_a_repository_without_links_is_unreadable() -> None:
    body = {**data_center(PUSHED), "repository": {"slug": "flows", "project": {"key": "ACME"}}}
    with pytest.raises(PushUnreadable, match="names no address"):
        read(sign(orjson.dumps(body), event="repo:refs_changed"))


def test_a_push_of_very_many_refs_says_only_that_something_moved() -> None:
    pushed = [attrs.evolve(PUSHED, ref=f"refs/heads/b{number}") for number in range(1001)]
    (push,) = read(sign(orjson.dumps(cloud(*pushed))))
    assert (push.ref, push.commit, push.by) == (None, None, "ada")


@pytest.mark.parametrize("event", ["repo:fork", "pullrequest:created", "mirror:repo_synchronized", "pr:merged"])
def test_other_events_say_nothing(event: str) -> None:
    assert read(sign(b"{}", event=event)) == []


def test_a_ping_with_a_wrong_signature_is_refused() -> None:
    with pytest.raises(PushRefused):
        read(sign(b'{"test": true}', "other" * 8, event="diagnostics:ping"))


def test_the_plugin_brings_the_hook() -> None:
    assert load_plugins().push_hook("bitbucket") is BitbucketPushHook
