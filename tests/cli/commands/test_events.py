"""`stroem events` against a Strøm that is up."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from stroem.cli.output.event_lines import EventPainter
from tests.cli.conftest import Program, Start

pytestmark = pytest.mark.xdist_group("up")

Run = Callable[..., Result]

EVENT: dict[str, Any] = {
    "id": 1,
    "at": "2026-01-01T00:00:00Z",
    "last_at": "2026-01-02T00:00:00Z",
    "count": 1,
    "kind": "failed",
    "severity": "error",
    "message": "No route",
    "workspace": "billing",
    "library": None,
    "by": None,
}


def test_the_newest_is_last(stroem: Run) -> None:
    page = json.loads(stroem("events", "--json").stdout)
    assert page["items"]
    lines = stroem("events").stdout.splitlines()
    assert len(lines) == len(page["items"])
    for line, event in zip(reversed(lines), page["items"], strict=True):
        assert event["kind"] in line
        assert event["message"] in line


def test_filters_and_what_there_is_not(stroem: Run) -> None:
    (event,) = json.loads(stroem("events", "-w", "default", "--kind", "released", "--json").stdout)["items"]
    assert (event["workspace"], event["kind"]) == ("default", "released")
    assert stroem("events", "--severity", "warning", "--library", "none").stdout == "No events.\n"
    assert "There are older ones" in stroem("events", "--limit", "1").stderr
    assert stroem("events", "--kind", "invented").exit_code == 2
    unknown = stroem("events", "-w", "nowhere")
    assert (unknown.exit_code, "nowhere" in unknown.stderr) == (5, True)


def test_following_goes_on_with_what_happens(running: Program, start: Start, workspace_dir: Path) -> None:
    following = start("events", "--follow", "--json", "--limit", "1", STROEM_URL=running.address)
    newest = json.loads(following.ready)
    (workspace_dir / "notes.txt").write_text("A file that no task uses.")
    told = json.loads(following.line())
    assert told["id"] > newest["id"]
    assert told["workspace"] == "default"
    assert told["revision"] != newest["revision"]


def test_a_line_says_when_where_what_how_often_and_who_has_not_got_it() -> None:
    undelivered = [
        {"sink": "github", "attempts": 3, "error": "wrong token", "next_try": None},
        {"sink": "slow", "attempts": 0, "error": None, "next_try": "2026-01-02T00:00:00Z"},
    ]
    painter = EventPainter()
    line = painter.paint({**EVENT, "library": "tools", "by": "ada", "count": 3, "undelivered": undelivered})
    assert "billing/tools  \x1b[31mfailed\x1b[0m  No route (by ada; 3 times since 20" in line
    assert line.endswith("; not delivered to github, given up: wrong token)")
    assert "billing        \x1b[31mfailed\x1b[0m  No route" in painter.paint(EVENT)


def test_a_message_cannot_move_the_cursor() -> None:
    line = EventPainter().paint({**EVENT, "severity": "info", "message": "a\n\x1b[2Jb\r"})
    assert line.count("\x1b") == 1  # the end of the style of the kind
    assert "\n" not in line
