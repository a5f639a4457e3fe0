"""The inbox of approvals."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.wait import eventually_blocking
from tests.support.workspace_files import write_workspace
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.browser import Problems
from tests.ui.screenshots import take_screenshots

_WORKFLOWS = """\
actions:
  ask:
    type: approval
    message: "Deploy to production?"
    input:
      percent: {type: integer, default: 10, min: 1, max: 100}
      note: {type: string, required: true, description: What to tell the team}
tasks:
  ship:
    flow:
      gate: {action: ask, timeout: 8h}
"""


@pytest.fixture(scope="module")
def workspace_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a task that asks."""
    return write_workspace(tmp_path_factory.mktemp("asks"), _WORKFLOWS, "tasks.yaml")


def _ask(api: Api) -> str:
    """Starts a job that asks; its id, once it does."""
    job = api.start("ship")
    eventually_blocking(
        lambda: any(one["job_id"] == job for one in api.get("/api/approvals")["items"]), "the step waits"
    )
    return job


def _request(page: Page, job: str) -> Locator:
    return page.locator(f'[data-request="{job}/gate"]')


def test_an_empty_inbox_says_what_would_be_there(page: Page) -> None:
    page.goto("/approvals")
    expect(page.get_by_text("Nothing waits for an answer.")).to_be_visible()


def test_a_step_is_approved_with_values_and_a_comment(page: Page, api: Api) -> None:
    job = _ask(api)
    page.goto("/")
    page.get_by_role("link", name="Review").first.click()
    request = _request(page, job)
    expect(request.get_by_text("Deploy to production?").first).to_be_visible()
    request.get_by_label("percent").fill("25")
    request.get_by_label("note").fill("at noon")
    request.get_by_label("Comment").fill("looks right")
    request.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("ship of default approved")).to_be_visible()
    expect(request).to_have_count(0)
    (step,) = api.await_job(job)["steps"]
    assert step["output"]["input"] == {"percent": 25, "note": "at noon"}
    assert step["output"]["comment"] == "looks right"


def test_mistakes_stand_at_their_fields(page: Page, api: Api, problems: Problems) -> None:
    problems.expect("status of 400")
    job = _ask(api)
    page.goto(f"/approvals?at={job}/gate")
    request = _request(page, job)
    request.get_by_label("percent").fill("1000")
    request.get_by_role("button", name="Approve").click()
    expect(request.locator("[aria-invalid=true]")).to_have_count(2)
    assert api.get(f"/api/jobs/{job}")["status"] == "running"


def test_a_step_is_declined_with_its_reason(page: Page, api: Api) -> None:
    job = _ask(api)
    page.goto(f"/approvals?at={job}/gate")
    request = _request(page, job)
    request.get_by_label("Comment").fill("not today")
    request.get_by_role("button", name="Decline").click()
    expect(page.get_by_text("ship of default declined")).to_be_visible()
    ended = api.await_job(job)
    assert ended["status"] == "failed"
    assert "not today" in ended["steps"][0]["error_message"]


def test_requests_are_walked_and_answered_by_keys(page: Page, api: Api) -> None:
    job = _ask(api)
    page.goto("/approvals")
    expect(_request(page, job)).to_be_visible()
    page.keyboard.press("j")
    expect(page).to_have_url(re.compile("at="))
    page.keyboard.press("a")
    assert page.evaluate("document.activeElement.tagName") in ("INPUT", "TEXTAREA")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("at="))


def test_a_request_that_is_answered_elsewhere_leaves(page: Page, api: Api) -> None:
    job = _ask(api)
    page.goto("/approvals")
    expect(_request(page, job)).to_be_visible()
    api.post(f"/api/jobs/{job}/steps/gate/approve", {"approved": False, "rejection_reason": "elsewhere"})
    expect(_request(page, job)).to_have_count(0)


def test_the_inbox_is_accessible(page: Page, api: Api) -> None:
    job = _ask(api)
    page.goto(f"/approvals?at={job}/gate")
    expect(_request(page, job).get_by_role("button", name="Approve")).to_be_visible()
    check_accessibility(page, "main")
    take_screenshots(page, "approvals")
