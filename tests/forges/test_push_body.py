"""Bodies are read without trusting their shape."""

import pytest

from stroem.forges.push_body import (
    MAX_REFS,
    PushBody,
    bounded,
    branch_or_tag,
    payload_of,
    read_payload,
    without_password,
)
from stroem.interfaces.push_hook import PushRequest, PushUnreadable
from stroem.records.push import Push

BODY = PushBody({"ref": "refs/heads/main", "empty": "", "repository": {"url": "https://h/a", "id": 7}, "list": [1, {}]})


def test_what_is_there_and_what_is_not() -> None:
    assert BODY.text("ref") == "refs/heads/main"
    assert BODY.text("repository", "url") == "https://h/a"
    assert BODY.text("empty") is BODY.text("missing") is BODY.text("missing", "deeper", "still") is None
    assert [item.value for item in BODY.items("list")] == [1, {}]
    assert BODY.items("missing") == []


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda body: body.text("repository"), "^repository is not a text"),
        (lambda body: body.text("repository", "id"), "^repository.id is not a text"),
        (lambda body: body.text("ref", "name"), "^ref is not a map, so it has no 'name'"),
        (lambda body: body.needed("repository", "name"), "^repository.name is missing"),
        (lambda body: body.needed("empty"), "^empty is missing"),
        (lambda body: body.items("ref"), "^ref is not a list"),
        (lambda body: body.items("list")[1].needed("x", "y"), r"^list\[1\].x.y is missing"),
        (lambda body: body.commit("ref"), "^ref is not the full id of a commit"),
        (lambda body: body.urls(("a", "b"), ("c",)), "^the body names no address .* none of a.b, c$"),
    ],
)
def test_a_message_names_the_place(read: object, message: str) -> None:
    with pytest.raises(PushUnreadable, match=message):
        read(BODY)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("value", "commit"),
    [("0" * 40, None), ("0" * 64, None), (None, None), ("", None), ("AB" * 20, "ab" * 20), ("ab" * 32, "ab" * 32)],
)
def test_zeros_are_no_commit(value: str | None, commit: str | None) -> None:
    assert PushBody({"id": value}).commit("id") == commit


def test_names_are_made_fit_for_one_line() -> None:
    body = PushBody({"a": 1, "b": " \n ", "c": {"d": "Ada\n\x1b[31m Love\u202elace " + "x" * 1000}})
    name = body.name(("a",), ("b",), ("c", "e"), ("c", "d"))
    assert name is not None
    assert name.startswith("Ada [31m Lovelace x")
    assert len(name) == 255


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ada:hunter2@host/a/b.git", "https://host/a/b.git"),
        ("https://token@host:8443/a", "https://host:8443/a"),
        ("HTTPS://a:p@ss@host/a@b", "HTTPS://host/a@b"),
        ("ssh://git@host:22/a", "ssh://git@host:22/a"),
        ("ssh://git:hunter2@host/a", "ssh://git@host/a"),
        ("ssh://:hunter2@host/a", "ssh://host/a"),
        ("git@host:a/b.git", "git@host:a/b.git"),
        ("https://host/a@b", "https://host/a@b"),
        ("/srv/git/a.git", "/srv/git/a.git"),
    ],
)
def test_addresses_are_shown_without_passwords(url: str, shown: str) -> None:
    assert without_password(url) == shown
    assert PushBody({"u": url}).urls(("u",)) == (shown,)


def test_very_many_refs_become_one_push_that_names_none() -> None:
    pushes = [
        Push(urls=("a", f"b{number % 2}"), ref=f"refs/heads/{number}", by="ada") for number in range(MAX_REFS + 1)
    ]
    assert bounded(pushes[:-1]) == pushes[:-1]
    assert bounded(pushes) == [Push(urls=("a", "b0", "b1"), by="ada")]


def test_refs_have_full_names() -> None:
    assert branch_or_tag("branch", "a/b") == "refs/heads/a/b"
    assert branch_or_tag("tag", "v1") == "refs/tags/v1"
    with pytest.raises(PushUnreadable):
        branch_or_tag(None, "x")


def test_a_form_holds_the_payload() -> None:
    form = {"content-type": "Application/X-WWW-Form-Urlencoded; charset=utf-8"}
    request = PushRequest(headers=form, query={}, body=b"payload=%7B%22a%22%3A%221%2B1+%26%22%7D&x=1")
    assert read_payload(payload_of(request)).text("a") == "1+1 &"
    plain = PushRequest(headers={"content-type": "application/json"}, query={}, body=b"payload=1")
    assert payload_of(plain) == b"payload=1"


@pytest.mark.parametrize("body", [b'{"a": "\\u0000"}', b'{"a": 1e400}', b'{"a": 99999999999999999999}'])
def test_a_body_with_values_that_are_not_kept(body: bytes) -> None:
    with pytest.raises(PushUnreadable, match=r"^a: "):
        read_payload(body)
