"""The log of a step, in a browser."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.workspace_files import write_workspace
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.conftest import NewPage
from tests.ui.screenshots import SIZES

WORKFLOWS = r"""
tasks:
  build:
    flow:
      compile:
        type: script
        retry: { attempts: 2, delay: 1s }
        script: |
          printf '\033[1;31mred\033[0m <b>no tag</b> \033]8;;https://example.org/\033\\link\033]8;;\033\\\n'
          printf '10%%\r100%%\n'
          echo "::group::Install"
          for i in $(seq 1 300); do echo "install $i"; done
          echo "::endgroup::"
          for i in $(seq 1 300); do echo "compile $i"; done
          echo "##[group]Link"
          echo "ValueError: no such symbol"
          echo "##[endgroup]"
          head -c 12000 /dev/zero | tr '\0' x; echo
          for i in $(seq 1 300); do echo "after $i"; done
          sleep 0.5; echo "warning: to stderr" >&2
          exit 3
  talk:
    flow:
      tick:
        type: script
        script: |
          i=0
          while [ ! -e "$STOP" ]; do i=$((i + 1)); echo "tick $i"; sleep 0.05; done
          echo "last words"
        env:
          STOP: "{{ input.stop }}"
    input:
      stop: { type: string }
"""


@pytest.fixture(scope="module")
def workspace_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a step that fails twice and one that goes on."""
    return write_workspace(tmp_path_factory.mktemp("workspace"), WORKFLOWS, "tasks.yaml")


@pytest.fixture(scope="module")
def failed(api: Api) -> Any:
    """A job whose step failed at both attempts."""
    return api.run("build")


@pytest.fixture
def log(page: Page, failed: Any) -> Locator:
    """The log of the step that failed, with its first error in the view."""
    page.goto(f"/jobs/{failed['job_id']}/log?step=compile")
    found = page.get_by_role("log", name="Log of compile")
    expect(line(found, "ValueError: no such symbol")).to_be_visible()
    return found


def line(log: Locator, text: str) -> Locator:
    """The row with a text."""
    return log.locator("[data-line]").filter(has_text=re.compile(rf"{re.escape(text)}$"))


def test_it_opens_at_the_first_error_in_an_open_group(log: Locator) -> None:
    expect(log.get_by_role("button", name="Link", exact=True)).to_have_attribute("aria-expanded", "true")
    expect(line(log, "compile 300")).to_be_visible()


def test_colours_and_links_are_drawn_and_tags_are_text(page: Page, log: Locator) -> None:
    log.focus()
    page.keyboard.press("Home")
    first = log.locator("[data-line='0']")
    expect(first).to_contain_text("red <b>no tag</b> link")
    assert first.get_by_text("red", exact=True).evaluate("e => getComputedStyle(e).fontWeight") == "700"
    expect(first.get_by_role("link", name="link")).to_have_attribute("href", "https://example.org/")
    expect(line(log, "100%")).to_be_visible()


def test_groups_fold_and_open(page: Page, log: Locator) -> None:
    page.keyboard.press("Home")
    group = log.get_by_role("button", name="Install 300 lines")
    expect(line(log, "install 1")).to_have_count(0)
    group.click()
    expect(line(log, "install 1")).to_be_visible()
    page.keyboard.press("z")
    expect(line(log, "install 1")).to_have_count(0)
    page.keyboard.press("z")
    expect(line(log, "install 1")).to_be_visible()


def test_a_search_of_the_whole_log_opens_groups(page: Page, log: Locator) -> None:
    page.keyboard.press("Control+f")
    page.keyboard.type("INSTALL 29")
    found = page.get_by_role("status").filter(has_text="of")
    expect(found).to_have_text("1 of 11")
    expect(log.locator("mark").first).to_have_text("install 29")
    page.keyboard.press("Enter")
    expect(found).to_have_text("2 of 11")
    expect(line(log, "install 290")).to_be_visible()
    page.keyboard.press("Shift+Enter")
    expect(found).to_have_text("1 of 11")
    page.get_by_role("button", name="Match capital and small letters").click()
    expect(page.get_by_text("No line", exact=True)).to_be_visible()
    page.get_by_role("searchbox", name="Search the log").fill("^after 2[0-3]$")
    page.get_by_role("button", name="Search by a pattern").click()
    expect(found).to_have_text("1 of 4")


