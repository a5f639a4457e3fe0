"""The audit log in a browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.support.programs import Program
from tests.ui.accessibility import check_accessibility
from tests.ui.api import Api
from tests.ui.browser import Problems
from tests.ui.conftest import NewPage
from tests.ui.people import Person, administrator, come_from_elsewhere, make_person, sign_in, start_with_sign_in
from tests.ui.screenshots import SIZES, take_screenshots


@pytest.fixture(scope="module")
def running(
    built_ui: None, make_data_dir: Callable[[], Path], workspace_dir: Path, start: Callable[..., Program]
) -> Iterator[Program]:
    """A server where people sign in."""
    yield from start_with_sign_in(start, make_data_dir(), workspace_dir)


@pytest.fixture(scope="module")
def api(running: Program) -> Api:
    """The API as an administrator."""
    return administrator(running.address)


@pytest.fixture(scope="module")
def ada(api: Api) -> Person:
    """An administrator, beside a job that was started."""
    api.run("counts")
    return make_person(api, "Ada Berg", is_admin=True)


@pytest.fixture
def page(new_page: NewPage, ada: Person) -> Page:
    """A page in which an administrator has signed in."""
    page = new_page()
    come_from_elsewhere(page)
    sign_in(page, ada)
    return page


def test_rows_are_filtered_and_open_to_their_details(page: Page) -> None:
    page.goto("/audit")
    row = page.get_by_role("row").filter(has_text="job.run")
    expect(row).to_contain_text("task counts of default")
    page.get_by_role("button", name="Verb").click()
    page.get_by_role("textbox", name="Verb").fill("job.run")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/audit?verb=job.run")
    rows = page.locator("[data-audit]")
    expect(rows).to_have_count(1)
    rows.first.get_by_role("button").click()
    expect(page.get_by_text("Request id")).to_be_visible()
    check_accessibility(page)
    take_screenshots(page, "audit")
    page.get_by_role("button", name="Clear").click()
    expect(page).to_have_url("/audit")
    page.goto("/audit?verb=no.such.verb")
    expect(page.get_by_role("heading", name="Nothing matches the filters.")).to_be_visible()


def test_the_log_is_verified_and_exported(page: Page, ada: Person) -> None:
    page.goto("/audit")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("none was changed or removed")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export").click()
    assert saved.value.suggested_filename == "audit.jsonl"
    assert "job.run" in Path(saved.value.path()).read_text()


def test_who_may_not_read_it_is_told_which_right_is_needed(new_page: NewPage, api: Api, problems: Problems) -> None:
    problems.expect("status of 403")
    page = new_page()
    come_from_elsewhere(page)
    sign_in(page, make_person(api, "Bo Dahl"))
    page.goto("/")
    expect(page.get_by_role("button", name="Signed in as Bo Dahl")).to_be_visible()
    expect(page.get_by_role("navigation").get_by_role("link", name="Plugins")).to_be_visible()
    expect(page.get_by_role("navigation").get_by_role("link", name="Audit")).to_have_count(0)
    page.goto("/audit")
    expect(page.get_by_role("heading", name="The audit log may not be seen by you.")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("audit.read")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
def test_the_page_is_accessible(new_page: NewPage, ada: Person, size: ViewportSize) -> None:
    page = new_page(size=size)
    come_from_elsewhere(page)
    sign_in(page, ada)
    page.goto("/audit")
    expect(page.locator("[data-audit]").first).to_be_visible()
    check_accessibility(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
