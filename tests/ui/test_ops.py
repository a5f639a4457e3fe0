"""Queue, events, plugins and settings in a browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.wait import eventually_blocking
from tests.support.workspace_files import write_workspace
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.browser import Problems
from tests.ui.screenshots import take_screenshots

WORKFLOWS = """\
tasks:
  counts:
    flow:
      count: {type: shell, cmd: "echo one"}
  alone:
    concurrency: {policy: queue}
    flow:
      sleep: {type: shell, cmd: "sleep 300"}
"""


@pytest.fixture(scope="module")
def workspace_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a task of which one job runs at a time."""
    return write_workspace(tmp_path_factory.mktemp("ops"), WORKFLOWS, "ops.yaml")


def test_the_queue_tells_what_blocks_each_step(page: Page, api: Api) -> None:
    (worker,) = api.get("/api/workers")["items"]
    api.post(f"/api/workers/{worker['worker_id']}/cordon", {"reason": "a test"})
    jobs = [api.start("counts") for _ in range(2)]
    eventually_blocking(lambda: len(api.get("/api/queue/steps")["items"]) == 2, "both wait")
    page.goto("/queue")
    group = page.locator("[data-reason]")
    expect(group).to_have_count(1)
    expect(group.get_by_role("heading")).to_contain_text("A worker with script")
    expect(group.get_by_role("heading")).to_contain_text("2")
    rows = group.locator("[data-step]")
    expect(rows).to_have_count(2)
    blocker = api.get("/api/queue/steps")["items"][0]["blocker"]
    expect(rows.first).to_contain_text(blocker["text"])
    page.get_by_role("button", name=f"What blocks counts {jobs[0][:8]}").click()
    (told, *_) = api.get(f"/api/jobs/{jobs[0]}/waiting")["blockers"]
    expect(page.locator("li").get_by_text(told["text"])).to_be_visible()
    check_accessibility(page)
    take_screenshots(page, "queue")
    group.get_by_role("heading").get_by_role("button").click()
    expect(page).to_have_url("/queue?reason=none")
    expect(rows).to_have_count(0)
    api.post(f"/api/workers/{worker['worker_id']}/uncordon")
    for job in jobs:
        api.await_job(job, "completed")
    expect(page.get_by_text("Nothing waits.")).to_be_visible()


def test_the_queue_links_to_what_holds_a_slot(page: Page, api: Api) -> None:
    first, second = [api.start("alone") for _ in range(2)]
    api.await_job(first, "running")
    page.goto("/queue?reason=slot")
    row = page.locator("[data-reason=slot] [data-step]")
    expect(row).to_contain_text("before its start")
    page.keyboard.press("j")
    page.keyboard.press("b")
    expect(page).to_have_url(re.compile("open="))
    row.get_by_role("link", name="held by alone").click()
    expect(page).to_have_url(re.compile(f"/jobs/{first}"))
    for job in (first, second):
        api.post(f"/api/jobs/{job}/cancel")
        api.await_job(job, "cancelled")


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
    page.get_by_placeholder("Text, revision, person").fill("a look")
    expect(page).to_have_url("/events?q=a+look")
    expect(rows).to_have_count(1)
    page.get_by_placeholder("Text, revision, person").fill("")
    page.get_by_role("button", name="By").click()
    page.get_by_role("textbox", name="By").fill("ada")
    page.get_by_role("textbox", name="By").press("Enter")
    expect(page).to_have_url("/events?by=ada")
    expect(rows).to_have_count(len(api.get("/api/events", by="ada")["items"]))
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
