"""Workspaces, their guards, and what plugins bring, as settings files have them."""

from typing import Any

import pytest

from stroem.errors import SettingsError
from stroem.settings.loader import server_settings

SERVER: dict[str, Any] = {
    "listen": "0.0.0.0:8080",
    "db": {"url": "postgresql://u:p@h/d"},
    "worker_token": "t" * 32,
    "log_storage": {"local_dir": "/var/lib/stroem"},
}
FOLDER = {"type": "folder", "path": "/code"}


def mistakes(**data: object) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        server_settings({**SERVER, **data}, {})
    return {error.field: error.message for error in caught.value.fields}


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({"poll_interval": "1m30s"}, 90),
        ({"poll_interval": 45}, 45),
        ({"poll_interval_secs": 0.5}, 0.5),
        ({}, None),
    ],
)
def test_how_often_a_source_is_looked_at_has_two_spellings(given: dict[str, object], seconds: float | None) -> None:
    settings = server_settings({**SERVER, "workspaces": {"a": {**FOLDER, **given}}, "libraries": {"b": FOLDER}}, {})
    assert settings.workspaces["a"].poll_interval_secs == seconds
    assert settings.workspaces["a"].options == {"path": "/code"}


def test_the_environment_can_use_the_other_spelling_too() -> None:
    settings = server_settings({**SERVER, "workspaces": {"a": FOLDER}}, {"STROEM__WORKSPACES__A__POLL_INTERVAL": "2m"})
    assert settings.workspaces["a"].poll_interval_secs == 120


def test_both_spellings_at_once_hide_no_other_mistake() -> None:
    both = {"poll_interval": "1m", "poll_interval_secs": 60, "limits": {"files": 0}}
    assert mistakes(workspaces={"a": {**FOLDER, **both}}, libraries={"b": {"poll_interval": "soon"}}) == {
        "workspaces.a.poll_interval": "cannot stand beside poll_interval_secs; remove one of them",
        "workspaces.a.limits.files": "must be at least 1",
        "libraries.b.poll_interval": "expected a length of time in seconds or like 1h30m, greater than zero, "
        "found a text",
        "libraries.b.type": "is required",
    }


def test_guards_are_read() -> None:
    freeze = {"cron": "0 18 * * FRI", "duration": "62h", "timezone": "Europe/Oslo", "reason": "the weekend"}
    guards = {"hold": "affected", "approval": True, "max_removed_share": 0.2, "freeze": [freeze]}
    found = server_settings({**SERVER, "workspaces": {"a": {**FOLDER, "guards": guards}}}, {}).workspaces["a"].guards
    assert (found.hold, found.approval, found.max_removed_share) == ("affected", True, 0.2)
    (window,) = found.freeze
    assert (window.cron, window.duration, window.timezone) == ("0 18 * * FRI", 62 * 3600, "Europe/Oslo")


def test_mistakes_in_guards_say_what_was_expected() -> None:
    freeze = [
        {"cron": "0 25 * * *", "duration": "1h"},
        {"cron": "0 1 * * *", "duration": "9000h", "timezone": "Europe/Osla"},
        {"cron": "daily", "duration": 0},
    ]
    guards = {"hold": "none", "max_removed_share": 50, "freeze": freeze}
    assert mistakes(workspaces={"a": {**FOLDER, "guards": guards}}) == {
        "workspaces.a.guards.hold": "must be one of all, affected",
        "workspaces.a.guards.max_removed_share": "must be at most 1",
        "workspaces.a.guards.freeze[0].cron": "'25' cannot be the hour; expected 0 to 23",
        "workspaces.a.guards.freeze[1].duration": "must be at most 31622400",
        "workspaces.a.guards.freeze[1].timezone": "there is no time zone 'Europe/Osla'; write a name like Europe/Oslo",
        "workspaces.a.guards.freeze[2].cron": "'daily' has 1 fields instead of 5; write minute, hour, day, month and "
        "day of the week; seconds may stand before them",
        "workspaces.a.guards.freeze[2].duration": "expected a length of time in seconds or like 1h30m, "
        "greater than zero, found a whole number",
    }


def test_credentials_as_they_have_always_been_written() -> None:
    auth = {
        "deploy": {"type": "ssh_key", "key_path": "/etc/stroem/key"},
        "inline": {"type": "ssh_key", "key": "-----BEGIN"},
        "token": {"type": "token", "token": "abc", "username": "x-access-token", "urls": ["https://github.com/acme/*"]},
    }
    settings = server_settings({**SERVER, "git_auth": auth}, {})
    assert settings.git_auth["deploy"].options == {"key_path": "/etc/stroem/key"}
    assert settings.git_auth["inline"].options == {"key": "-----BEGIN"}
    assert settings.git_auth["token"].options == {"token": "abc", "username": "x-access-token"}
    assert settings.git_auth["token"].urls == ("https://github.com/acme/*",)


def test_names_that_no_address_can_hold_are_refused() -> None:
    sink = {"type": "bell"}
    found = mistakes(
        push_hooks={"a/b": {"type": "github"}},
        event_sinks={"": sink},
        workspaces={"w": {**FOLDER, "event_sinks": {"x y": sink}}},
        libraries={"a.b": FOLDER},
    )
    assert set(found) == {"push_hooks.a/b", "event_sinks.", "workspaces.w.event_sinks.x y", "libraries.a.b"}
