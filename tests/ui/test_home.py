"""Home answers whether everything is all right."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.browser import Problems
from tests.ui.conftest import NewPage
from tests.ui.gestures import draw_span
from tests.ui.screenshots import SIZES, take_screenshots

_BARS = "Jobs by task and time"


@pytest.fixture(scope="module")
def filled(api: Api) -> Api:
    """A server with a failed, a completed and a running job."""
    api.run("broken")
    api.run("hello", name="Ada")
    api.await_job(api.start("waits"), "running")
    return api


def test_an_empty_server_tells_the_first_steps(page: Page, api: Api) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Everything is fine.")).to_be_visible()
    expect(page.get_by_text("No task has run here yet.")).to_be_visible()
    expect(page.get_by_text("stroem trigger default/hello")).to_be_visible()
    check_accessibility(page, "main")
    assert api.get("/api/jobs")["total"] == 0


def test_the_verdict_counts_and_leads_to_what_it_counts(page: Page, filled: Api) -> None:
    page.goto("/")
    expect(page).to_have_title(re.compile("1 failed"))
    page.get_by_role("link", name="1 failure").click()
    expect(page).to_have_url(re.compile(r"/jobs\?.*status=failed"))
    expect(page.get_by_role("row").filter(has_text="broken")).to_have_count(1)


def test_a_failure_shows_its_reason_and_leads_to_the_log_of_its_step(page: Page, filled: Api) -> None:
    page.goto("/")
    failure = page.get_by_role("link").filter(has_text="step first")
    expect(failure).to_contain_text("trouble")
    failure.click()
    expect(page).to_have_url(re.compile(r"/jobs/[0-9a-f-]+\?.*step=first"))


def test_running_jobs_workers_and_fires_are_shown(page: Page, filled: Api) -> None:
    page.goto("/")
    expect(page.locator("section", has=page.get_by_role("heading", name="Running now"))).to_contain_text("waits")
    expect(page.locator("section", has=page.get_by_role("heading", name="Fires next"))).to_contain_text("counts")
    worker = filled.get("/api/workers")["items"][0]
    expect(page.locator("section", has=page.get_by_role("heading", name="Workers"))).to_contain_text(
        f"{worker['used_slots']} / {worker['slots']}"
    )


def test_a_job_that_fails_is_shown_without_a_reload(page: Page, filled: Api) -> None:
    page.goto("/")
    before = filled.get("/api/jobs", status="failed")["total"]
    expect(page.get_by_role("heading", name=f"{before} failure")).to_be_visible()
    filled.run("broken")
    expect(page.get_by_role("link", name=f"{before + 1} failures")).to_be_visible()


def _refuse(page: Page, *paths: str) -> None:
    for path in paths:
        page.route(f"**/api/{path}", lambda route: route.fulfill(status=400, json={"error": "The disk is full"}))


def test_a_count_that_cannot_be_read_is_told_and_read_again(page: Page, filled: Api, problems: Problems) -> None:
    problems.expect("status of 400")
    _refuse(page, "approvals?*")
    page.goto("/")
    verdict = page.get_by_role("heading", level=1)
    expect(verdict).to_have_text(re.compile(r"failures? since yesterday\. The rest is not known\.$"))
    alert = page.get_by_role("alert").filter(has_text="The approvals cannot be read: The disk is full")
    expect(page.get_by_text("The list of approvals cannot be shown.")).to_be_visible()
    expect(page.get_by_text("Nothing waits for an answer.")).to_have_count(0)
    expect(page.get_by_role("group", name=_BARS)).to_be_visible()
    check_accessibility(page, "main")
    page.unroute_all()
    alert.get_by_role("button", name="Try again").click()
    expect(verdict).to_contain_text("The rest is fine.")
    expect(page.get_by_text("Nothing waits for an answer.")).to_be_visible()


def test_counts_of_an_earlier_time_are_not_called_fine(page: Page, filled: Api, problems: Problems) -> None:
    problems.expect("status of 400")
    page.goto("/")
    verdict = page.get_by_role("heading", level=1)
    expect(verdict).to_contain_text("The rest is fine.")
    _refuse(page, "approvals?*", "stats/jobs/timeline?*")
    filled.run("counts")
    expect(verdict).to_contain_text("The rest is not known.")
    expect(page.get_by_text("The jobs of the last 24 hours cannot be read: The disk is full")).to_be_visible()
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(verdict).to_contain_text("The rest is fine.")


def test_each_part_tells_that_it_cannot_be_shown(page: Page, filled: Api, problems: Problems) -> None:
    problems.expect("status of 400")
    _refuse(page, "jobs?*", "workers?*", "triggers/upcoming?*", "workspaces")
    page.goto("/")
    for what in ("failures", "running jobs", "workers", "fires", "workspaces"):
        expect(page.get_by_role("alert").filter(has_text=f"The list of {what} cannot be shown.")).to_be_visible()
    expect(page.get_by_role("group", name=_BARS)).to_be_visible()
    check_accessibility(page, "main")


def test_a_drawn_span_filters_the_lists_and_a_chip_frees_it(page: Page, filled: Api) -> None:
    page.goto("/")
    draw_span(page.get_by_role("group", name=_BARS))
    expect(page).to_have_url(re.compile("from=.*to="))
    expect(page.get_by_text("Nothing failed in this span.")).to_be_visible()
    page.get_by_role("button", name="Show the whole day").click()
    expect(page).not_to_have_url(re.compile("from="))
    expect(page.get_by_role("link").filter(has_text="step first").first).to_be_visible()


def test_spans_are_drawn_and_jobs_opened_by_keys(page: Page, filled: Api) -> None:
    page.goto("/")
    bars = page.get_by_role("group", name=_BARS)
    bars.focus()
    bars.press("ArrowLeft")
    bars.press("Shift+ArrowLeft")
    expect(page).to_have_url(re.compile("from=.*to="))
    bars.press("Escape")
    expect(page).not_to_have_url(re.compile("from="))
    bars.press("ArrowRight")
    bars.press("Enter")
    expect(page).to_have_url(re.compile(r"/jobs\?.*from=.*to="))


def test_a_pressed_bar_opens_its_jobs(page: Page, filled: Api) -> None:
    page.goto("/")
    bars = page.get_by_role("group", name=_BARS)
    bars.locator("i").first.click(force=True)
    expect(page).to_have_url(re.compile(r"/jobs\?.*from="))
    expect(page.get_by_role("row").filter(has_text="default").first).to_be_visible()


def test_the_numbers_are_shown_as_a_table(page: Page, filled: Api) -> None:
    page.goto("/")
    page.get_by_role("button", name="Show as table").click()
    expect(page.get_by_role("columnheader", name="Failed")).to_be_visible()
    total = filled.get("/api/stats/jobs/timeline")["total"]
    cells = page.get_by_role("table").locator("tbody tr td:nth-of-type(1)").all_text_contents()
    assert sum(map(int, cells)) == total


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
def test_home_is_accessible(new_page: NewPage, filled: Api, size: dict[str, int]) -> None:
    page = new_page("/", size=size)
    expect(page.get_by_role("group", name=_BARS)).to_be_visible()
    check_accessibility(page, "main")


def test_screenshots_of_home(page: Page, filled: Api) -> None:
    page.goto("/")
    expect(page.get_by_role("group", name=_BARS)).to_be_visible()
    take_screenshots(page, "home")
