"""What is shown beside a commit follows from the event."""

import asyncio
import typing

import attrs
import pytest

from stroem.errors import SettingsError
from stroem.forges.commit_order import CommitOrder
from stroem.forges.commit_status import Place, check_template, description_of, filled, place_of, shortened, state_of
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
    ("origin", "place"),
    [
        ("https://GitHub.com/acme/flows.git", Place("github.com", "acme/flows")),
        ("https://user@host:8443/acme/flows/", Place("host", "acme/flows")),
        ("ssh://git@host:2222/acme/team/flows.git", Place("host", "acme/team/flows")),
        ("git@Host:acme/flows.git", Place("host", "acme/flows")),
        ("host:acme/flows", Place("host", "acme/flows")),
        ("https://host/acme/fl%6Fws?x=1#y", Place("host", "acme/flows")),
        ("https://host/acme/flows.git (teams/a (b))", Place("host", "acme/flows")),
        ("git@host:acme/flows (teams/a)", Place("host", "acme/flows")),
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
def test_where_an_address_leads(origin: str | None, place: Place | None) -> None:
    assert place_of(origin) == place


def test_placeholders() -> None:
    event = make_event(workspace="a b/ü", release=None)
    assert filled("{workspace} {{x}} {release}|{event}", event) == "a b/ü {x} |7"
    assert filled("https://h/{workspace}?r={revision}", event, in_url=True) == f"https://h/a%20b%2F%C3%BC?r={COMMIT}"


@pytest.mark.parametrize(
    "template", ["{", "{}", "{0}", "{token}", "{workspace.name}", "{event!r}", "{release:>9999999}"]
)
def test_templates_hold_nothing_else(template: str) -> None:
    @attrs.define
    class Sink:
        link: str = attrs.field(validator=check_template)

    with pytest.raises(SettingsError, match=r"^The settings are not valid: link: has "):
        Sink(template)


async def test_of_one_commit_one_speaks_at_a_time_and_none_after_a_newer_one() -> None:
    order, may_go_on, told = CommitOrder(), asyncio.Event(), []

    async def tell(commit: str, event_id: int) -> None:
        async with order.turn(commit, event_id) as is_newest:
            told.append((commit, event_id, is_newest))
            if event_id == 2:
                await may_go_on.wait()

    first = asyncio.create_task(tell("a", 2))
    late = asyncio.create_task(tell("a", 1))
    other = asyncio.create_task(tell("b", 1))
    await other
    assert told == [("a", 2, True), ("b", 1, True)]
    may_go_on.set()
    await asyncio.gather(first, late)
    await tell("a", 2)
    assert told[2:] == [("a", 1, False), ("a", 2, True)]


async def test_what_failed_was_not_told() -> None:
    order = CommitOrder()
    with pytest.raises(OSError, match="gone"):
        async with order.turn("a", 2):
            raise OSError("gone")
    async with order.turn("a", 1) as is_newest:
        assert is_newest


async def test_the_oldest_commits_are_forgotten() -> None:
    order = CommitOrder()
    for number in range(1001):
        async with order.turn(number, 5):
            pass
    async with order.turn(0, 1) as is_newest:
        assert is_newest
    async with order.turn(1000, 1) as is_newest:
        assert not is_newest
