"""Libraries in a browser: which workspace has which revision, and looks at their sources."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Locator, Page, expect

from tests.support.git.repository import GitRepository
from tests.support.programs import Program
from tests.support.wait import eventually_blocking
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.browser import Problems
from tests.ui.pushes import PUSH_HOOKS, announce, push
from tests.ui.screenshots import take_screenshots

BROKEN = b"actions:\n  say: {type: script, sorce: say.sh}\n"
USE = b"tasks:\n  speak: {flow: {say: {action: tools/say}}}\n"
USERS = {
    "floating": ("tools", "main"),
    "pinned": ("tools", "v1"),
    "trusting": ("broken", "main"),
    "waiting": ("away", "main"),
}
"""The workspaces, each with the repository and the ref of its library."""


def tools(text: str) -> dict[str, bytes]:
    """A library with one action."""
    return {".workflows/tools.yaml": f"actions:\n  say: {{type: script, script: echo {text}}}\n".encode()}


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, GitRepository]:
    """Libraries by name, each with a branch `main` and a tag `v1`."""
    folder = tmp_path_factory.mktemp("libraries")
    made = {name: GitRepository.create(folder / f"{name}.git") for name in ("tools", "broken", "away")}
    for one in made.values():
        one.tag("v1", one.commit(tools("first"), "Tools for all"))
    return made


@pytest.fixture(scope="module")
def running(
    built_ui: None,
    libraries: dict[str, GitRepository],
    make_data_dir: Callable[[], Path],
    start: Callable[..., Program],
) -> Iterator[Program]:
    """A server with workspaces that use the libraries, and polls only what it is told to."""
    data = make_data_dir()
    workspaces: dict[str, Any] = {}
    for name, (library, ref) in USERS.items():
        url = libraries[library].folder.as_uri()
        declared = {"libraries": {"tools": {"type": "git", "url": url, "ref": ref, "poll_interval": "1h"}}}
        repository = GitRepository.create(libraries[library].folder.with_name(f"{name}-workspace.git"))
        repository.commit({".stroem.yaml": yaml.safe_dump(declared).encode(), ".workflows/main.yaml": USE})
        workspaces[name] = {"type": "git", "url": repository.folder.as_uri(), "poll_interval": "1h"}
    settings = data / "settings.yaml"
    parts = {"workspaces": workspaces, "library_urls": ["file://*"], "push_hooks": PUSH_HOOKS}
    settings.write_text(yaml.safe_dump(parts))
    program = start("up", "--json", "--port", "0", "--data-dir", str(data), "--config", str(settings))
    yield program
    program.stop()


def item(api: Api, user: str) -> Any:
    """The library of a workspace, once the current release of the workspace has it."""

    def found() -> Any:
        uses = ((one, use) for one in api.get("/api/libraries") for use in one["used_by"])
        return next((one for one, use in uses if use["workspace"] == user and use["release"]), None)

    return eventually_blocking(found, f"the library of {user} is in use")


def open_details(page: Page, api: Api, user: str) -> Locator:
    """Opens the details of the library of a workspace."""
    key = item(api, user)["key"]
    page.goto("/libraries")
    page.locator(f"[data-library='{key}']").get_by_role("button").click()
    expect(page).to_have_url(f"/libraries?open={key}")
    return page.locator(f"[data-library='{key}'] + tr")


def test_a_workspace_shows_its_libraries_with_their_revisions(
    page: Page, api: Api, libraries: dict[str, GitRepository]
) -> None:
    item(api, "pinned")
    page.goto("/workspaces/pinned")
    page.get_by_role("tab", name="Libraries").click()
    line = page.locator("[data-library='tools']")
    expect(line).to_contain_text(libraries["tools"].git("rev-parse", "v1")[:12])
    expect(line).to_contain_text("v1")
    expect(line).not_to_contain_text("which moves")
    expect(line).to_contain_text("Tools for all")
    check_accessibility(page)
    take_screenshots(page, "workspace-libraries")
    line.get_by_role("link", name="Details").click()
    expect(page.get_by_text("as tools")).to_be_visible()


def test_a_look_brings_a_new_revision_to_its_users(
    page: Page, api: Api, libraries: dict[str, GitRepository], problems: Problems
) -> None:
    problems.expect("status of 429")
    details = open_details(page, api, "floating")
    expect(details).to_contain_text("“Tools for all” by Ada Lovelace")
    commit = libraries["tools"].commit(tools("second"), "Louder tools")
    details.get_by_role("button", name="Look now").click()
    expect(details.get_by_role("button", name="Look now")).to_be_enabled()
    details.get_by_role("button", name="Look now").click()
    expect(page.get_by_text("was refreshed just now")).to_be_visible()
    expect(details).to_contain_text("“Louder tools”")
    expect(details.get_by_text(f"release 2 has {commit[:12]}")).to_be_visible()
    assert item(api, "floating")["revision"] == commit
    assert api.get("/api/workspaces/floating")["libraries"][0]["revision"] == commit
    check_accessibility(page)
    take_screenshots(page, "libraries-open")


def test_mistakes_are_told_and_its_users_keep_what_they_have(
    page: Page, api: Api, libraries: dict[str, GitRepository]
) -> None:
    details = open_details(page, api, "trusting")
    good = item(api, "trusting")["revision"]
    bad = libraries["broken"].commit({".workflows/tools.yaml": BROKEN}, "Broken tools")
    page.keyboard.press("l")
    expect(details.get_by_text("Has mistakes")).to_be_visible()
    expect(details.get_by_text(".workflows/tools.yaml:2:").first).to_be_visible()
    expect(page.get_by_text("1 library not in step")).to_be_visible()
    told = item(api, "trusting")
    assert (told["revision"], told["observed_revision"]) == (good, bad)
    assert api.get("/api/workspaces/trusting")["libraries"][0]["revision"] == good
    check_accessibility(page)
    push(api, libraries["broken"], tools("third"), "Whole again")
    expect(page.get_by_text("all in step")).to_be_visible()
    assert not item(api, "trusting").get("error")


def test_a_library_that_is_away_tells_when_it_is_tried_again(
    page: Page, api: Api, libraries: dict[str, GitRepository]
) -> None:
    details = open_details(page, api, "waiting")
    repository = libraries["away"]
    away = repository.folder.rename(repository.folder.with_name("moved.git"))
    details.get_by_role("button", name="Look now").click()
    expect(details.get_by_text("Cannot be fetched, is tried again")).to_be_visible()
    expect(details.get_by_text("Tried again", exact=True)).to_be_visible()
    assert item(api, "waiting")["failures"] > 0
    away.rename(repository.folder)
    announce(api, repository, repository.tip())
    expect(details.get_by_text("Cannot be fetched")).to_have_count(0)
    assert item(api, "waiting")["failures"] == 0


def test_a_server_without_libraries_says_how_to_use_one(page: Page) -> None:
    page.route("**/api/libraries", lambda route: route.fulfill(json=[]))
    page.goto("/libraries")
    expect(page.get_by_text("Libraries appear here once a workspace uses one.")).to_be_visible()
