"""The list of jobs."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.wait import eventually_blocking
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.browser import Problems
from tests.ui.gestures import draw_span
from tests.ui.screenshots import take_screenshots


@pytest.fixture(scope="module", autouse=True)
def filled(api: Api) -> None:
    """Some jobs of the past."""
    for _ in range(3):
        api.run("counts")
    api.run("broken")


def _row(page: Page, job: str) -> Locator:
    return page.locator(f'tr[data-job="{job}"]')


def test_filters_are_set_and_cleared(page: Page, api: Api) -> None:
    page.goto("/jobs")
    page.get_by_role("button", name="Status").click()
    page.get_by_role("menuitemcheckbox", name="Failed").click()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("status=failed"))
    expect(page.locator("tr[data-job]")).to_have_count(api.get("/api/jobs", status="failed")["total"])
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("tr[data-job]")).to_have_count(api.get("/api/jobs")["total"])


def test_jobs_of_a_commit(page: Page, api: Api) -> None:
    commit = api.get("/api/jobs", limit=1)["items"][0]["revision"]
    page.goto("/jobs")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_role("menuitem", name="Commit").click()
    page.get_by_role("button", name="Commit").click()
    page.get_by_role("textbox", name="Commit").fill("0000")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing matches the filters.")).to_be_visible()
    page.get_by_role("button", name="Commit").click()
    page.get_by_role("textbox", name="Commit").fill(commit[:8])
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-job]")).to_have_count(api.get("/api/jobs", revision=commit)["total"])


def test_a_span_of_the_histogram_filters_by_time(page: Page) -> None:
    page.goto("/jobs")
    draw_span(page.get_by_role("group", name="Jobs by time"))
    expect(page).to_have_url(re.compile("from=.*to="))
    expect(page.get_by_text("Nothing matches the filters.")).to_be_visible()


def test_the_histogram_counts_the_jobs_of_the_list(page: Page) -> None:
    page.goto("/jobs?status=failed")
    bars = page.get_by_role("group", name="Jobs by time").locator("[title]")
    expect(bars.first).to_have_attribute("title", re.compile(r": \d+ failed$"))
    for number in range(bars.count()):
        expect(bars.nth(number)).to_have_attribute("title", re.compile(r": \d+ failed$"))
    page.get_by_placeholder("Task, id, error text").fill("no such text")
    expect(page.get_by_text("Nothing matches the filters.")).to_be_visible()
    expect(bars).to_have_count(0)


def test_a_span_of_the_histogram_is_drawn_by_keys(page: Page) -> None:
    page.goto("/jobs")
    bars = page.get_by_role("group", name="Jobs by time")
    expect(bars.locator("i").first).to_be_visible()
    bars.focus()
    for key in ("ArrowLeft", "Shift+ArrowLeft", "Enter"):
        bars.press(key)
    expect(page).to_have_url(re.compile("from=.*to="))


def test_selected_jobs_are_cancelled_after_a_question(page: Page, api: Api) -> None:
    jobs = [api.start("waits") for _ in range(2)]
    for job in jobs:
        api.await_job(job, "running")
    page.goto("/jobs?status=running")
    for job in jobs:
        _row(page, job).hover()
        _row(page, job).get_by_role("checkbox").click()
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="Cancel 2 jobs?")).to_be_visible()
    expect(page.get_by_role("dialog")).to_contain_text(jobs[0][:8])
    check_accessibility(page, "[role=dialog]")
    page.get_by_role("button", name="Cancel 2 jobs").click()
    expect(page.get_by_text("2 jobs cancelled")).to_be_visible()
    for job in jobs:
        api.await_job(job, "cancelled")
        expect(_row(page, job)).to_have_count(0)


def test_a_failure_of_some_is_told(page: Page, api: Api) -> None:
    live = api.start("waits")
    api.await_job(live, "running")
    ended = api.run("counts")["job_id"]
    page.goto("/jobs")
    for job in (live, ended):
        _row(page, job).hover()
        _row(page, job).get_by_role("checkbox").click()
    page.get_by_role("button", name="Cancel…").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Cancel ")).click()
    expect(page.get_by_role("heading", name="1 job cancelled, 1 not")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_role("link", name=ended[:8])).to_be_visible()
    api.await_job(live, "cancelled")


def test_all_that_match_are_run_again(page: Page, api: Api) -> None:
    api.run("broken")
    before = api.get("/api/jobs", status="failed", workspace="default", task_name="broken")["total"]
    page.goto("/jobs?status=failed&workspace=default&task=broken")
    expect(page.locator("tr[data-job]").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("button", name=f"Select all {before} that match the filter").click()
    page.keyboard.press("r")
    page.get_by_role("button", name=f"Run {before} jobs again").click()
    expect(page.get_by_text(f"{before} jobs started again")).to_be_visible()

    def all_ran() -> bool:
        return bool(
            api.get("/api/jobs", status="failed", task_name="broken", workspace="default")["total"] == 2 * before
        )

    eventually_blocking(all_ran, "all ran again")


def test_filters_are_saved_as_a_view_of_this_browser(page: Page) -> None:
    page.goto("/jobs?status=failed&task=broken")
    page.get_by_role("button", name="Save view").click()
    page.get_by_placeholder("Name of this view").fill("Broken ones")
    page.get_by_role("button", name="Save", exact=True).click()
    views = page.get_by_role("group", name="Views")
    expect(views.get_by_role("button", name="Broken ones", exact=True)).to_have_attribute("aria-pressed", "true")
    views.get_by_role("button", name="All", exact=True).click()
    expect(page).to_have_url(re.compile("/jobs$"))
    page.reload()
    views.get_by_role("button", name="Broken ones", exact=True).click()
    expect(page).to_have_url(re.compile("status=failed.*task=broken"))
    expect(page.locator("tr[data-job]").first).to_be_visible()
    check_accessibility(page, "main")
    views.get_by_role("button", name="Forget the view Broken ones").click()
    expect(views.get_by_role("button", name="Broken ones", exact=True)).to_have_count(0)
    page.reload()
    expect(views.get_by_role("button", name="All", exact=True)).to_be_visible()
    expect(views.get_by_role("button", name="Broken ones", exact=True)).to_have_count(0)


def test_columns_are_hidden_in_this_browser(page: Page) -> None:
    page.goto("/jobs")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitemcheckbox", name="Release").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("columnheader", name="Release")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("columnheader", name="Started by")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Release")).to_have_count(0)


def test_a_list_that_cannot_be_shown_says_so(page: Page, problems: Problems) -> None:
    problems.expect("status of 400")
    page.goto("/jobs?from=never")
    expect(page.get_by_role("alert")).to_contain_text("The list of jobs cannot be shown.")


def test_the_list_is_accessible(page: Page) -> None:
    page.goto("/jobs")
    expect(page.locator("tr[data-job]").first).to_be_visible()
    check_accessibility(page, "main")
    take_screenshots(page, "jobs")
