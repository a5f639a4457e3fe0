"""What is shown beside a commit follows from the event."""

import typing

import attrs
import pytest

from stroem.errors import SettingsError
from stroem.forges.commit_status import (
    Repository,
    check_template,
    description_of,
    fill_template,
    repository_of,
    shortened,
    state_of,
)
from stroem.records.event import EventKind
from stroem.testing.event_sink_conformance import COMMIT, make_event


def test_which_events_say_something_of_a_commit() -> None:
    states = {kind: state_of(make_event(kind)) for kind in typing.get_args(EventKind)}
    assert {kind: state for kind, state in states.items() if state} == {
        "fetched": "pending",
        "waiting": "pending",
        "released": "success",
        "unchanged": "success",
        "recovered": "success",
        "rejected": "failure",
        "failed": "error",
    }


@pytest.mark.parametrize(
    "facts",
    [
        {"revision": None},
        {"revision": "3f78685"},
        {"revision": COMMIT.upper()},
        {"revision": "refs/heads/main"},
        {"workspace": None, "library": "notify"},
    ],
)
def test_only_of_full_commits_of_a_workspace(facts: dict[str, str | None]) -> None:
    assert state_of(make_event("released", **facts)) is None


def test_a_recovery_without_a_release_says_nothing() -> None:
    assert state_of(make_event("recovered", release=None)) is None


@pytest.mark.parametrize(
    ("kind", "data", "description"),
    [
        ("fetched", {}, "Strøm is looking at it"),
        ("rejected", {"mistakes": 1, "first": "a.yaml:1: no"}, "1 mistake: a.yaml:1: no"),
        ("rejected", {"mistakes": 2, "first": "a.yaml:1: no"}, "2 mistakes, first a.yaml:1: no"),
        ("rejected", {}, "what it says"),
        ("rejected", {"mistakes": "many", "first": None}, "what it says"),
        ("waiting", {"mistakes": 1, "first": "x"}, "what it says"),
    ],
)
def test_descriptions(kind: str, data: dict[str, object], description: str) -> None:
    assert description_of(make_event(kind, message="what\nit says", data=data), 140) == description


def test_texts_are_made_one_line_and_cut() -> None:
    assert shortened("a\r\n\tb\x00\x1b\U0001f389", 140) == "a b\ufffd\ufffd\ufffd"
    assert shortened("x" * 10, 10) == "x" * 10
    assert shortened("x" * 11, 10) == "x" * 9 + "…"
    assert shortened("four words stand here", 11) == "four words…"


@pytest.mark.parametrize(
    ("origin", "repository"),
    [
        ("https://GitHub.com/acme/flows.git", Repository("github.com", "acme/flows")),
        ("https://user@host:8443/acme/flows/", Repository("host", "acme/flows")),
        ("ssh://git@host:2222/acme/team/flows.git", Repository("host", "acme/team/flows")),
        ("git@Host:acme/flows.git", Repository("host", "acme/flows")),
        ("host:acme/flows", Repository("host", "acme/flows")),
        ("https://host/acme/fl%6Fws?x=1#y", Repository("host", "acme/flows")),
        ("https://host/acme/flows.git (teams/a (b))", Repository("host", "acme/flows")),
        ("git@host:acme/flows (teams/a)", Repository("host", "acme/flows")),
        ("https://host/flows", None),
        ("https://host/acme/../flows", None),
        ("https://host/acme//flows", None),
        ("https://[broken/acme/flows", None),
        ("file:///srv/git/flows.git", None),
        ("/srv/git/flows.git", None),
        ("", None),
        (None, None),
    ],
)
def test_where_an_address_leads(origin: str | None, repository: Repository | None) -> None:
    assert repository_of(origin) == repository


def test_placeholders() -> None:
    event = make_event(workspace="a b/ü", release=None)
    assert fill_template("{workspace} {{x}} {release}|{event}", event) == "a b/ü {x} |7"
    assert (
        fill_template("https://h/{workspace}?r={revision}", event, in_url=True)
        == f"https://h/a%20b%2F%C3%BC?r={COMMIT}"
    )


@pytest.mark.parametrize(
    "template", ["{", "{}", "{0}", "{token}", "{workspace.name}", "{event!r}", "{release:>9999999}"]
)
def test_templates_hold_nothing_else(template: str) -> None:
    @attrs.define
    class Sink:
        link: str = attrs.field(validator=check_template)

    with pytest.raises(SettingsError, match=r"^The settings are not valid: link: has "):
        Sink(template)