def test_lines_are_linked_and_copied(page: Page, log: Locator) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    first = line(log, "compile 299")
    number = int(first.get_attribute("data-line") or 0) + 1
    first.get_by_role("button").click()
    expect(page).to_have_url(re.compile(rf"line={number}\b"))
    line(log, "compile 300").get_by_role("button").click(modifiers=["Shift"])
    expect(page).to_have_url(re.compile(rf"line={number}-{number + 1}$"))
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_text("Lines copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "compile 299\ncompile 300\n"
    page.reload()
    expect(line(log, "compile 299")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page).not_to_have_url(re.compile("line="))


def test_filters_leave_lines_out(page: Page, log: Locator) -> None:
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("menuitemcheckbox", name="Only stderr").click()
    page.keyboard.press("Escape")
    expect(log.locator("[data-line]")).to_have_count(1)
    expect(line(log, "warning: to stderr")).to_be_visible()
    expect(page.get_by_text("only stderr", exact=True)).to_be_visible()


def test_wrapping_and_times_are_kept(page: Page, log: Locator) -> None:
    page.keyboard.press("w")
    expect(page.get_by_role("button", name="Wrap")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Times").click()
    page.get_by_role("menuitemcheckbox", name="None").click()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.get_by_role("button", name="Wrap")).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("JSON.parse(localStorage['stroem.log'])") == {"isWrapped": False, "time": "none"}


def test_a_long_line_is_cut_until_all_of_it_is_asked_for(log: Locator) -> None:
    log.get_by_role("button", name="Show all, 2,000 characters more").click()
    expect(log.get_by_text("x" * 12000)).to_be_visible()


def test_each_attempt_has_its_log(page: Page, log: Locator, failed: Any) -> None:
    page.get_by_role("radio", name="1", exact=False).first.click()
    expect(page).to_have_url(re.compile("attempt=1"))
    expect(line(log, "ValueError: no such symbol")).to_be_visible()


@pytest.mark.parametrize(
    ("choice", "ending", "first"),
    [
        ("As text", "log", "red <b>no tag</b> link"),
        ("As text with its colours", "log", "\x1b["),
        ("As JSON lines, with times and streams", "jsonl", '"line":'),
    ],
)
def test_the_whole_log_is_downloaded(
    page: Page, log: Locator, failed: Any, choice: str, ending: str, first: str
) -> None:
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=choice, exact=True).click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert first in lines[0]
    assert "warning: to stderr" in lines[-1]
    assert download.value.suggested_filename == f"{failed['job_id'][:8]}-compile-2.{ending}"


def test_the_end_is_followed_until_it_is_scrolled_away(page: Page, api: Api, tmp_path: Path) -> None:
    job = api.start("talk", stop=str(tmp_path / "stop"))
    page.goto(f"/jobs/{job}/log?step=tick")
    log = page.get_by_role("log")
    expect(line(log, "tick 100")).to_be_visible()
    expect(log).to_have_attribute("aria-live", "polite")
    log.hover()
    page.mouse.wheel(0, -400)
    expect(page.get_by_role("button", name=re.compile(r"Follow, \d+ new"))).to_be_visible()
    expect(log).to_have_attribute("aria-live", "off")
    (tmp_path / "stop").touch()
    api.await_job(job)
    expect(line(log, "last words")).to_have_count(0)
    page.keyboard.press("End")
    expect(line(log, "last words")).to_be_visible()
    expect(page.get_by_role("button", name="Follow")).to_have_count(0)


def test_without_a_stream_the_log_asks_for_new_lines(page: Page, api: Api, tmp_path: Path) -> None:
    page.route_web_socket("**/logs/stream*", lambda socket: socket.close())
    job = api.start("talk", stop=str(tmp_path / "stop"))
    page.goto(f"/jobs/{job}/log?step=tick")
    expect(page.get_by_text("The stream cannot be had")).to_be_visible()
    (tmp_path / "stop").touch()
    api.await_job(job)
    expect(line(page.get_by_role("log"), "last words")).to_be_visible()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible(new_page: NewPage, failed: Any, size: Any, theme: str) -> None:
    page = new_page(f"/jobs/{failed['job_id']}/log?step=compile", size=size, theme=theme)
    expect(line(page.get_by_role("log"), "ValueError: no such symbol")).to_be_visible()
    check_accessibility(page, "main")
