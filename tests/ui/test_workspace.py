"""The page of a workspace in a browser: every action on a workspace that follows a git repository."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Page, expect

from tests.support.git.repository import GitRepository
from tests.support.programs import Program
from tests.support.wait import eventually_blocking
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.browser import Problems
from tests.ui.pushes import PUSH_HOOKS, push
from tests.ui.screenshots import SIZES, take_screenshots

NAMES = ("acts", "broken", "compared", "guarded", "holding", "live", "oldest")


def files(text: str) -> dict[str, bytes]:
    """A workspace whose script says a text."""
    flow = "tasks:\n  speak:\n    flow:\n      say: {type: script, source: scripts/say.sh}\n"
    trigger = 'triggers:\n  nightly: {type: scheduler, cron: "0 3 * * *", task: speak}\n'
    return {".workflows/main.yaml": (flow + trigger).encode(), "scripts/say.sh": f"echo {text}\n".encode()}


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, GitRepository]:
    """A repository with one commit for each workspace; that of `acts` has the tag `v1` too."""
    folder = tmp_path_factory.mktemp("repositories")
    made = {name: GitRepository.create(folder / f"{name}.git") for name in NAMES}
    commits = {name: one.commit(files("first"), "Say first") for name, one in made.items()}
    made["acts"].tag("v1", commits["acts"])
    return made


@pytest.fixture(scope="module")
def running(
    built_ui: None,
    repositories: dict[str, GitRepository],
    make_data_dir: Callable[[], Path],
    start: Callable[..., Program],
) -> Iterator[Program]:
    """A server that follows the repositories, and polls them only when it is told to."""
    data = make_data_dir()
    workspaces: dict[str, Any] = {
        name: {"type": "git", "url": one.folder.as_uri(), "poll_interval": "1h"} for name, one in repositories.items()
    }
    workspaces["guarded"]["guards"] = {"approval": True}
    workspaces["holding"]["guards"] = {"hold": "affected"}
    settings = data / "settings.yaml"
    settings.write_text(yaml.safe_dump({"workspaces": workspaces, "push_hooks": PUSH_HOOKS}))
    program = start("up", "--json", "--port", "0", "--data-dir", str(data), "--config", str(settings))
    yield program
    program.stop()


def stands(api: Api, name: str, condition: Callable[[Any], Any], what: str) -> Any:
    """The workspace, once it is so."""

    def found() -> Any:
        workspace = api.get(f"/api/workspaces/{name}")
        return workspace if condition(workspace) else None

    return eventually_blocking(found, f"{name}: {what}")


def drift_of(api: Api, name: str) -> list[tuple[str, str | None]]:
    """The kinds and reasons of overrides."""
    return [(one["kind"], one["reason"]) for one in api.get(f"/api/workspaces/{name}").get("drift", [])]


def test_a_look_finds_a_commit_and_the_page_shows_it(
    page: Page, api: Api, repositories: dict[str, GitRepository]
) -> None:
    stands(api, "acts", lambda one: one["release"] == 1, "it is loaded")
    page.goto("/workspaces/acts")
    commit = repositories["acts"].commit(files("second"), "Say second")
    page.get_by_role("button", name="Look now").click()
    expect(page.get_by_text("acts: release 2 is current")).to_be_visible()
    expect(page.get_by_role("navigation", name="Releases").get_by_text("Say second")).to_be_visible()
    expect(page.get_by_text("Release 2").first).to_be_visible()
    assert api.get("/api/workspaces/acts")["revision"] == commit


def test_a_look_that_comes_too_soon_is_told(page: Page, api: Api, problems: Problems) -> None:
    problems.expect("status of 429")
    page.goto("/workspaces/live")
    for _ in range(2):
        expect(page.get_by_role("button", name="Look now")).to_be_enabled()
        page.keyboard.press("l")
    expect(page.get_by_text("was refreshed just now")).to_be_visible()


def test_it_is_suspended_with_a_reason_and_resumed_once_its_plan_is_shown(
    page: Page, api: Api, repositories: dict[str, GitRepository]
) -> None:
    page.goto("/workspaces/acts")
    page.get_by_role("button", name="Suspend").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("a migration")
    check_accessibility(page, "[role=dialog]")
    dialog.get_by_role("button", name="Suspend").click()
    expect(page.get_by_text("Suspended by anonymous: “a migration”")).to_be_visible()
    assert drift_of(api, "acts") == [("suspended", "a migration")]
    commit = repositories["acts"].commit(files("third"), "Say third")
    page.get_by_role("button", name="Resume").first.click()
    dialog.get_by_role("radio", name="Text").click()
    expect(dialog.get_by_text("echo third")).to_be_visible()
    check_accessibility(page, "[role=dialog]")
    assert api.get("/api/workspaces/acts")["revision"] != commit
    dialog.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Suspend")).to_be_visible()
    assert drift_of(api, "acts") == []
    assert api.get("/api/workspaces/acts")["revision"] == commit


def test_it_is_pinned_to_a_tag_once_its_plan_is_shown_and_unpinned_by_keys(
    page: Page, api: Api, problems: Problems, repositories: dict[str, GitRepository]
) -> None:
    problems.expect("status of 400")
    page.goto("/workspaces/acts")
    expect(page.get_by_role("button", name="Pin")).to_be_visible()
    page.keyboard.press("p")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Branch, tag or commit").last.fill("v2")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("has no branch, tag or commit 'v2'")).to_be_visible()
    dialog.get_by_label("Branch, tag or commit").last.fill("v1")
    dialog.get_by_label("Reason").fill("2 is too loud")
    dialog.get_by_role("button", name="See what changes").click()
    dialog.get_by_role("radio", name="Text").click()
    expect(dialog.get_by_text("echo first")).to_be_visible()
    assert drift_of(api, "acts") == []
    check_accessibility(page, "[role=dialog]")
    take_screenshots(page, "workspace-pin")
    dialog.get_by_role("button", name="Pin", exact=True).click()
    expect(page.get_by_text("Pinned to v1 by anonymous: “2 is too loud”")).to_be_visible()
    assert api.get("/api/workspaces/acts")["revision"] == repositories["acts"].git("rev-parse", "v1")
    assert drift_of(api, "acts") == [("pinned", "2 is too loud")]
    page.keyboard.press("s")
    expect(dialog.get_by_text("It is pinned to v1")).to_be_visible()
    dialog.get_by_role("radio", name="Text").click()
    expect(dialog.get_by_text("echo third")).to_be_visible()
    dialog.get_by_role("button", name="Follow git again").press("Enter")
    expect(page.get_by_text("Pinned to v1")).to_have_count(0)
    assert api.get("/api/workspaces/acts")["revision"] == repositories["acts"].tip()


def test_it_is_pinned_to_the_commit_of_a_kept_release_and_drift_is_dropped(page: Page, api: Api) -> None:
    first = api.get("/api/workspaces/acts/releases/1")["revision"]
    api.post("/api/workspaces/acts/triggers/nightly/pause", {"by": "ada", "reason": "quiet nights"})
    page.goto("/workspaces/acts?act=pin")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Commit of a kept release").click()
    dialog.get_by_role("combobox", name="Release").click()
    page.get_by_role("option", name="Release 1: Say first").click()
    dialog.get_by_role("button", name="See what changes").click()
    dialog.get_by_role("button", name="Pin", exact=True).click()
    expect(page.get_by_text(f"Pinned to {first[:12]} by anonymous")).to_be_visible()
    page.get_by_role("tab", name="Drift").click()
    expect(page.get_by_text("trigger nightly is paused by ada: “quiet nights”")).to_be_visible()
    page.get_by_role("button", name="Drop drift").click()
    check_accessibility(page, "[role=dialog]")
    dialog.get_by_role("button", name="Drop drift").click()
    expect(page.get_by_text("Nothing is set against git")).to_be_visible()
    assert drift_of(api, "acts") == []


def test_a_rollback_shows_its_plan_before_it_is_confirmed(page: Page, api: Api) -> None:
    before = api.get("/api/workspaces/acts")["release"]
    page.goto("/workspaces/acts?release=1")
    page.get_by_role("button", name="Roll back").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(f"release {before} → release 1")).to_be_visible()
    dialog.get_by_role("radio", name="Text").click()
    expect(dialog.get_by_text("echo first")).to_be_visible()
    assert api.get("/api/workspaces/acts")["release"] == before
    check_accessibility(page, "[role=dialog]")
    take_screenshots(page, "workspace-rollback")
    dialog.get_by_label("Reason").fill("it hurts")
    dialog.get_by_role("button", name="Roll back to 1").click()
    expect(page.get_by_text("Rolled back to release 1 by anonymous: “it hurts”")).to_be_visible()
    now = api.get("/api/workspaces/acts")
    assert (now["release"], now["drift"][0]["release"]) == (before + 1, 1)
    entry = page.get_by_role("navigation", name="Releases").get_by_role("link").first
    expect(entry).to_contain_text("rolled back to release 1")
    expect(entry).to_contain_text("by anonymous · rollback")
    expect(entry).to_contain_text("current")


def test_any_two_releases_are_compared_and_swapped(
    page: Page, api: Api, repositories: dict[str, GitRepository]
) -> None:
    for number, text in ((2, "second"), (3, "third")):
        push(api, repositories["compared"], files(text), f"Say {text}")
        stands(api, "compared", lambda one, number=number: one["release"] == number, f"release {number}")
    page.goto("/workspaces/compared?tab=changes&release=3&with=1")
    expect(page.get_by_text("release 1 → release 3")).to_be_visible()
    expect(page.get_by_text("scripts/say.sh")).to_be_visible()
    expect(page.get_by_label("Differences")).to_contain_text("echo third")
    head = page.get_by_role("region", name="Release 3")
    expect(head).to_contain_text("commit by Ada")
    expect(head).to_contain_text(api.get("/api/workspaces/compared/releases/3")["revision"][:12])
    expect(head.get_by_role("button", name="Copy the hash")).to_be_visible()
    check_accessibility(page)
    take_screenshots(page, "workspace-compared")
    page.keyboard.press("x")
    expect(page).to_have_url(re.compile(r"release=1&with=3"))
    expect(page.get_by_text("release 3 → release 1")).to_be_visible()
    page.get_by_role("button", name="Swap").click()
    expect(page.get_by_text("release 1 → release 3")).to_be_visible()
    page.keyboard.press("c")
    page.keyboard.press("Enter")
    page.get_by_role("option", name="Say second").click()
    expect(page).to_have_url(re.compile("release=3&with=2"))
    expect(page.get_by_text("release 2 → release 3")).to_be_visible()
    page.get_by_role("combobox", name="Release", exact=True).click()
    page.get_by_role("option", name="Say second").click()
    expect(page.get_by_text("Release 2 is compared with itself")).to_be_visible()
    page.get_by_role("heading", name="Releases").click()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("release=3$"))
    expect(page.get_by_text("release 2 → release 3")).to_be_visible()


def test_the_only_release_is_compared_with_none(page: Page) -> None:
    page.goto("/workspaces/oldest")
    expect(page.get_by_text("Release 1 is the oldest that is kept")).to_be_visible()
    page.keyboard.press("b")
    expect(page.get_by_role("dialog").get_by_text("there is none to go back to")).to_be_visible()


def test_a_release_that_is_not_kept_is_told(page: Page, problems: Problems) -> None:
    problems.expect("status of 404")
    page.goto("/workspaces/oldest?tab=changes&release=1&with=9")
    expect(page.get_by_text("The comparison is not there.")).to_be_visible()
    expect(page.get_by_text("no longer kept")).to_be_visible()


def test_a_waiting_plan_is_reviewed_and_approved(page: Page, api: Api, repositories: dict[str, GitRepository]) -> None:
    stands(api, "guarded", lambda one: one["release"], "it is loaded")
    commit = push(api, repositories["guarded"], files("louder"), "Say louder")
    stands(api, "guarded", lambda one: one.get("waiting"), "it waits")
    page.goto("/workspaces/guarded")
    page.get_by_role("button", name="Review plan").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Text").click()
    expect(dialog.get_by_text("echo louder")).to_be_visible()
    check_accessibility(page, "[role=dialog]")
    dialog.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("navigation", name="Releases").get_by_text("Say louder")).to_be_visible()
    expect(page.get_by_role("button", name="Review plan")).to_have_count(0)
    assert api.get("/api/workspaces/guarded")["revision"] == commit


def test_mistakes_are_shown_in_their_lines(page: Page, api: Api, repositories: dict[str, GitRepository]) -> None:
    stands(api, "broken", lambda one: one["release"], "it is loaded")
    text = files("x")[".workflows/main.yaml"].replace(b"task: speak", b"task: speek")
    commit = push(api, repositories["broken"], {".workflows/main.yaml": text}, "Speek")
    problem, *_ = stands(api, "broken", lambda one: one.get("problems"), "it has mistakes")["problems"]
    page.goto("/workspaces/broken")
    expect(page.get_by_text(f"{commit[:12]} does not run: 1 mistake.")).to_be_visible()
    lines = page.get_by_label("Lines of .workflows/main.yaml")
    expect(lines).to_contain_text("speek")
    expect(lines).to_contain_text("There is no task")
    check_accessibility(page)
    page.set_viewport_size(SIZES[1])
    box = lines.get_by_text("There is no task").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= SIZES[1]["width"]
    take_screenshots(page, "workspace-mistakes")
    page.set_viewport_size(SIZES[0])
    page.get_by_role("link", name=".workflows/main.yaml:").click()
    expect(page).to_have_url(re.compile(rf"newest=true.*line={problem['line']}"))
    expect(page.get_by_text("task: speek")).to_be_visible()
    chosen = page.get_by_role("combobox", name="Release of the files")
    expect(chosen).to_contain_text("last seen")
    push(api, repositories["broken"], files("mended"), "Mend it")
    expect(chosen).to_contain_text("Release 2, current")
    page.get_by_role("tab", name="Tasks").click()
    expect(page).to_have_url(re.compile("tab=tasks$"))


def test_a_held_definition_is_named_with_the_release_that_it_runs_as(
    page: Page, api: Api, repositories: dict[str, GitRepository]
) -> None:
    stands(api, "holding", lambda one: one["release"], "it is loaded")
    more = ".workflows/more.yaml"
    good = {more: b"tasks:\n  more: {flow: {say: {type: script, script: echo more}}}\n"}
    push(api, repositories["holding"], good, "More")
    stands(api, "holding", lambda one: one["release"] == 2, "the second release")
    page.goto("/workspaces/holding")
    expect(page.get_by_text("Release 2").first).to_be_visible()
    bad = {more: b"tasks:\n  more: {flow: {say: {action: nothing}}}\n"}
    push(api, repositories["holding"], {**files("other"), **bad}, "Other, and a mistake")
    stands(api, "holding", lambda one: one.get("held"), "a task is held")
    page.get_by_role("tab", name="Mistakes").click()
    expect(page.get_by_text("task more runs as in release 2")).to_be_visible()
    expect(page.get_by_text("step say of more runs as in release 2")).to_be_visible()


def test_events_come_live_after_a_push(page: Page, api: Api, repositories: dict[str, GitRepository]) -> None:
    page.goto("/workspaces/live?tab=events")
    rows = page.get_by_role("table", name="Events of live").locator("[data-event]")
    expect(rows.first).to_be_visible()
    commit = push(api, repositories["live"], files("now"), "Say now")
    expect(rows.first).to_contain_text(f"Release 2 is current at {commit[:12]}")
    assert [one["kind"] for one in api.get("/api/workspaces/live/events", limit=1)["items"]] == ["released"]
    rows.first.get_by_role("button").click()
    expect(page.get_by_text("Because of")).to_be_visible()
    check_accessibility(page)
    take_screenshots(page, "workspace-events")


def test_verbs_are_in_a_menu_on_a_phone(page: Page, api: Api) -> None:
    page.set_viewport_size(SIZES[1])
    page.goto("/workspaces/oldest")
    page.get_by_role("button", name="More to do").click()
    page.get_by_role("menuitem", name="Suspend").click()
    page.get_by_role("dialog").get_by_role("button", name="Suspend").click()
    expect(page.get_by_text("Suspended by anonymous")).to_be_visible()
    assert drift_of(api, "oldest") == [("suspended", None)]
    page.get_by_role("tab", name="Releases").click()
    page.get_by_role("link", name="Say first").click()
    expect(page).to_have_url(re.compile("tab=changes&release=1"))


def test_the_palette_opens_the_dialogs(page: Page) -> None:
    page.goto("/workspaces")
    page.get_by_role("button", name="Find or do").click()
    page.get_by_role("dialog").get_by_role("combobox").fill("pin acts")
    page.get_by_role("option", name="Pin acts…").click()
    expect(page.get_by_role("dialog").get_by_text("Pin acts?")).to_be_visible()
    expect(page).to_have_url(re.compile("/workspaces/acts"))
