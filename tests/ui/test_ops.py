"""Queue, events, plugins and settings in a browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.browser import Problems
from tests.ui.screenshots import take_screenshots


def test_the_queue_tells_what_blocks_a_job(page: Page, api: Api) -> None:
    (worker,) = api.get("/api/workers")["items"]
    api.post(f"/api/workers/{worker['worker_id']}/cordon", {"reason": "a test"})
    job_id = api.start("counts")
    page.goto("/queue")
    expect(
        page.get_by_role("table", name="Groups of steps that wait for a worker").get_by_text("script")
    ).to_be_visible()
    page.get_by_role("button", name=f"What blocks counts {job_id[:8]}").click()
    (blocker, *_) = api.get(f"/api/jobs/{job_id}/waiting")["blockers"]
    expect(page.get_by_text(blocker["text"]).last).to_be_visible()
    check_accessibility(page)
    take_screenshots(page, "queue")
    api.post(f"/api/workers/{worker['worker_id']}/uncordon")
    api.await_job(job_id, "completed")
    expect(page.get_by_text("Nothing waits.")).to_be_visible()


def test_events_are_filtered_and_opened(page: Page, api: Api) -> None:
    api.post("/api/workspaces/default/suspend", {"by": "ada", "reason": "a look"})
    api.post("/api/workspaces/default/resume", {"by": "ada"})
    page.goto("/events")
    rows = page.locator("[data-event]")
    expect(rows.first).to_be_visible()
    page.get_by_role("button", name="Kind").click()
    page.get_by_role("menuitem", name="suspended").click()
    expect(page).to_have_url("/events?kind=suspended")
    expect(rows).to_have_count(1)
    rows.get_by_role("button").click()
    expect(page.get_by_role("link", name="default")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("button", name="Clear").click()
    page.get_by_placeholder("Text in the events shown").fill("a look")
    expect(rows).to_have_count(1)
    take_screenshots(page, "events")


def test_events_come_by_themselves(page: Page, api: Api) -> None:
    page.goto("/events?kind=suspended&q=second+look")
    expect(page.get_by_text("Nothing matches the filters.")).to_be_visible()
    api.post("/api/workspaces/default/suspend", {"by": "ada", "reason": "second look"})
    expect(page.locator("[data-event]")).to_have_count(1)
    api.post("/api/workspaces/default/resume", {"by": "ada"})


def test_plugins_show_what_they_bring(page: Page) -> None:
    page.goto("/plugins")
    page.get_by_role("button", name="git", exact=True).click()
    expect(page).to_have_url("/plugins?open=git")
    expect(page.get_by_text("source", exact=True).last).to_be_visible()
    check_accessibility(page)
    take_screenshots(page, "plugins")


def test_settings_of_the_browser_hold_at_once(page: Page) -> None:
    page.goto("/settings")
    page.get_by_role("radio", name="Dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_role("radio", name="Light").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.get_by_role("radio", name="System").click()
    assert page.evaluate("localStorage.getItem('stroem.theme')") is None
    expect(page.get_by_text("Europe/Oslo, as this browser says")).to_be_visible()
    page.get_by_role("switch", name="Single keys").click()
    page.keyboard.press("g")
    page.keyboard.press("j")
    expect(page).to_have_url("/settings")
    page.get_by_role("switch", name="Single keys").click()
    page.keyboard.press("g")
    page.keyboard.press("j")
    expect(page).to_have_url("/jobs")


def test_settings_in_force_are_shown_without_secrets(page: Page, api: Api) -> None:
    settings = api.get("/api/settings/effective")["items"]
    page.goto("/settings")
    rows = page.locator("[data-setting]")
    expect(rows).to_have_count(len(settings))
    page.get_by_placeholder("Name of a setting").fill(settings[0]["key"])
    expect(rows.first).to_contain_text(settings[0]["origin"])
    check_accessibility(page)
    take_screenshots(page, "settings")


@pytest.mark.parametrize("path", ["/queue", "/events", "/plugins", "/settings"])
def test_pages_say_what_failed(page: Page, problems: Problems, path: str) -> None:
    problems.expect("status of 500")
    for route in ("queue", "events*", "plugins", "settings"):
        page.route(f"**/api/{route}", lambda route: route.fulfill(status=500, json={"error": "The disk is full"}))
    page.goto(path)
    expect(page.get_by_text("The disk is full").first).to_be_visible()
    page.unroute_all()
    page.get_by_role("button", name="Try again").first.click()
    expect(page.get_by_text("The disk is full")).to_have_count(0)
