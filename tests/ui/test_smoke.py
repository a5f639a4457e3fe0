"""The UI starts in a browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.wait import eventually_blocking
from tests.ui.accessibility import check_accessibility
from tests.ui.browser import Problems
from tests.ui.conftest import NewPage
from tests.ui.screenshots import SIZES, take_screenshots


def test_the_first_page_and_a_deep_one_load(page: Page) -> None:
    for path in ("/", "/jobs"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200
        expect(page.get_by_role("navigation").first).to_be_visible()


def test_without_sign_in_it_is_told_and_asks_for_nothing(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/login?next=%2Fjobs")
    expect(page).to_have_url("/jobs")
    expect(page.get_by_text("Sign-in is off", exact=True)).to_be_visible()
    expect(page.get_by_text("Live", exact=True).first).to_be_visible()
    assert [url for url in asked if "/api/auth" in url or "ticket" in url] == []
    expect(page.get_by_role("link", name="Users")).to_have_count(0)


def test_the_theme_is_there_before_the_page(new_page: NewPage) -> None:
    for theme in ("light", "dark"):
        shown = new_page("/", theme=theme)
        assert shown.evaluate("document.documentElement.dataset.theme") == theme


def test_the_files_of_a_page_do_not_wait_for_those_of_all_pages(page: Page) -> None:
    page.route("**/assets/index-*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    with page.expect_request("**/assets/jobs._jobId.index-*.js"):
        page.goto("/jobs/00000000-0000-0000-0000-000000000000")


def test_a_browser_that_forbids_storage_shows_pages_and_changes_the_theme(page: Page) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('', 'SecurityError'); } })"
    )
    page.goto("/")
    expect(page.get_by_role("navigation").first).to_be_visible()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.keyboard.press("t")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.goto("/settings")
    page.get_by_role("radio", name="Dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
def test_the_first_page_is_accessible(new_page: NewPage, size: dict[str, int]) -> None:
    page = new_page("/", size=size)
    expect(page.get_by_role("navigation").first).to_be_visible()
    check_accessibility(page, "main")


def test_screenshots_are_taken_in_both_sizes_and_themes(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("navigation").first).to_be_visible()
    taken = take_screenshots(page, "home")
    assert [path.name for path in taken] == [
        f"home-{w}-{theme}.png" for w in (1440, 390) for theme in ("light", "dark")
    ]
    assert len({path.read_bytes() for path in taken}) == 4


@pytest.mark.parametrize(
    ("act", "told"),
    [
        ("console.error('broken')", "console: broken"),
        ("void fetch('/api/nothing')", "status of 404"),
        ("setTimeout(() => { throw new Error('thrown') })", "exception: thrown"),
        (
            "document.head.appendChild(document.createElement('script')).text = '1'",
            "Content Security Policy",
        ),
    ],
)
def test_problems_of_a_page_are_noted(page: Page, problems: Problems, act: str, told: str) -> None:
    page.goto("/")
    page.evaluate(act)
    (noted, *_) = eventually_blocking(lambda: page.title() and problems.take(), "a problem is noted")
    assert told in noted


def test_expected_problems_pass(page: Page, problems: Problems) -> None:
    problems.expect("status of 404")
    page.goto("/")
    with page.expect_event("console"):
        page.evaluate("void fetch('/api/nothing')")
