"""A job that is watched, and what is sent to it from its page."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.wait import eventually_blocking
from tests.support.workspace_files import write_workspace
from tests.ui.api import Api
from tests.ui.conftest import NewPage

_WORKFLOWS = """\
tasks:
  listens:
    flow:
      hear: {type: signal, signal: go-on}
  early:
    flow:
      nap: {type: signal, signal: wake-up}
      hear: {type: signal, signal: later, depends_on: [nap]}
  asks:
    flow:
      gate: {type: approval, message: Publish it?, timeout: 8h}
"""
_RECORD = """
window.told = [];
window.Notification = class {
  static permission = "default";
  static requestPermission = async () => "granted";
  constructor(title, options) { told.push({ title, body: options.body }); }
};
"""
_REFUSE = "window.Notification = class { static requestPermission = async () => 'denied'; };"


@pytest.fixture(scope="module")
def workspace_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with tasks that wait for something from outside."""
    return write_workspace(tmp_path_factory.mktemp("watch"), _WORKFLOWS, "tasks.yaml")


def _waiting(api: Api, task: str) -> str:
    """Starts a job; its id, once its first step waits."""
    job = api.start(task)
    eventually_blocking(lambda: api.get(f"/api/jobs/{job}")["steps"][0]["status"] == "suspended", "the step waits")
    return job


def _icon(page: Page) -> str:
    return page.locator("link#favicon").get_attribute("href") or ""


def test_a_watched_job_tells_that_it_has_ended(page: Page, api: Api) -> None:
    page.add_init_script(_RECORD)
    job = _waiting(api, "listens")
    page.goto(f"/jobs/{job}")
    page.get_by_role("button", name="Tell me when it ends").click()
    expect(page.get_by_role("button", name="Stop watching")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("told") == []
    api.post(f"/api/jobs/{job}/signals/go-on", {"payload": None})
    page.wait_for_function("() => told.length")
    assert page.evaluate("told") == [{"title": "A job has ended", "body": "Completed: default / listens"}]
    expect(page.get_by_role("button", name="Stop watching")).to_have_count(0)


def test_a_job_that_is_no_longer_watched_tells_nothing(page: Page, api: Api) -> None:
    page.add_init_script(_RECORD)
    job = _waiting(api, "listens")
    page.goto(f"/jobs/{job}")
    page.get_by_role("button", name="Tell me when it ends").click()
    page.get_by_role("button", name="Stop watching").click()
    expect(page.get_by_role("button", name="Tell me when it ends")).to_be_visible()
    api.post(f"/api/jobs/{job}/signals/go-on", {"payload": None})
    expect(page).to_have_title(re.compile("^Completed listens"))
    assert page.evaluate("told") == []


def test_a_browser_that_forbids_notifications_is_told(page: Page, api: Api) -> None:
    page.add_init_script(_REFUSE)
    job = _waiting(api, "listens")
    page.goto(f"/jobs/{job}")
    page.get_by_role("button", name="Tell me when it ends").click()
    expect(page.get_by_text("The browser does not allow notifications of this page.")).to_be_visible()
    expect(page.get_by_role("button", name="Tell me when it ends")).to_have_attribute("aria-pressed", "false")
    api.post(f"/api/jobs/{job}/cancel")


def test_the_title_and_the_icon_of_the_tab_follow_the_state(page: Page, api: Api) -> None:
    job = _waiting(api, "asks")
    page.goto(f"/jobs/{job}")
    expect(page.get_by_text("asks: “Publish it?”")).to_be_visible()
    waits = page.title()
    assert "asks" in waits
    icon = _icon(page)
    assert icon.startswith("data:image/svg+xml")
    api.post(f"/api/jobs/{job}/cancel")
    expect(page).to_have_title(re.compile("^Cancelled asks"))
    assert page.title() != waits
    assert _icon(page) != icon
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Workers").click()
    expect(page).to_have_title(re.compile("^Workers"))
    assert _icon(page) == "/favicon.svg"


def test_a_signal_is_sent_by_its_name_before_a_step_waits_for_it(page: Page, api: Api) -> None:
    job = _waiting(api, "early")
    page.goto(f"/jobs/{job}")
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Send a signal…").click()
    dialog = page.get_by_role("dialog", name="Send which signal?")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="More")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Send a signal…").press("Enter")
    expect(dialog.get_by_role("button", name="Send")).to_be_disabled()
    dialog.get_by_label("Name").fill("later")
    dialog.get_by_label("Payload").fill("{")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_text("This is no JSON")).to_be_visible()
    dialog.get_by_label("Payload").fill('{"size": 3}')
    dialog.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Signal later sent, and is kept for the first step that waits for it")).to_be_visible()
    api.post(f"/api/jobs/{job}/signals/wake-up", {"payload": None})
    steps = {step["step_name"]: step for step in api.await_job(job, "completed")["steps"]}
    assert steps["hear"]["output"]["size"] == 3


def test_an_approval_is_declined_on_the_page_of_the_job(page: Page, api: Api) -> None:
    job = _waiting(api, "asks")
    page.goto(f"/jobs/{job}")
    page.get_by_role("button", name="Review").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Comment").fill("not on a Friday")
    dialog.get_by_role("button", name="Decline").click()
    expect(dialog).to_have_count(0)
    expect(page).to_have_title(re.compile("^Failed asks"))
    expect(page.get_by_role("main").get_by_text("not on a Friday").first).to_be_visible()
    assert "not on a Friday" in api.await_job(job, "failed")["steps"][0]["error_message"]


def test_a_narrow_page_has_the_verbs_in_its_menu(new_page: NewPage, api: Api) -> None:
    job = _waiting(api, "listens")
    page = new_page(f"/jobs/{job}", size={"width": 390, "height": 844})
    page.get_by_role("main").get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Cancel…").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the job").click()
    api.await_job(job, "cancelled")
