"""The palette finds and does things, and `?` tells the keys."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.wait import eventually_blocking
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.conftest import NewPage
from tests.ui.screenshots import SIZES, take_screenshots

_COUNTS = "Run counts…"


@pytest.fixture(scope="module")
def job(api: Api) -> str:
    """A job of the past."""
    return str(api.run("hello", name="Ada")["job_id"])


def _open(page: Page) -> Locator:
    """Opens the palette by its key."""
    expect(page.get_by_role("navigation").first).to_be_visible()
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Find or do")
    expect(palette.get_by_role("combobox")).to_be_focused()
    return palette


def _group(palette: Locator, heading: str) -> Locator:
    return palette.get_by_role("group", name=heading)


def test_it_opens_while_typing_and_closes_by_its_keys(page: Page) -> None:
    page.goto("/tasks")
    field = page.get_by_placeholder("Search tasks")
    field.focus()
    palette = _open(page)
    page.keyboard.press("Control+k")
    expect(palette).to_have_count(0)
    palette = _open(page)
    page.keyboard.press("Escape")
    expect(palette).to_have_count(0)
    expect(field).to_be_focused()
    page.get_by_role("button", name="Find or do").click()
    expect(palette.get_by_role("combobox")).to_be_focused()


def test_it_finds_tasks_jobs_workspaces_and_pages(page: Page, job: str) -> None:
    page.goto("/")
    palette = _open(page)
    page.keyboard.type("hello")
    expect(_group(palette, "Tasks").get_by_role("option").first).to_contain_text("default / hello")
    expect(_group(palette, "Jobs").get_by_role("option").filter(has_text=job[:8])).to_have_count(1)
    box = palette.get_by_role("combobox")
    box.fill("default")
    expect(_group(palette, "Workspaces").get_by_role("option", name="default")).to_be_visible()
    box.fill("triggers")
    expect(_group(palette, "Pages").get_by_role("option").filter(has_text="Triggers")).to_be_visible()
    box.fill("nothing-has-this-name")
    expect(palette.get_by_text("Nothing matches.")).to_be_visible()


@pytest.mark.parametrize("length", [8, 36], ids=["short", "whole"])
def test_a_job_is_found_by_its_id_and_opened_by_keys(page: Page, job: str, length: int) -> None:
    page.goto("/")
    palette = _open(page)
    page.keyboard.type(job[:length])
    expect(_group(palette, "Jobs").get_by_role("option")).to_have_count(1)
    expect(palette.get_by_role("option", selected=True)).to_contain_text(job[:8])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/jobs/{job}"))
    expect(palette).to_have_count(0)


def test_what_was_opened_stands_first_the_next_time(page: Page) -> None:
    page.goto("/")
    palette = _open(page)
    expect(_group(palette, "Lately")).to_have_count(0)
    page.keyboard.type("broken")
    expect(_group(palette, "Tasks").get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/tasks/default/broken"))
    page.reload()
    palette = _open(page)
    expect(_group(palette, "Lately").get_by_role("option")).to_have_count(1)
    expect(palette.get_by_role("option", selected=True)).to_contain_text("broken")


def test_a_task_runs_with_its_last_input(page: Page, api: Api, job: str) -> None:
    page.goto("/")
    palette = _open(page)
    page.keyboard.type("hello")
    expect(_group(palette, "Tasks").get_by_role("option", selected=True)).to_contain_text("hello")
    page.keyboard.press("Control+Enter")
    told = page.get_by_role("status").filter(has_text=re.compile("^Job [0-9a-f]{8} of hello started"))
    expect(told).to_be_visible()
    told.get_by_role("link", name="Open the job").click()
    expect(page).to_have_url(re.compile("/jobs/[0-9a-f-]{36}"))
    started = page.url.rsplit("/", 1)[1].split("?")[0]
    assert api.await_job(started)["input"]["name"] == "Ada"


def test_an_action_leads_to_the_form_of_a_task(page: Page) -> None:
    page.goto("/")
    palette = _open(page)
    page.keyboard.type("run counts")
    expect(palette.get_by_role("option", name=_COUNTS)).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/tasks/default/counts"))


def test_a_trigger_is_paused_and_resumed(page: Page, api: Api) -> None:
    def state() -> str:
        (found,) = api.get("/api/triggers", search="nightly")["items"]
        return str(found["state"])

    page.goto("/triggers")
    for verb, after in (("Pause", "paused"), ("Resume", "live")):
        palette = _open(page)
        page.keyboard.type(f">{verb.lower()} nightly")
        expect(palette.get_by_role("option", name=f"{verb} the trigger nightly")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.get_by_text(f"The trigger nightly is {verb.lower()}d")).to_be_visible()
        eventually_blocking(lambda after=after: state() == after, f"the trigger is {after}")


def test_the_source_of_a_workspace_is_polled(page: Page, api: Api) -> None:
    page.goto("/")
    palette = _open(page)
    page.keyboard.type("look at default")
    expect(palette.get_by_role("option", name="Look at default now")).to_be_visible()
    with page.expect_response("**/api/workspaces/default/reconcile") as answer:
        page.keyboard.press("Enter")
    assert answer.value.ok
    expect(page.get_by_text("default: nothing new")).to_be_visible()


def test_arrows_move_round(page: Page) -> None:
    page.goto("/")
    palette = _open(page)
    options = palette.get_by_role("option")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
def test_it_is_accessible(new_page: NewPage, job: str, size: dict[str, int]) -> None:
    page = new_page("/", size=size)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Find or do")
    palette.get_by_role("combobox").fill("hello")
    expect(_group(palette, "Jobs").get_by_role("option").first).to_be_visible()
    check_accessibility(page, "[role=dialog]")
    if size == SIZES[0]:
        take_screenshots(page, "palette")


def test_the_keys_of_the_page_are_told(page: Page) -> None:
    page.goto("/jobs")
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("Find or do")
    expect(dialog).to_contain_text("Ctrl K")
    expect(dialog.get_by_role("heading", name="Go to")).to_be_visible()
    expect(dialog.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    check_accessibility(page, "[role=dialog]")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_keys_without_control_are_switched_off(page: Page) -> None:
    page.goto("/settings")
    page.get_by_role("switch", name="Single keys").click()
    for key in ("?", "t", "["):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert page.evaluate("localStorage.getItem('stroem.rail')") is None
    page.goto("/jobs")
    palette = _open(page)
    expect(palette).to_be_visible()
